"""Planned procedures, and the days after them: some more pain for most, worse nights, less movement.

Every number is chosen: a third of patients have a pain flare after palliative radiotherapy (Chow et al.,
Lancet Oncol 16:1463-1472, 2015), and the days after a biopsy or an operation are sore for most.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.cohort.course import Course

Days = NDArray[np.int64]

WINDOW_DAYS = 8  #: the day itself and a week
_KINDS = np.array(["radiotherapy", "radiotherapy", "nerve_block", "surgery", "biopsy"])
_FRACTIONS = 5  #: of radiotherapy, one a day, for one patient in two of those who have it
_SORE = 0.65  #: share of patients with more pain afterwards


def undergo(course: Course, day: Days) -> Days:
    """Write a procedure on `day` of each patient, and what is expected after it, into the course.

    Returns (n,) the day that it came to.

    First family: a block of one to two points from the next day on, for two to five days. Second: felt on the
    evening of the day, most on the second day after it, and gone by and by; some are restless and not still.
    A day with an infusion keeps its `chemo`, as a row has room for one: the procedure is on the next day.
    """
    streams = course.streams
    taken = (course.treatment[np.arange(course.patients), day] != "").astype(np.int64)
    kind = _KINDS[streams.whole("kind of procedure", 0, len(_KINDS))]
    several = (kind == "radiotherapy") & (streams.uniform_each("several fractions") < 0.5)
    first: Days = day + taken
    last = first + np.where(several, _FRACTIONS, 1)
    there = course.within(first, last) & (course.treatment == "")
    course.treatment[there] = np.broadcast_to(kind[:, None], there.shape)[there]

    since = (course.calendar - first[:, None]).astype(np.float64)
    sore = streams.uniform_each("sore after a procedure") < _SORE
    height = streams.between("soreness", 1.0, 2.0) * sore
    length = streams.whole("days of soreness", 2, 6)
    after = (since >= 1) & (since <= length[:, None])
    if course.heavy:
        shape = np.where(since >= 0, np.minimum((since + 1) / 3, np.exp((2 - since) / 2.3)), 0.0)
        still = streams.between("stillness", -0.6, 0.2)
    else:
        shape = after.astype(np.float64)
        still = np.full(course.patients, -0.35)
    course.pain += height[:, None] * shape
    course.sleep += 0.45 * shape
    course.steps += still[:, None] * ((since >= 0) & (since <= length[:, None]))
    return first
