"""The blocks that touch stretches of time of many devices: first names and sizes, then the samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from store import blocks, codec
from store.arrays import int8s
from store.copying import driver_cursor

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """[start, end) of one device, in its own time [microseconds UTC]."""

    device_id: int
    start_us: int
    end_us: int


@dataclass(frozen=True, slots=True)
class BlockName:
    """One stored block, without its samples."""

    device_id: int
    t0_us: int
    boot: int
    seq: int
    hz: float
    scale: float
    codec: int
    n: int


# No block that begins before `after` can touch the stretch: none of the device is as long as that. The first
# and last instants of all, as constants, keep the search inside the chunks that matter. The fence (OFFSET 0)
# keeps it a walk along the key for each stretch.
_NAMES = """
    SELECT k.i, b.device_id, (extract(epoch FROM b.t0) * 1000000)::bigint, b.boot, b.seq, b.hz, b.scale,
           b.codec, b.n
    FROM (
        SELECT d, 'epoch'::timestamptz + s * interval '1 microsecond' AS starts,
               'epoch'::timestamptz + e * interval '1 microsecond' AS ends,
               'epoch'::timestamptz + a * interval '1 microsecond' AS after, i
        FROM unnest(%(d)s ::bigint[], %(s)s ::bigint[], %(e)s ::bigint[], %(a)s ::bigint[])
             WITH ORDINALITY AS k(d, s, e, a, i)
    ) k
    CROSS JOIN LATERAL (
        SELECT device_id, t0, boot, seq, hz, scale, codec, n FROM block
        WHERE device_id = k.d AND t0 < k.ends AND ends > k.starts AND t0 > k.after
          AND t0 < %(last)s AND t0 > %(first)s
        OFFSET 0
    ) b
    ORDER BY k.i, b.t0, b.boot, b.seq
"""
_DATA = """
    SELECT k.i, b.data FROM unnest(%(d)s ::bigint[], %(t)s ::bigint[], %(b)s ::bigint[], %(q)s ::bigint[])
                            WITH ORDINALITY AS k(d, t_us, b, q, i)
    CROSS JOIN LATERAL (
        SELECT data FROM block
        WHERE device_id = k.d AND t0 = 'epoch'::timestamptz + k.t_us * interval '1 microsecond'
          AND boot = k.b AND seq = k.q AND t0 BETWEEN %(first)s AND %(last)s
        LIMIT 1
    ) b
"""


def names_in(session: Session, stretches: Sequence[Stretch]) -> list[list[BlockName]]:
    """For each stretch the blocks that touch it, oldest first."""
    longest = blocks.longest_of(session, {s.device_id for s in stretches})
    back_us = {device_id: length // MICROSECOND for device_id, length in longest.items()}
    usual_us = blocks.USUAL // MICROSECOND
    table = np.array(
        [
            (s.device_id, s.start_us, s.end_us, s.start_us - back_us.get(s.device_id, usual_us))
            for s in stretches
        ]
    ).T
    values = dict(zip("dsea", map(int8s, table), strict=True))
    bounds = {"first": _instant(table[3].min()), "last": _instant(table[2].max())}
    found: list[list[BlockName]] = [[] for _ in stretches]
    for place, *name in _rows(session, _NAMES, {**values, **bounds}):
        found[place - 1].append(BlockName(*name))
    return found


def samples_of(session: Session, names: Sequence[BlockName]) -> list[NDArray[np.int16]]:
    """The samples of these blocks, (n, 3) each, in the same order."""
    table = np.array([(n.device_id, n.t0_us, n.boot, n.seq) for n in names]).T
    values = dict(zip("dtbq", map(int8s, table), strict=True))
    bounds = {"first": _instant(table[1].min()), "last": _instant(table[1].max())}
    data = dict(_rows(session, _DATA, {**values, **bounds}))
    return [codec.decode(name.codec, data[i], name.n) for i, name in enumerate(names, start=1)]


def _instant(us: np.int64) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(us))


def _rows(session: Session, query: str, parameters: dict[str, Any]) -> list[Any]:
    """In binary form: as text, the bytes of a block would be twice as long."""
    with driver_cursor(session, query, binary=True) as cursor:
        return cursor.execute(query.encode(), parameters).fetchall()
