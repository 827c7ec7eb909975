"""Four things that a minute can be: worn, not worn, without data, or a device that was off."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from analytics.days import MINUTE_US
from analytics.signal.runs import runs

FLAT_PCT = 5.0  #: a battery that said so little before a silence is taken for its reason
STALE_US = 24 * 3_600_000_000  #: a word on the battery that is older says nothing of a silence


class WearState(IntEnum):
    """What is known of one minute of a device."""

    WORN = 1  #: data came, and it was on the body as far as one can tell
    NOT_WORN = 2  #: data came, and it was not on the body
    NO_DATA = 3  #: nothing came, and nothing says why: it may still come
    OFF = 4  #: nothing was measured: the battery was empty, or the device starts anew afterwards


def wear_states(
    t_us: NDArray[np.int64],
    arrived: NDArray[np.bool_],
    worn: NDArray[np.bool_],
    battery_us: NDArray[np.int64],
    battery_pct: NDArray[np.float64],
    started_us: NDArray[np.int64],
) -> NDArray[np.int8]:
    """A `WearState` for each minute.

    A silence is OFF when the last word on the battery, not older than a day at its beginning, was
    `FLAT_PCT` or less, or when the device started in it or with the first minute after it. A silence of
    minutes that are still on the device looks like NO_DATA, and turns when they arrive.

    Parameters
    ----------
    t_us : (n,) array
        Minutes of one device without a hole. [microseconds UTC]
    arrived, worn : (n,) bool arrays
        Did data of the minute come, and what did the device or a wear rule say? `worn` is not looked at
        where nothing came.
    battery_us, battery_pct : (m,) arrays
        Words on the battery, rising in time; NaN is no word. [microseconds UTC, percent]
    started_us : (k,) array
        When recordings began or devices booted. [microseconds UTC]
    """
    states = np.where(worn, WearState.WORN, WearState.NOT_WORN).astype(np.int8)
    states[~arrived] = WearState.NO_DATA
    said = ~np.isnan(battery_pct)
    battery_us, battery_pct, starts = battery_us[said], battery_pct[said], np.sort(started_us)
    step = int(t_us[1] - t_us[0]) if len(t_us) > 1 else MINUTE_US
    for first, end in zip(*runs(~arrived), strict=True):
        begin_us, end_us = int(t_us[first]), int(t_us[end - 1]) + step
        last = int(np.searchsorted(battery_us, begin_us + step, side="right")) - 1
        flat = last >= 0 and battery_pct[last] <= FLAT_PCT and begin_us - battery_us[last] <= STALE_US
        low, high = np.searchsorted(starts, [begin_us, end_us + step])
        if flat or high > low:
            states[first:end] = WearState.OFF
    return states
