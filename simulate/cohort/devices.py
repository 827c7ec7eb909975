"""What devices do to the days: another one, a clock that goes wrong, zeros out of a drawer, uploads twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulate.cohort.course import FIRST_DAY, Course
from simulate.cohort.signals import Signals
from simulate.cohort.streams import Streams
from simulate.cohort.treated import some_day

Floats = NDArray[np.float64]

#: Day of the year with the most steps: mid-July.
_SUMMIT_DAY = 195


def hand_out_new(course: Course, quiet: NDArray[np.bool_]) -> None:
    """One patient in twelve gets another device, which counts up to a fifth fewer or more steps."""
    first, there = some_day(course, quiet, "new device", 1 / 12)
    after = course.within(first, np.full(course.patients, course.days)) & there[:, None]
    ratio = course.streams.between("new device counts", 0.8, 1.2)
    course.device[after] += 1
    course.counted += np.where(after, np.log(ratio)[:, None], 0.0)


def let_seasons_pass(course: Course) -> None:
    """Up to 15 % more steps at midsummer, and as many fewer at midwinter."""
    year = FIRST_DAY.timetuple().tm_yday + course.calendar
    height = course.streams.between("season", 0.0, 0.15)
    course.steps += height[:, None] * np.cos(2 * np.pi * (year - _SUMMIT_DAY) / 365.25)


def let_clocks_drift(made: Signals, streams: Streams) -> None:
    """One device in twenty-five loses up to a minute a day: its days take in more and more of the next."""
    slow = streams.uniform_each("clock drifts") < 1 / 25
    minutes = streams.between("minutes a day", 0.2, 1.0) * slow
    part = np.minimum(minutes[:, None] * np.arange(made.steps.shape[1]) / 1440, 0.3)
    for values in (made.steps, made.activity):
        following = np.concatenate([values[:, 1:], values[:, -1:]], axis=1)
        values += part * (following - values)


def send_zeros(steps: Floats, wear_fraction: Floats, streams: Streams) -> Floats:
    """Steps where one device in five says 0, and not nothing, for a day on which it was not worn."""
    says = (streams.uniform_each("sends zeros") < 0.2)[:, None]
    return np.where(says & (wear_fraction == 0), 0.0, steps)


def upload_again(streams: Streams) -> NDArray[np.bool_]:
    """(n, d): one row in a hundred comes twice."""
    return streams.uniform("uploaded twice") < 0.01
