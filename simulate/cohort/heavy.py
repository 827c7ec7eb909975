"""The second family: other mechanisms, not other constants, so that no detector fits the simulator alone.

Against the first: pain stays at a level and jumps (stays of heavy-tailed length, no AR(1)), with Student t
days and skewed ratings; breakthrough episodes come in clusters; pain makes restless, so steps rise with it
and fall the day after, and nights suffer more (restless nights relieved by rescue doses: clinical.md 2.1);
steps have personal weekdays and days on the sofa; diaries stop for runs of days, fade over the weeks and hang
on yesterday's pain; devices come off for runs of days, or every night; therapy is felt late, and by some not
at all. All constants are chosen so that level and spread of pain and completeness stay near clinical.md 2.2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.cohort.course import Course
from simulate.cohort.people import Habits
from simulate.cohort.signals import Signals, log_odds, rating

Floats = NDArray[np.float64]


def signals(course: Course, habits: Habits) -> Signals:
    """The days of everybody."""
    n, d, streams = course.patients, course.days, course.streams
    tired = _burden(course)
    usual = np.clip(0.6 + streams.of("usual pain").gamma(3.2, 0.75, n), 0.5, 5.5)
    usual = np.where(np.isnan(course.level), usual, course.level)
    suffers = np.where(streams.uniform_each("suffers from therapy") < 0.7, 0.9, -0.2)
    pain = usual[:, None] + _levels(course) + course.pain + suffers[:, None] * tired
    above = pain - usual[:, None]
    before = np.concatenate([above[:, :1], above[:, :-1]], axis=1)

    lively = streams.uniform_each("has breakthrough pain") < 0.55
    rate = np.where(lively, streams.of("breakthrough rate").gamma(1.2, 0.85, n), 0.15)
    cluster = streams.of("breakthrough cluster").gamma(1.5, 1 / 1.5, (n, d))
    often = (rate[:, None] + course.episodes) * cluster
    episodes = streams.of("breakthrough").poisson(often).astype(np.float64)
    skewed = streams.of("average").standard_exponential((n, d)) - 1
    average = rating(pain + (1.3 if course.noisy else 0.4) * skewed)
    peak = pain + 0.8 + 0.9 * np.log1p(episodes) + 0.5 * streams.of("worst").gumbel(0, 1, (n, d))
    doses = streams.of("rescue doses").binomial(episodes.astype(np.int64), 0.8).astype(np.float64)

    log_steps, disturbed = _log_steps(course, above, before, tired), course.sleep + 0.3 * tired
    quality = (84 + 6 * streams.normal_each("usual sleep"))[:, None] - 0.5 * above - 0.6 * before
    sleepless = 3.5 * streams.of("sleep").laplace(0, 1, (n, d))
    restless = np.log(2.6) + 0.7 * streams.normal_each("usual I<O")[:, None] + 0.16 * above - 0.05 * doses
    weak = np.log(0.14) + 0.35 * streams.normal_each("usual amplitude")[:, None] + 0.12 * above
    swing = 0.2 * np.clip(streams.of("I<O").standard_t(3, (n, d)), -6, 6)
    movement = 0.4 * (log_steps - 7.84) + 0.06 * np.clip(above, -2, 4)
    answered, would_reply = _answers(course, pain, habits)
    return Signals(
        pain=pain,
        average=average,
        worst=rating(np.maximum(average, peak)),
        breakthrough=episodes,
        rescue_doses=doses,
        answered=answered,
        would_reply=would_reply,
        wear_fraction=_wear(course, habits),
        steps=np.exp(log_steps + course.counted),
        activity=18 * np.exp(movement + 0.2 * streams.normal("activity")),
        sleep_efficiency=np.clip(quality - 8 * disturbed + sleepless, 20, 100),
        io=np.clip(100 - np.exp(restless + 0.9 * disturbed + swing), 0, 100),
        ra=np.clip(1 - np.exp(weak + 0.5 * disturbed + 0.2 * streams.normal("amplitude")), 0, 1),
    )


def _burden(course: Course) -> Floats:
    """Therapy is felt from the second day, most on the fourth, until the tenth; 1 for the typical patient."""
    since = np.nan_to_num(course.therapy, nan=99.0)
    felt = np.where(since <= 10, (since / 4 * np.exp(1 - since / 4)) ** 2, 0.0)
    return felt * np.exp(0.4 * course.streams.normal_each("felt"))[:, None]


def _levels(course: Course) -> Floats:
    """(n, d) pain around the usual: stays of a median of five days at levels from a Laplace distribution."""
    n, d, streams = course.patients, course.days, course.streams
    spread = np.exp(np.log(0.55) + 0.3 * streams.normal_each("spread of pain")) * course.spread
    spread = np.full(n, 0.9) if course.noisy else spread
    levels = np.clip(streams.of("level").laplace(0, 1, (n, d)), -3.5, 3.5)
    stays = np.ceil(5 * np.exp(0.9 * streams.normal("stay"))).astype(np.int64)
    held = runs(levels, stays)
    days = np.clip(streams.of("pain").standard_t(3, (n, d)), -7, 7)
    return spread[:, None] * (held + (1.0 if course.noisy else 0.4) * days)


def runs(values: Floats, lengths: NDArray[np.int64]) -> Floats:
    """(n, d): a value is kept for its own length in days, then that of the day that has come is taken."""
    kept = np.empty_like(values)
    left = np.zeros(len(values), dtype=np.int64)
    for day in range(values.shape[1]):
        over = left == 0
        kept[:, day] = values[:, day] if day == 0 else np.where(over, values[:, day], kept[:, day - 1])
        left = np.where(over, lengths[:, day], left) - 1
    return kept


def _log_steps(course: Course, above: Floats, before: Floats, tired: Floats) -> Floats:
    n, d, streams = course.patients, course.days, course.streams
    restless = 0.11 + 0.04 * streams.normal_each("pain to steps")
    weekdays = 0.12 * streams.of("weekdays").standard_normal((n, 7))
    shocks = np.clip(streams.of("steps").standard_t(4, (n, d + 3)), -6, 6)
    moving = 0.26 * (shocks[:, 3:] + 0.3 * shocks[:, 2:-1] + 0.2 * shocks[:, 1:-2] + 0.2 * shocks[:, :-3])
    sofa = -1.0 * (streams.uniform("sofa") < 0.07)
    steps: Floats = (
        (7.7 + 0.7 * streams.normal_each("usual steps"))[:, None]
        + restless[:, None] * np.minimum(above, 3)
        - 0.04 * np.clip(before, -2, 4)
        - 0.3 * tired
        + weekdays[:, course.weekday[0]]
        + moving
        + sofa
        + course.steps
    )
    return steps


def _wear(course: Course, habits: Habits) -> Floats:
    """On for runs of days and off for heavy-tailed ones; one patient in six takes the device off at night."""
    n, d, streams = course.patients, course.days, course.streams
    share = np.clip(streams.of("share of worn days").beta(5.0, 1.6, n) * habits.wearing, 0.02, 0.98)
    # Runs are drawn as worn or not in proportion to how often such a run begins.
    begins = share / 9.0  # a run on lasts nine days on average, one off about three
    on = begins / (begins + (1 - share) / 3.0)
    worn = streams.uniform("worn") < on[:, None]
    off_days = np.minimum(1 + streams.of("off days").pareto(1.6, (n, d)), 40)
    lengths = np.where(worn, streams.of("on days").geometric(1 / 9.0, (n, d)), np.round(off_days))
    held = runs(worn.astype(np.float64), lengths.astype(np.int64)) > 0
    full = np.where(streams.uniform_each("off at night") < 1 / 6, 0.66, 0.95)[:, None]
    fraction = np.clip(full + 0.05 * streams.normal("fraction of a worn day"), 0.3, 1)
    return np.where(held & ~course.off, fraction, 0.0)


def _answers(course: Course, pain: Floats, habits: Habits) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    n, d, streams = course.patients, course.days, course.streams
    yesterday = np.concatenate([pain[:, :1], pain[:, :-1]], axis=1)
    keen = 2.4 + 0.7 * np.clip(streams.of("keen to answer").standard_t(4, n), -4, 4) + habits.answering
    weekdays = 0.3 * streams.of("weekdays of the diary").standard_normal((n, 7))
    base = keen[:, None] - 0.006 * course.calendar - 0.25 * np.clip(yesterday - 4.0, 0, None)
    base = base + weekdays[:, course.weekday[0]] - course.silence
    pauses = streams.uniform("pause") < 0.06
    lengths = np.where(pauses, np.round(2 + streams.of("pause days").pareto(1.8, (n, d))), 1)
    paused = runs(pauses.astype(np.float64), np.minimum(lengths, 20).astype(np.int64)) > 0
    answered = (streams.uniform("diary") < log_odds(base)) & ~paused
    odds = 0.5 + 0.3 * (keen[:, None] - 2.4) - course.silence / 4 - 0.1 * np.clip(pain - 5, 0, None)
    return answered, streams.uniform("reply") < log_odds(odds)
