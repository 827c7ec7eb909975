"""What a day's results were computed from, as one number: the digests of the days of its windows."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta, tzinfo

import numpy as np

from analytics.days import MINUTE_US, day_bounds
from analytics.indices.daily import WINDOW_DAYS
from analytics.series import Series

HEAD_US = 10 * MINUTE_US  #: of the next day: sleep scorers look at neighbours


class Digests:
    """Of the days of one series; what several windows share is hashed once."""

    def __init__(self, series: Series, zone: tzinfo) -> None:
        self._series, self._zone = series, zone
        self._known: dict[tuple[int, int], bytes] = {}

    def of(self, day: date) -> bytes:
        """sha256 of the day, of the days before it in its windows and nights, and of the next day's head."""
        days = [day - timedelta(days=back) for back in range(WINDOW_DAYS, -1, -1)]
        spans = [day_bounds(one, self._zone) for one in days]
        spans.append((spans[-1][1], spans[-1][1] + HEAD_US))
        digest = hashlib.sha256(self._series.measure.encode())
        for span in spans:
            if span not in self._known:
                self._known[span] = self._between(*span)
            digest.update(self._known[span])
        return digest.digest()

    def _between(self, start_us: int, end_us: int) -> bytes:
        series = self._series
        low, high = np.searchsorted(series.t_us, [start_us, end_us])
        digest = hashlib.sha256()
        fives = (series.enmo_5s_mg, series.anglez_5s_deg)
        for array in (series.t_us, series.x, series.worn, series.steps, *fives):
            if array is not None:
                digest.update(np.ascontiguousarray(array[low:high]).tobytes())
        return digest.digest()
