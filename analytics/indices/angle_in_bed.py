"""When was the wearer of a raw device in bed: the main rest of the arm, night by night (HDCZA)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.days import MINUTE_US
from analytics.indices.angle_sleep import PER_MIN, rest_period
from analytics.indices.in_bed import FindsBed, can_be_judged, in_bed
from analytics.indices.relative_amplitude import on_grid
from analytics.indices.timeline import Timeline, Values


def in_bed_by_angle(minute_us: NDArray[np.int64], anglez_5s_deg: Values, worn: NDArray[np.bool_]) -> FindsBed:
    """A rule for `bed_states`. `minute_us` (m,) rising, `anglez_5s_deg` (m, 12), `worn` (m,).

    A minute that is missing or not worn counts as movement. A night is judged under the same conditions as
    by activity; what is found is the sleep period, which ends the time in bed but may begin after it.
    """
    angle = np.where(worn[:, None], anglez_5s_deg, np.nan)

    def found(night: Timeline, start_us: int, end_us: int) -> tuple[int, int] | None:
        if not can_be_judged(on_grid(night, start_us, end_us), night.epoch_us):
            return None
        low, high = np.searchsorted(minute_us, [start_us, end_us])
        fives = np.full(((end_us - start_us) // MINUTE_US, PER_MIN), np.nan)
        fives[(minute_us[low:high] - start_us) // MINUTE_US] = angle[low:high]
        rest = rest_period(fives.ravel())
        if rest is None:
            return None
        first_us, until_us = (start_us + place * MINUTE_US // PER_MIN for place in rest)
        return first_us, until_us

    return found


def in_bed_by_angle_or_activity(
    minute_us: NDArray[np.int64], anglez_5s_deg: Values, worn: NDArray[np.bool_]
) -> FindsBed:
    """The same for a series that only partly is of a raw device: a night of which less than half of the valid
    minutes have an angle is told by activity."""
    by_angle = in_bed_by_angle(minute_us, anglez_5s_deg, worn)
    known = worn & ~np.isnan(anglez_5s_deg).all(axis=1)

    def found(night: Timeline, start_us: int, end_us: int) -> tuple[int, int] | None:
        low, high = np.searchsorted(minute_us, [start_us, end_us])
        some = 2 * np.count_nonzero(known[low:high]) >= np.count_nonzero(~np.isnan(night.x))
        return (by_angle if some else in_bed)(night, start_us, end_us)

    return found
