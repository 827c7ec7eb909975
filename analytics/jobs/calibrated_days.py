"""By which calibrations the figures were made that a day's results rest on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

import numpy as np

from analytics.series import Series
from store.epochs import EpochArrays

UNCALIBRATED = "uncalibrated"


def calibrations_in(
    series: Series,
    parts: Sequence[EpochArrays],
    began: Mapping[int, Sequence[tuple[int, int]]],
    start_us: int,
    end_us: int,
) -> dict[str, str]:
    """The parameter `calibration` of results from the epochs in [start, end): versions of the device, and
    `uncalibrated` where some of it is. Empty where the figures are not from raw acceleration.

    Version 1 of one device is not that of another: whose it is follows from the patient and the time.
    """
    if series.measure != "enmo_mg":
        return {}
    said: set[str] = set()
    for part in parts:
        low, high = np.searchsorted(part.t_us, [start_us, end_us])
        if part.source != "raw" or part.epoch_s != series.epoch_s or low == high:
            continue
        versions = began.get(part.device_id, [])
        first, last = (
            bisect_right([from_us for from_us, _ in versions], int(part.t_us[k])) for k in (low, high - 1)
        )
        said |= {str(version) for _, version in versions[max(first - 1, 0) : last]}
        if not first:
            said.add(UNCALIBRATED)
    return {"calibration": ", ".join(sorted(said, key=lambda s: (s.isdigit(), len(s), s)))} if said else {}
