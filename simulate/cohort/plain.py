"""The first family: the generative model of clinical.md 7.2, with its constants.

Its form (Gaussian AR(1) pain, log-linear steps, logistic diary, two-state wear) and every constant are stated
there; what is not stated there is said at the constant. Nothing of it may be copied into a detector.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.cohort.course import Course
from simulate.cohort.people import Habits
from simulate.cohort.signals import Signals, autoregressive, log_odds, rating

Floats = NDArray[np.float64]

#: Burden of systemic therapy on the days after an infusion.
_BURDEN = np.array([0.3, 1.0, 1.0, 0.9, 0.6, 0.3])
#: Chosen: how much of its state a day of wear keeps of the day before.
_WEAR_KEEPS = 0.3


def burden(course: Course) -> Floats:
    """(n, d): what is left of the last infusion, 1 at its worst."""
    since = np.nan_to_num(course.therapy, nan=len(_BURDEN)).astype(np.int64)
    return np.append(_BURDEN, 0.0)[np.minimum(since, len(_BURDEN))]


def signals(course: Course, habits: Habits) -> Signals:
    """The days of everybody."""
    n, streams = course.patients, course.streams
    tired = burden(course)
    usual = np.clip(3.0 + 1.3 * streams.normal_each("usual pain"), 0.5, 5.0)
    usual = np.where(np.isnan(course.level), usual, course.level)
    phi = streams.between("persistence of pain", 0.3, 0.7)
    sd = np.exp(np.log(0.9) + 0.25 * streams.normal_each("spread of pain")) * course.spread
    # "Standard deviation about 2": chosen as 1.6 of the pain itself and 1.2 of the rating.
    scatter = 1.2 if course.noisy else 0.4
    if course.noisy:
        sd = np.full(n, 1.6)
    swings = autoregressive(streams.normal("pain"), phi, sd)
    pain = usual[:, None] + swings + course.pain + 0.7 * tired
    above = pain - usual[:, None]

    lively = streams.uniform_each("has breakthrough pain") < 0.55
    rate = np.where(lively, streams.of("breakthrough rate").gamma(1.2, 0.85, n), 0.15)
    episodes = streams.of("breakthrough").poisson(rate[:, None] + course.episodes).astype(np.float64)
    average = rating(pain + scatter * streams.normal("average"))
    peak = pain + 1.0 + 0.55 * np.minimum(episodes, 4) + 0.6 * streams.normal("worst")
    worst = rating(np.maximum(average, peak))
    # Chosen: a rescue dose for two episodes in three.
    doses = streams.of("rescue doses").binomial(episodes.astype(np.int64), 2 / 3).astype(np.float64)

    link = -0.05 + 0.03 * streams.normal_each("pain to steps")
    log_steps = (
        (7.84 + 0.667 * streams.normal_each("usual steps"))[:, None]
        + link[:, None] * above
        - 0.10 * np.clip(above - 2, 0, None)
        - 0.40 * tired
        - 0.08 * course.weekend
        + autoregressive(streams.normal("steps"), np.full(n, 0.25), np.full(n, 0.42))
        + course.steps
    )
    steps = np.exp(log_steps + course.counted)
    disturbed = course.sleep
    efficiency = 84 + 6 * streams.normal_each("usual sleep")[:, None] - 0.75 * above - 8 * disturbed
    restless = np.log(2.6) + 0.7 * streams.normal_each("usual I<O")[:, None] + 0.07 * above + 0.9 * disturbed
    # Chosen, as 7.2 has neither: mean acceleration follows steps by a square root, relative amplitude sleep.
    activity = 18 * np.exp(0.5 * (log_steps - 7.84) + 0.15 * streams.normal("activity"))
    weak = np.log(0.14) + 0.35 * streams.normal_each("usual amplitude")[:, None] + 0.05 * above
    weak = weak + 0.5 * disturbed + 0.2 * streams.normal("amplitude")
    worn = _wear(course, habits)
    answered, would_reply = _answers(course, above, habits)
    return Signals(
        pain=pain,
        average=average,
        worst=worst,
        breakthrough=episodes,
        rescue_doses=doses,
        answered=answered,
        would_reply=would_reply,
        wear_fraction=worn,
        steps=steps,
        activity=activity,
        sleep_efficiency=np.clip(efficiency + 5 * streams.normal("sleep"), 20, 100),
        io=np.clip(100 - np.exp(restless + 0.35 * streams.normal("I<O")), 0, 100),
        ra=np.clip(1 - np.exp(weak), 0, 1),
    )


def _wear(course: Course, habits: Habits) -> Floats:
    """Two states, each patient's share of worn days from Beta(6, 1.8); fractions of a day are chosen."""
    n, d, streams = course.patients, course.days, course.streams
    share = np.minimum(streams.of("share of worn days").beta(6.0, 1.8, n) * habits.wearing, 1.0)
    chance = streams.uniform("worn")
    worn = np.empty((n, d), dtype=bool)
    worn[:, 0] = chance[:, 0] < share
    for day in range(1, d):
        worn[:, day] = chance[:, day] < share * (1 - _WEAR_KEEPS) + _WEAR_KEEPS * worn[:, day - 1]
    full = streams.of("fraction of a worn day").beta(14.0, 1.3, (n, d))
    # Not worn: nothing at all on most such days, else some hours.
    little = np.clip(streams.uniform("fraction of another day") - 0.85, 0, None) * 3
    return np.where(course.off, 0.0, np.where(worn, full, little))


def _answers(course: Course, above: Floats, habits: Habits) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    n, d, streams = course.patients, course.days, course.streams
    keen = 1.35 + 0.9 * streams.normal_each("keen to answer") + habits.answering
    hindered = 0.15 * np.clip(above, 0, None) + course.silence
    base = keen[:, None] - 0.105 * course.weekend - hindered
    chance = streams.uniform("diary")
    answered = np.empty((n, d), dtype=bool)
    before = np.ones(n, dtype=bool)  # enrolment is an answer
    for day in range(d):
        answered[:, day] = chance[:, day] < log_odds(base[:, day] + np.where(before, 0.5, -0.9))
        before = answered[:, day]
    # Chosen: a check-in is answered on half of the days without a diary (11 of 15 missed forms were salvaged
    # by calls, clinical.md 2.2), and pain that silences the diary weighs a third against one question.
    odds = 0.4 + 0.4 * (keen[:, None] - 1.35) - hindered / 3
    return answered, streams.uniform("reply") < log_odds(odds)
