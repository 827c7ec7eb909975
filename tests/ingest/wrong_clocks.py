"""Messages of devices whose clock is wrong, and what the database then says."""

from __future__ import annotations

import uuid
from datetime import timedelta

import sqlalchemy as sa

from ingest.messages import Diary, Epoch, Status
from store import clocks
from store.database import transaction
from tests.cast import NOON, incoming, micro

SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=s) for s in (1, 60, 3600, 86400))


def status(seq, sent, offset=timedelta(), boot=1, delay=SECOND, device="watch-1"):
    """Sent at a true instant by a clock that is `offset` behind."""
    return incoming(device, Status(boot=boot, seq=seq, at=micro(sent - offset)), at=sent + delay)


def minutes(seq, device_t0, n=10, at=NOON, device="watch-1", boot=1):
    message = Epoch(boot=boot, seq=seq, t0=micro(device_t0), epoch_s=60.0, counts=[1.0] * n)
    return incoming(device, message, at=at)


def answer(seq, device_at, worst=8, at=NOON, boot=1):
    said = Diary(boot=boot, seq=seq, id=str(uuid.UUID(int=seq)), at=device_at.isoformat(), worst=worst)
    return incoming("phone-2", said, at=at)


def rows(engine, query, **values):
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query), values)]


def times(engine, device="watch-1"):
    return [t for (t,) in rows(engine, "SELECT t FROM reading.epochs WHERE device = :d ORDER BY t", d=device)]


def stale(engine, kind="movement"):
    found = rows(engine, "SELECT patient_id, day::text FROM stale_day WHERE kind = :k ORDER BY 1, 2", k=kind)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM stale_day")
    return found


def offset(engine, device):
    with transaction(engine) as session:
        return clocks.offsets_of(session, [device]).get(device, timedelta())
