"""Carries out what operators decide about quarantined messages: tried again, one by one.

A message that is accepted now is stored under its own name as if it had just arrived, but with the time at
which it was received first: late data stays late. Each is one transaction: stored and out of quarantine, or
still in it with the reason of this time.
"""

from __future__ import annotations

import time
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ingest import clocks
from ingest.batch import CONFLICT
from ingest.decode import Decoded, Incoming, Refused, decode, redate
from ingest.messages import Stream
from ingest.storing import store
from store import decided, identity
from store.blocks import Block
from store.people import DeviceNow, devices_by_name
from store.quarantine import Quarantined

AT_MOST_S = 0.5  #: then the worker goes back to what arrives
ENDED = "ingest ended while it tried this message again: try once more, and drop it if that happens again"


def retry_marked(engine: sa.Engine, at: datetime, demonstration_only: bool = False) -> int:
    """Try the marked messages again, for half a second at most; how many were tried.

    Any number of workers may call it at once, about once a second; nothing marked costs one query of an
    empty index. Raises `sqlalchemy.exc.OperationalError` when the database is away: the marks stay.
    """
    tried = 0
    until = time.monotonic() + AT_MOST_S
    while tried == 0 or time.monotonic() < until:
        with Session(engine) as session, session.begin():
            taken = decided.claim(session, at)
        if taken is None:
            break
        _retry(engine, taken, at, demonstration_only)
        tried += 1
    return tried


def _retry(engine: sa.Engine, taken: decided.Claim, at: datetime, demonstration_only: bool) -> None:
    try:
        with Session(engine) as session, session.begin():
            row = decided.claimed(session, taken)
            if row is not None:
                # What ended a worker once must not end it at every start.
                reason = ENDED if taken.lapsed else _accept(session, row, at, demonstration_only)
                if reason is not None:
                    decided.refused_again(session, row, reason, at)
    except sa.exc.OperationalError:
        raise
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated:
            raise
        with Session(engine) as session, session.begin():
            row = decided.claimed(session, taken)
            if row is not None:
                decided.refused_again(session, row, "the database refused it", at)


def _accept(session: Session, row: Quarantined, at: datetime, demonstration_only: bool) -> str | None:
    """Store the message and let it leave the quarantine; else why not."""
    incoming = Incoming(row.topic, row.payload, row.content_type, row.received_at)
    one = decode(incoming) if row.retry_t0 is None else redate(incoming, row.retry_t0)
    if isinstance(one, Refused):
        return one.reason
    device = devices_by_name(session, {one.device}).get(one.device)
    refusal = _may_not_speak(device, demonstration_only)
    if device is None or refusal is not None:
        return refusal
    key, seq = (device.id, str(one.stream), one.message.boot), one.message.seq
    # Settled is a name by its refusal already, or by another message that was stored meanwhile.
    if identity.hold(session, [(key, seq)], at)[0]:
        there = _digest_of(session, device.id, one)
        if there is not None and there != one.digest:
            return CONFLICT
        if there is not None:
            decided.left(session, row, decided.Outcome.KNOWN, at)
            return None
    clocks.learn(session, [(device.id, one)], at)
    if row.retry_t0 is None and clocks.in_future(session, [(device.id, one)]):
        return clocks.IN_FUTURE
    store(session, [(device.id, one)], at)
    identity.settle(session, {key: [seq]}, (), at)
    decided.left(session, row, decided.Outcome.STORED, at)
    return None


def _may_not_speak(device: DeviceNow | None, demonstration_only: bool) -> str | None:
    """Why the messages of this device are refused; None when they are not."""
    if device is None:
        return "the device is not enrolled"
    if device.revoked:
        return "the device is revoked"
    if demonstration_only and not device.demonstration:
        return "this broker cannot keep devices apart: only demonstration data is accepted"
    return None


def _digest_of(session: Session, device_id: int, one: Decoded) -> bytes | None:
    """The digest of what is stored under this name, whatever its time."""
    boot, seq = one.message.boot, one.message.seq
    if one.stream is not Stream.RAW:
        name = (device_id, str(one.stream), boot, seq)
        return identity.digests_of_names(session, [name]).get(name)
    # Without t0 this walks the device's part of the key: seldom, and by decision of a person.
    found = session.scalar(
        sa.select(Block.digest).where(Block.device_id == device_id, Block.boot == boot, Block.seq == seq)
    )
    return None if found is None else bytes(found)
