"""Treatment: what is given after an event and helps, and doses that change although nothing happens."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.cohort.course import Course

_KINDS = np.array(["opioid_up", "opioid_up", "opioid_up", "opioid_up", "nerve_block", "radiotherapy"])
#: What is left of a flare from the day after it was treated; of a drift, a week later.
_LEFT = 0.5
_LEFT_OF_DRIFT = 0.2
#: One patient in four has a change of dose that answers to nothing.
_CHANGES = 0.25


def respond(course: Course) -> None:
    """Four events in five that still go on when their window is over are treated on one of the next days.

    A flare is halved from the next day on; a drift, which would stay, falls to a fifth within a week, and
    ends for the truth on the first day with less than a point. Onset, height and window stay as they were.
    """
    streams = course.streams
    for nth, kind in enumerate(dict.fromkeys(event[1] for event in course.events if event[4] == "pain")):
        wait = streams.whole(f"days until treated {nth}", 0, 3)
        given = streams.uniform_each(f"is treated {nth}") < 0.8
        what = _KINDS[streams.whole(f"treated with {nth}", 0, len(_KINDS))]
        for place, event in enumerate(course.events):
            i, _, onset, end, route, plus_two, first, last = event
            day = last + int(wait[i])
            if event[1] != kind or not given[i] or day + 1 >= end:
                continue
            if course.treatment[i, day] == "":
                course.treatment[i, day] = what[i]
            after = np.arange(course.days - day - 1)
            if kind == "drift":
                left = np.maximum(1 - (1 - _LEFT_OF_DRIFT) * (after + 1) / 7, _LEFT_OF_DRIFT)
                course.pain[i, day + 1 :] *= left
                low = np.flatnonzero(course.pain[i, day + 1 :] < 1.0)
                if len(low):
                    end = day + 1 + int(low[0])
                course.events[place] = (i, kind, onset, end, route, plus_two, first, last)
            else:
                course.pain[i, day + 1 : end] *= _LEFT
                course.episodes[i, day + 1 : end] *= _LEFT


def change_doses(course: Course, quiet: NDArray[np.bool_]) -> None:
    """`opioid_up` or `opioid_down` on one quiet day of some patients, with a third of a point of effect."""
    streams = course.streams
    day, there = some_day(course, quiet, "dose changed", _CHANGES)
    up = streams.uniform_each("dose up") < 0.5
    for i in np.flatnonzero(there):
        if course.treatment[i, day[i]] == "":
            course.treatment[i, day[i]] = "opioid_up" if up[i] else "opioid_down"
            course.pain[i, day[i] + 1 :] += -0.3 if up[i] else 0.3


def some_day(
    course: Course, days: NDArray[np.bool_], name: str, share: float
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """One of `days` (n, d) for `share` of the patients: (n,) the day, and who has one at all."""
    chance = np.where(days, course.streams.uniform(f"when {name}"), -1.0)
    there = (course.streams.uniform_each(f"whether {name}") < share) & days.any(axis=1)
    return chance.argmax(axis=1).astype(np.int64), there
