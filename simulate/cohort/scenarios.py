"""Nineteen stories: events that somebody must be told of, and what only looks like one (clinical.md 7.3).

Sizes and lengths are those of the table there; three more scenarios are those of the targets' table, and the
last two are about planned procedures (`procedures.py`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from simulate.cohort import procedures, shapes
from simulate.cohort.course import BASELINE_DAYS, Course

Days = NDArray[np.int64]

#: A flare lasts 7 to 14 days.
_LONGEST_FLARE = 14
#: A drift of three points has risen by two after 19 days and counts until ten days later.
_LONGEST_DRIFT = 31
_SECOND_AFTER_DAYS = 20
_LEAD_DAYS = 3
_NON_WEAR_DAYS = 7
_TRAVEL_DAYS = 4


def _onset(course: Course, needs: int) -> Days:
    """A day after the baseline from which `needs` days are left."""
    return course.streams.whole("day of the event", BASELINE_DAYS, course.days - needs + 1)


def _flare(course: Course, onset: Days, kind: str, nth: str = "") -> Days:
    """+2.5 to +4 points for 7 to 14 days; the day after its last."""
    height = course.streams.between(f"height of the flare{nth}", 2.5, 4.0)
    length = course.streams.whole(f"length of the flare{nth}", 7, _LONGEST_FLARE + 1)
    day = (course.calendar - onset[:, None]).astype(np.float64)
    course.pain += height[:, None] * shapes.flare(day, length[:, None].astype(np.float64), course.heavy)
    course.event(kind, onset, onset + length)
    return onset + length


def _plain_flare(course: Course) -> None:
    _flare(course, _onset(course, _LONGEST_FLARE), "flare")


def _drift(course: Course) -> None:
    onset = _onset(course, _LONGEST_DRIFT)
    height = course.streams.between("height of the drift", 3.0, 4.0)
    day = (course.calendar - onset[:, None]).astype(np.float64)
    course.pain += shapes.drift(day, height[:, None], course.heavy)
    plus_two = shapes.first_day_at(course.pain, 2.0)
    end = np.full(course.patients, course.days)
    course.event("drift", onset, end, plus_two=plus_two, count_from=onset + 4, count_to=plus_two + 11)


def _sleep_lead(course: Course) -> None:
    onset = _onset(course, _LONGEST_FLARE)
    end = _flare(course, onset, "sleep_lead")
    disturbed = course.within(onset - _LEAD_DAYS, end)
    if course.heavy:  # worse from night to night, and better again before the pain is
        growing = np.clip((course.calendar - (onset - _LEAD_DAYS - 1)[:, None]) / 2.0, 0, 1.3)
        course.sleep += np.where(course.within(onset - _LEAD_DAYS, end - 3), growing, 0.0)
    else:
        course.sleep += disturbed
    course.events[:] = [(*row[:6], row[2] - _LEAD_DAYS, row[7]) for row in course.events]


def _mnar_flare(course: Course) -> None:
    onset = _onset(course, _LONGEST_FLARE)
    end = _flare(course, onset, "mnar_flare")
    if course.heavy:  # some days of nothing at all, then back to answering by and by
        mute = course.streams.whole("mute days", 4, 9)
        course.silence += 6.0 * course.within(onset, np.minimum(onset + mute, end))
        course.silence += 1.5 * course.within(onset + mute, end)
    else:
        course.silence += 3.0 * course.within(onset, end)


def _btp_rise(course: Course) -> None:
    onset = _onset(course, _LONGEST_FLARE)
    length = course.streams.whole("length of the rise", 7, _LONGEST_FLARE + 1)
    course.episodes += 3.0 * course.within(onset, onset + length)
    course.event("btp_rise", onset, onset + length)


def _chemo_flare(course: Course) -> None:
    """The flare begins one to four days after an infusion: it hides behind what is expected then."""
    after = course.streams.whole("days after the infusion", 1, 5)
    earliest = BASELINE_DAYS
    fits = (course.therapy == after[:, None]) & (course.calendar >= earliest)
    fits &= course.calendar <= course.days - _LONGEST_FLARE
    chance = np.where(fits, course.streams.uniform("which infusion"), -1.0)
    if not fits.any(axis=1).all():
        raise ValueError(f"chemo_flare needs {BASELINE_DAYS + 28 + _LONGEST_FLARE} days or more")
    _flare(course, chance.argmax(axis=1).astype(np.int64), "chemo_flare")


def _procedure(course: Course) -> None:
    """A planned procedure, and in the week from it on what is expected then."""
    day = procedures.undergo(course, _onset(course, procedures.WINDOW_DAYS + 1))
    course.window("procedure", day, day + procedures.WINDOW_DAYS)


def _procedure_flare(course: Course) -> None:
    """The flare begins one to four days after a procedure, on top of what is expected then."""
    day = procedures.undergo(course, _onset(course, 5 + _LONGEST_FLARE))
    _flare(course, day + course.streams.whole("days after the procedure", 1, 5), "procedure_flare")


def _early_flare(course: Course) -> None:
    onset = course.streams.whole("day of the event", 5, 14)
    _flare(course, onset, "early_flare")


def _second_flare(course: Course) -> None:
    onset = _onset(course, _SECOND_AFTER_DAYS + _LONGEST_FLARE)
    _flare(course, onset, "flare")
    _flare(course, onset + _SECOND_AFTER_DAYS, "second_flare", nth=" after")


def _stable(course: Course) -> None:
    """Nothing happens."""


def _chemo(course: Course) -> None:
    """Everybody has therapy; each infusion opens a window of six days (nine in the second family)."""
    for patient, day in np.argwhere(course.treatment == "chemo"):
        last = min(int(day) + (9 if course.heavy else 6), course.days)
        course.windows.append((int(patient), "chemo", int(day), last))


def _nonwear(course: Course) -> None:
    first = _onset(course, _NON_WEAR_DAYS)
    course.off |= course.within(first, first + _NON_WEAR_DAYS)
    course.window("nonwear", first, first + _NON_WEAR_DAYS)


def _device_swap(course: Course) -> None:
    """Another device counts 30 % more steps; in the second family a fifth fewer for one patient in two."""
    first = _onset(course, 7)
    after = course.within(first, np.full(course.patients, course.days))
    ratio = np.full(course.patients, 1.3)
    if course.heavy:
        ratio = np.where(course.streams.uniform_each("counts fewer") < 0.5, 0.8, 1.3)
    course.counted += np.where(after, np.log(ratio)[:, None], 0.0)
    course.device[after] += 1
    course.window("device", first, first + 7)


def _tz_shift(course: Course) -> None:
    """Four days some five to nine hours away; in the second family the traveller stays two weeks."""
    stay = 14 if course.heavy else _TRAVEL_DAYS
    first = _onset(course, stay + 1)
    hours = course.streams.whole("hours away", 5, 10) * np.where(
        course.streams.uniform_each("west") < 0.5, -1, 1
    )
    away = course.within(first, first + stay)
    course.travel_min += np.where(away, hours[:, None] * 60.0, 0.0)
    upset = course.within(first, first + _TRAVEL_DAYS)
    if course.heavy:
        upset |= course.within(first + stay, first + stay + 3)
    course.sleep += 0.7 * upset
    course.steps += np.where(upset, course.streams.between("moves there", -0.3, 0.5)[:, None], 0.0)
    course.silence += 0.5 * upset
    course.window("travel", first, first + stay + 1)


def _opioid_relief(course: Course) -> None:
    first = _onset(course, 14)
    day = (course.calendar - first[:, None]).astype(np.float64)
    fall = course.streams.between("relief", 1.5, 2.5)[:, None]
    course.pain -= fall * (np.clip(day / 6, 0, 1) if course.heavy else (day >= 1))
    _treated(course, first, "opioid_up")
    course.window("relief", first, first + 14)


def _severe_stable(course: Course) -> None:
    """Severe pain all along; at most half of the usual ups and downs, so that it stays about 7 to 8."""
    course.level[:] = course.streams.between("severe level", 7.0, 8.0)
    course.spread = 0.5
    course.window("severe", np.zeros(course.patients, dtype=np.int64), np.full(course.patients, course.days))


def _noisy_rater(course: Course) -> None:
    course.noisy = True
    course.window("noisy", np.zeros(course.patients, dtype=np.int64), np.full(course.patients, course.days))


def _func_decline(course: Course) -> None:
    """45 % fewer steps, and no pain: another route than a page about pain."""
    onset = _onset(course, 14)
    day = (course.calendar - onset[:, None]).astype(np.float64)
    course.steps += np.log(0.55) * (np.clip(day / 10, 0, 1) if course.heavy else (day >= 0))
    end = np.full(course.patients, course.days)
    course.event("func_decline", onset, end, route="function", count_to=onset + 15)
    course.window("function", onset, end)


def _treated(course: Course, day: Days, kind: str) -> None:
    """Something was given; an infusion of the same day stays, as the row has room for one."""
    there = course.within(day, day + 1) & (course.treatment == "")
    course.treatment[there] = kind


_Story = Callable[[Course], None]

#: The five events and nine distractors of clinical.md 7.3, the three more of the targets' table, procedures.
STORIES: dict[str, _Story] = {
    "flare": _plain_flare,
    "drift": _drift,
    "sleep_lead": _sleep_lead,
    "mnar_flare": _mnar_flare,
    "btp_rise": _btp_rise,
    "stable": _stable,
    "chemo": _chemo,
    "nonwear": _nonwear,
    "device_swap": _device_swap,
    "tz_shift": _tz_shift,
    "opioid_relief": _opioid_relief,
    "severe_stable": _severe_stable,
    "noisy_rater": _noisy_rater,
    "func_decline": _func_decline,
    "chemo_flare": _chemo_flare,
    "early_flare": _early_flare,
    "second_flare": _second_flare,
    "procedure": _procedure,
    "procedure_flare": _procedure_flare,
}
SCENARIOS = tuple(STORIES)
CORE_SCENARIOS = SCENARIOS[:14]
#: What a group is mixed of unless told otherwise: a seed gives the same group as before procedures came.
MIXED = SCENARIOS[:17]
EVENT_KINDS = (
    "flare",
    "drift",
    "sleep_lead",
    "mnar_flare",
    "btp_rise",
    "chemo_flare",
    "early_flare",
    "second_flare",
    "procedure_flare",
)
#: Scenarios in which everybody has systemic therapy.
WITH_THERAPY = ("chemo", "chemo_flare")
#: The longest story (second flare, drift) after the baseline.
FEWEST_DAYS = BASELINE_DAYS + _SECOND_AFTER_DAYS + _LONGEST_FLARE
