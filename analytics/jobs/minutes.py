"""Arriving raw blocks to minutes in the table of epochs, within seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from analytics.signal.epochs import Minutes, epochs_of_minutes
from analytics.signal.samples import Samples
from store import blocks, epochs, marks
from store.database import transaction

AT_ONCE = 64  #: spans of new blocks in one transaction
STRETCH = timedelta(hours=6)  #: unpacked at a time: 50 Hz for six hours are 6.5 MB
MINUTE = timedelta(minutes=1)


def make_minutes(engine: sa.Engine, at: datetime) -> int:
    """Make the minutes of the blocks that arrived; how many spans were done, 0 when nothing waits.

    A minute that is not yet complete is made again when the next block comes. Minutes, stale days and
    the end of the wait are one transaction: after a crash it is simply done again.
    """
    with transaction(engine) as session:
        spans = blocks.claim_new_blocks(session, AT_ONCE)
        for device_id, start, end in _joined(spans):
            _make(session, device_id, start, end, at)
        for span in spans:
            session.delete(span)
        return len(spans)


def _joined(spans: list[blocks.NewBlocks]) -> list[tuple[int, datetime, datetime]]:
    """Whole minutes that the spans touch, overlapping and neighbouring ones of a device as one."""
    joined: list[tuple[int, datetime, datetime]] = []
    for span in sorted(spans, key=lambda s: (s.device_id, s.starts)):
        start = span.starts.replace(second=0, microsecond=0)
        end = (span.ends + MINUTE - timedelta(microseconds=1)).replace(second=0, microsecond=0)
        if joined and joined[-1][0] == span.device_id and start <= joined[-1][2]:
            joined[-1] = (span.device_id, joined[-1][1], max(joined[-1][2], end))
        else:
            joined.append((span.device_id, start, end))
    return joined


def _make(session: Session, device_id: int, start: datetime, end: datetime, at: datetime) -> None:
    while start < end:
        until = min(start + STRETCH, end)
        found = list(blocks.read_blocks(session, device_id, start, until))
        samples = [Samples(_micro(b.t0), b.hz, b.scale, b.xyz) for b in found]
        if samples:
            made = epochs_of_minutes(samples)
            inside = (made.t_us >= _micro(start)) & (made.t_us < _micro(until)) & ~np.isnan(made.enmo_mg)
            rows = [_row(device_id, made, int(i)) for i in np.flatnonzero(inside)]
            epochs.save_minutes(session, rows)
            if rows:
                instants = [row["t"] for row in rows]
                marks.mark_instants(session, [device_id] * len(rows), instants, marks.MOVEMENT, at)  # type: ignore[arg-type]
        start = until


def _row(device_id: int, made: Minutes, i: int) -> dict[str, object]:
    return {
        "device_id": device_id,
        "t": datetime.fromtimestamp(int(made.t_us[i]) / 1e6, UTC),
        "enmo_mg": float(made.enmo_mg[i]),
        "mad_mg": _or_none(made.mad_mg[i]),
        "anglez_deg": _or_none(made.anglez_deg[i]),
        "temp_c": None,
        "lux": None,
        "enmo_5s_mg": _list(made.enmo_5s_mg[i]),
        "anglez_5s_deg": _list(made.anglez_5s_deg[i]),
    }


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _list(values: NDArray[np.float64]) -> list[float | None]:
    return [_or_none(value) for value in values]


def _micro(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)
