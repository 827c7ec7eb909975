"""Days without rows: in hospital, or dead. Neither is told; the rows just stop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.cohort.course import BASELINE_DAYS, Course
from simulate.cohort.treated import some_day

#: One patient in fourteen is admitted for three to nine days; six of a hundred with stage IV die.
_ADMITTED = 1 / 14
_DIES = 0.06
#: Windows that cover everything, or nearly: life goes on within them.
_ALWAYS = {"chemo", "severe", "noisy", "function"}
#: Nothing else is made to happen so near to an event or a window.
_APART_DAYS = 10


def quiet_days(course: Course) -> NDArray[np.bool_]:
    """(n, d): after the baseline, ten days or more from every event, its window and every other window."""
    quiet = np.zeros((course.patients, course.days), dtype=bool)
    quiet[:, BASELINE_DAYS:] = True
    for i, _, onset, end, route, _, first, last in course.events:
        stop = last if route == "function" else max(end, last)
        quiet[i, max(min(onset, first) - _APART_DAYS, 0) : stop + _APART_DAYS] = False
    for i, kind, first, last in course.windows:
        if kind not in _ALWAYS:
            quiet[i, max(first - _APART_DAYS, 0) : last + _APART_DAYS] = False
    return quiet


def stays_in_hospital(course: Course, quiet: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n, d): the days of one stay of some patients, all of them quiet."""
    first, there = some_day(course, quiet, "admitted", _ADMITTED)
    length = course.streams.whole("days in hospital", 3, 10)
    return course.within(first, first + length) & there[:, None] & quiet


def dead(course: Course, quiet: NDArray[np.bool_], stage: NDArray[np.str_]) -> NDArray[np.bool_]:
    """(n, d): the days after the death of some patients with stage IV, after all that the scenario tells."""
    until_end = np.logical_and.accumulate(quiet[:, ::-1], axis=1)[:, ::-1]
    day, there = some_day(course, until_end & (stage == "IV")[:, None], "died", _DIES)
    return course.within(day, np.full(course.patients, course.days)) & there[:, None]


def cut_short(course: Course, gone: NDArray[np.bool_]) -> None:
    """Nothing lasts beyond a death."""
    last = np.where(gone.any(axis=1), gone.argmax(axis=1), course.days)
    course.events[:] = [
        (*event[:3], min(event[3], int(last[event[0]])), *event[4:]) for event in course.events
    ]
    course.windows[:] = [
        (i, kind, first, min(stop, int(last[i])))
        for i, kind, first, stop in course.windows
        if first < last[i]
    ]
