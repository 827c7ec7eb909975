"""Where a device lay still: its quiet minutes, and the few blocks that hold chosen ones of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from store.arrays import int8s
from store.copying import driver_cursor
from store.stretches import BlockName

MOST_BLOCKS = 70  #: of one minute


def first_and_newest(
    session: Session, device_id: int, start: datetime, end: datetime
) -> tuple[datetime, datetime] | None:
    """The first and the newest minute of raw blocks in [start, end) of device time."""
    found = session.execute(
        sa.text(
            """
            SELECT (SELECT t FROM epoch WHERE device_id = :d AND source = 'raw' AND t >= :start AND t < :end
                    ORDER BY device_id, t LIMIT 1),
                   (SELECT t FROM epoch WHERE device_id = :d AND source = 'raw' AND t >= :start AND t < :end
                    ORDER BY device_id DESC, t DESC LIMIT 1)
            """
        ),
        {"d": device_id, "start": start, "end": end},
    ).one()
    return None if found[0] is None else (found[0], found[1])


def quiet_minutes(
    session: Session, device_id: int, start: datetime, end: datetime, below_mg: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(t_us (n,), z-angle (n,) [degrees]) of the minutes of raw blocks whose MAD is below; device time."""
    rows = session.execute(
        sa.text(
            """
            SELECT (extract(epoch FROM t) * 1000000)::bigint, anglez_deg FROM epoch
            WHERE device_id = :d AND source = 'raw' AND t >= :start AND t < :end AND mad_mg < :below
            ORDER BY t
            """
        ),
        {"d": device_id, "start": start, "end": end, "below": below_mg},
    ).all()
    return np.array([r[0] for r in rows], np.int64), np.array([r[1] for r in rows], np.float64)


def hours_with_data(
    session: Session, device_id: int, start: datetime, end: datetime, most: int
) -> NDArray[np.int64]:
    """The newest UTC hours (since 1970) of [start, end) with minutes of raw blocks, at most `most`, rising.

    From the minutes that are there, so that neither late data nor its order matters.
    """
    hours = session.scalars(
        sa.text(
            """
            SELECT h FROM generate_series(:newest ::bigint, :oldest ::bigint, -1) h
            CROSS JOIN LATERAL (
                SELECT FROM epoch
                WHERE device_id = :d AND source = 'raw' AND t >= to_timestamp(h * 3600.0)
                  AND t < to_timestamp(h * 3600.0 + 3600) AND t >= :start AND t < :end
                LIMIT 1
            ) AS there
            LIMIT :most
            """
        ),
        {
            "d": device_id,
            "start": start,
            "end": end,
            "most": most,
            "newest": int(end.timestamp()) // 3600,
            "oldest": int(start.timestamp()) // 3600,
        },
    )
    return np.sort(np.array(hours.all(), np.int64))


# From the last block that begins at or before a minute to its end: for blocks of a minute this is one look
# into the key, where a search for all that may touch the minute walks through nine days of them.
_NAMES = """
    SELECT k.i, b.device_id, (extract(epoch FROM b.t0) * 1000000)::bigint, b.boot, b.seq, b.hz, b.scale,
           b.codec, b.n
    FROM (
        SELECT d, 'epoch'::timestamptz + t * interval '1 microsecond' AS t, i
        FROM unnest(%(d)s ::bigint[], %(t)s ::bigint[]) WITH ORDINALITY AS k(d, t, i)
    ) k
    CROSS JOIN LATERAL (
        SELECT coalesce((
            SELECT t0 FROM block WHERE device_id = k.d AND t0 <= k.t AND t0 > k.t - interval '9 days'
              AND t0 < %(last)s AND t0 > %(first)s ::timestamptz - interval '9 days'
            ORDER BY t0 DESC LIMIT 1
        ), k.t) AS t0 OFFSET 0
    ) since
    CROSS JOIN LATERAL (
        SELECT device_id, t0, boot, seq, hz, scale, codec, n FROM block
        WHERE device_id = k.d AND t0 >= since.t0 AND t0 < k.t + interval '1 minute' AND ends > k.t
          AND t0 < %(last)s AND t0 > %(first)s ::timestamptz - interval '9 days'
        ORDER BY t0 LIMIT %(most)s
    ) b
    ORDER BY k.i, b.t0, b.boot, b.seq
"""


def names_at(session: Session, minutes: Sequence[tuple[int, int]]) -> list[list[BlockName]]:
    """For each (device, start of a minute [us]) the stored blocks that hold it; none: they are gone."""
    found: list[list[BlockName]] = [[] for _ in minutes]
    if not minutes:
        return found
    device, t_us = np.array(minutes, np.int64).T
    origin = datetime(1970, 1, 1, tzinfo=UTC)
    values = {
        "d": int8s(device),
        "t": int8s(t_us),
        "most": MOST_BLOCKS,
        "first": origin + timedelta(microseconds=int(t_us.min())),
        "last": origin + timedelta(microseconds=int(t_us.max()), minutes=1),
    }
    with driver_cursor(session, _NAMES, binary=True) as cursor:
        for place, *name in cursor.execute(_NAMES.encode(), values).fetchall():
            found[place - 1].append(BlockName(*name))
    return found
