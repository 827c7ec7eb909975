"""What the thermometers of devices read, as their raw blocks carry it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from store.clocks import offsets_bounds

LONGEST = timedelta(minutes=20)  #: a mean over a longer block tells nothing of a minute in it

_READINGS = sa.text(
    """
    SELECT (extract(epoch FROM b.t0 + (b.ends - b.t0) / 2 + c.shift) * 1000000)::bigint, b.temp_c
    FROM clock c CROSS JOIN LATERAL (
        SELECT t0, ends, temp_c FROM block
        WHERE device_id = :device AND t0 >= :low AND t0 < :high AND t0 >= c.starts AND t0 < c.ends
          AND temp_c IS NOT NULL AND ends - t0 <= :longest
          AND t0 + c.shift >= :start - interval '1 hour' AND t0 + c.shift < :end OFFSET 0
    ) b
    WHERE c.device_id = :device ORDER BY 1
    """
)


def readings(
    session: Session, device_id: int, start_us: int, end_us: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """When (true time [microseconds], rising) and what [degrees C], from an hour before [start, end) on."""
    least_us, most_us = offsets_bounds(session, device_id)
    start, end = _instant(start_us), _instant(end_us)
    found = session.execute(
        _READINGS,
        {
            "device": device_id,
            "start": start,
            "end": end,
            "low": start - timedelta(hours=1, microseconds=most_us),
            "high": end - timedelta(microseconds=least_us),
            "longest": LONGEST,
        },
    ).all()
    return np.array([t for t, _ in found], np.int64), np.array([c for _, c in found], np.float64)


def _instant(us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
