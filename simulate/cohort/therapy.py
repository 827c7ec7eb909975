"""Courses of systemic therapy: who has one, and on which days it is given."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.cohort.course import Course

#: One patient in two has a course, given every third week (clinical.md 7.2).
SHARE = 0.5
CYCLE_DAYS = (21,)
#: The second family has weekly to monthly schedules.
OTHER_CYCLE_DAYS = (14, 21, 28)


def give(course: Course, *, share: float) -> NDArray[np.int64]:
    """Write the therapy of `share` of the patients into their course; (n,) days between two infusions.

    `course.treatment` is `chemo` on the days of an infusion and `course.therapy` the days since the last one.
    A course may have begun before enrolment, so the days since may be told before the first infusion seen.
    """
    streams = course.streams
    lengths = np.array(OTHER_CYCLE_DAYS if course.heavy else CYCLE_DAYS)
    cycle = lengths[streams.whole("length of a cycle", 0, len(lengths))]
    phase = np.floor(streams.uniform_each("day of the cycle at enrolment") * cycle).astype(np.int64)
    has = streams.uniform_each("has systemic therapy") < share
    since = (course.calendar + phase[:, None]) % cycle[:, None]
    course.therapy[has] = since[has]
    course.treatment[has[:, None] & (since == 0)] = "chemo"
    return np.where(has, cycle, 0)
