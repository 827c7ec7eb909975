"""Whether a device was worn, minute by minute, as the wear rule judged it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from store.clocks import offsets_bounds

_WORN_OTHERWISE = sa.text(
    """
    SELECT epoch.t, k.worn
    FROM (
        SELECT true_t - c.shift AS t, g.worn FROM clock c CROSS JOIN (
            SELECT 'epoch'::timestamptz + t_us * interval '1 microsecond' AS true_t, worn
            FROM unnest(:t ::bigint[], :worn ::boolean[]) AS k(t_us, worn)
        ) g
        WHERE c.device_id = :device AND true_t - c.shift >= c.starts AND true_t - c.shift < c.ends
    ) k
    JOIN epoch ON epoch.t = k.t
    WHERE epoch.device_id = :device AND epoch.source = 'raw' AND epoch.t BETWEEN :first AND :last
      AND epoch.worn IS DISTINCT FROM k.worn
    """
)
_SET_WORN = sa.text(
    """
    UPDATE epoch SET worn = k.worn FROM unnest(:t ::timestamptz[], :worn ::boolean[]) AS k(t, worn)
    WHERE epoch.device_id = :device AND epoch.source = 'raw' AND epoch.t = k.t
      AND epoch.t BETWEEN :first AND :last
    """
)


def save_worn(session: Session, device_id: int, t_us: NDArray[np.int64], worn: NDArray[np.bool_]) -> None:
    """Write down whether the device was worn in these minutes (true times); only what changed is written.

    Each statement stays within a day. Where old epochs are kept in columns, an UPDATE first unpacks every
    epoch that its constants do not exclude: without bounds all that the device ever sent.
    """
    if not len(t_us):
        return
    days: dict[date, list[tuple[datetime, bool]]] = {}
    for t, now_worn in session.execute(_WORN_OTHERWISE, _worn(session, device_id, t_us, worn)):
        days.setdefault(t.date(), []).append((t, now_worn))
    for changed in days.values():
        instants = [t for t, _ in changed]
        span = {"device": device_id, "first": min(instants), "last": max(instants)}
        session.execute(_SET_WORN, {**span, "t": instants, "worn": [now_worn for _, now_worn in changed]})


def _worn(
    session: Session, device_id: int, t_us: NDArray[np.int64], worn: NDArray[np.bool_]
) -> dict[str, object]:
    """Parameters of `_WORN_OTHERWISE`: in device time, all lie between `first` and `last`."""
    least_us, most_us = offsets_bounds(session, device_id)
    return {
        "device": device_id,
        "t": t_us.tolist(),
        "worn": worn.tolist(),
        "first": _instant(int(t_us.min()) - most_us),
        "last": _instant(int(t_us.max()) - least_us),
    }


def _instant(us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
