"""Non-wear by stillness and the device's own thermometer, minute by minute, after Zhou."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analytics.days import MINUTE_US
from analytics.signal.samples import Samples
from analytics.signal.spread import spread_of
from analytics.signal.thermometer import minute_temperature

SD_G, AXES = 0.013, 2
BODY_C = 26.0  #: as found for a GENEActiv at the wrist; another casing may need another


def worn_by_temperature(
    segments: Sequence[Samples],
    thermometer_us: NDArray[np.int64],
    celsius: NDArray[np.float64],
    sd_g: float = SD_G,
    body_c: float = BODY_C,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Minutes, and whether the device was worn in each [1]_.

    A minute at `body_c` or above is worn. A colder one is not when two axes deviate by less than `sd_g`;
    when they move it is worn if it is warmer than the minute before, not worn if it is colder, else like
    the minute before. Zhou slides the minute by seconds; here minutes of the UTC clock stand side by side.
    A hot room makes a table worn, and a cold hand that rests makes a patient not worn.

    Parameters
    ----------
    segments : samples in unbroken stretches
    thermometer_us, celsius : (readings,) arrays
        What the device's thermometer read and when, rising. [microseconds UTC, degrees C]

    Returns
    -------
    (minutes,) start of each [microseconds UTC], and (minutes,) worn: True where either is missing

    References
    ----------
    .. [1] S.-M. Zhou et al., "Classification of accelerometer wear and non-wear events in seconds for
       monitoring free-living physical activity," BMJ Open 5:e007447, 2015.
    """
    most = 60 * max(segment.hz for segment in segments) + 1
    # Two samples that far apart among n deviate by more than sd_g whatever the others are.
    spread = spread_of(segments, MINUTE_US, sd_g * np.sqrt(2 * most))
    minute = np.arange(len(spread.n))
    t_us = spread.start_us + minute * MINUTE_US
    at_rest = (spread.deviation_of(minute, minute + 1) < sd_g).sum(axis=1) >= AXES
    warmth = minute_temperature(t_us, thermometer_us, celsius)
    change = np.diff(warmth, prepend=warmth[:1])
    worn = np.where(warmth >= body_c, 1, np.where(at_rest, 0, np.where(change > 0, 1, 0)))
    unsaid = (warmth < body_c) & ~at_rest & (change == 0)
    last_said = np.maximum.accumulate(np.where(unsaid, -1, minute))
    worn = np.where(unsaid & (last_said >= 0), worn[last_said], worn).astype(bool)
    return t_us, worn | np.isnan(warmth) | (spread.n == 0)
