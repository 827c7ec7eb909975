"""Write one batch: each message ends as stored, known already, or kept in quarantine. In one transaction.

A message is acknowledged by the caller after the commit, so a crash means redelivery and never loss, and
redelivery is harmless: a name is settled once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ingest import clocks, rows
from ingest.decode import Decoded, Incoming, Refused, decode
from ingest.failpoints import reach
from ingest.messages import Stream
from store import blocks, diary, epochs, identity, quarantine, results
from store.database import notify
from store.people import Device

CONFLICT = "the name is taken: the same device, stream, boot and seq came before with other bytes"

#: The receipt of a named message, or of what (device name, stream) sent without a readable name.
Answer = identity.Key | tuple[str, str]


@dataclass(slots=True)
class Written:
    """What became of a batch: counts, and which receipts it calls for."""

    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    answers: list[Answer | None] = field(default_factory=list)  #: for each message, the receipt it calls for
    names: dict[int, str] = field(default_factory=dict)  #: of the devices in `answers`


def write_batch(
    engine: sa.Engine, incoming: Sequence[Incoming], at: datetime, demonstration_only: bool = False
) -> Written:
    """Store a batch. Raises `sqlalchemy.exc.OperationalError` when the database is away: nothing is lost,
    the caller keeps the messages unacknowledged.

    A row that the database refuses must not block the others: the batch is then written one by one, and
    the culprit goes to quarantine.
    """
    read = [decode(one) for one in incoming]
    reach("after_decode")
    try:
        return _write(engine, read, at, demonstration_only)
    except sa.exc.OperationalError:
        raise
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated:
            raise
        if len(read) == 1:
            return _write(engine, [_refuse(read[0], "the database refused it")], at, demonstration_only)
    total = Written()
    for one in incoming:
        part = write_batch(engine, [one], at, demonstration_only)
        total.stored += part.stored
        total.duplicate += part.duplicate
        total.quarantined += part.quarantined
        total.answers += part.answers
        total.names |= part.names
    return total


def _write(
    engine: sa.Engine, read: Sequence[Decoded | Refused], at: datetime, demonstration_only: bool
) -> Written:
    done = Written()
    with Session(engine) as session, session.begin():
        devices = _devices(session, {one.device for one in read})
        checked = [_known(one, devices, demonstration_only) for one in read]
        named = [(name, one) for one in checked if (name := _key(one, devices)) is not None]
        keys = [key for (key, _), _ in named]
        if keys:
            identity.lock(session, keys, at)
        settled = identity.settled_already(session, [name for name, _ in named]) if named else []
        new_names = [pair for pair, was in zip(named, settled, strict=True) if not was]
        fresh = [(n[0][0], one) for n, one in dict(reversed(new_names)).items() if isinstance(one, Decoded)]
        clocks.learn(session, fresh, at)
        if ahead := clocks.in_future(session, fresh):
            checked = [
                _refuse(one, clocks.IN_FUTURE) if (one.device, one.digest) in ahead else one
                for one in checked
            ]
            named = [(name, one) for one in checked if (name := _key(one, devices)) is not None]
        accepted, refused = _sort(session, checked, named, settled, devices, done)
        _store(session, accepted, at)
        quarantine.keep(session, [rows.quarantined(one) for one in refused])
        done.quarantined = len(refused)
        if named:
            new: dict[identity.Key, list[int]] = {}
            for (key, seq), _ in named:
                new.setdefault(key, []).append(seq)
            identity.settle(session, new, at)
        done.names = {device.id: device.name for device in devices.values()}
        done.answers = [_answer(one, devices) for one in checked]
        reach("before_commit")
    return done


def _sort(
    session: Session,
    checked: Sequence[Decoded | Refused],
    named: Sequence[tuple[tuple[identity.Key, int], Decoded | Refused]],
    settled: Sequence[bool],
    devices: dict[str, Device],
    done: Written,
) -> tuple[list[tuple[int, Decoded]], list[Refused]]:
    """What is new and good with its device id, and what is refused; duplicates are counted and dropped."""
    known = {name for (name, _), was in zip(named, settled, strict=True) if was}
    repeated = [one for name, one in named if name in known and isinstance(one, Decoded)]
    before = _digests(session, repeated, devices)
    in_quarantine = quarantine.digests_in_quarantine(
        session, [(one.device, one.digest) for name, one in named if name in known]
    )
    accepted: list[tuple[int, Decoded]] = []
    refused: list[Refused] = []
    in_batch: dict[tuple[identity.Key, int], bytes] = {}
    for one in checked:
        name = _key(one, devices)
        if isinstance(one, Refused):
            if name is not None and name in known and (one.device, one.digest) in in_quarantine:
                done.duplicate += 1
                continue
            if name is not None:
                in_batch.setdefault(name, one.digest)
            refused.append(one)
            continue
        assert name is not None  # a decoded message of a known device has a name
        first = in_batch.get(name) or (before.get(name) if name in known else None)
        if first is None and name not in known:
            in_batch[name] = one.digest
            accepted.append((devices[one.device].id, one))
            done.stored += 1
        elif first == one.digest or (one.device, one.digest) in in_quarantine:
            done.duplicate += 1
        else:
            refused.append(_refuse(one, CONFLICT))
    return accepted, refused


def _devices(session: Session, names: set[str]) -> dict[str, Device]:
    found = session.scalars(sa.select(Device).where(Device.name.in_(n for n in names if "\0" not in n)))
    return {device.name: device for device in found}


def _known(one: Decoded | Refused, devices: dict[str, Device], demonstration_only: bool) -> Decoded | Refused:
    """The message, refused when its device may not speak here."""
    if isinstance(one, Refused):
        return one
    device = devices.get(one.device)
    if device is None:
        return _refuse(one, "the device is not enrolled")
    if device.revoked_at is not None:
        return _refuse(one, "the device is revoked")
    if demonstration_only and not device.demonstration:
        return _refuse(one, "this broker cannot keep devices apart: only demonstration data is accepted")
    return one


def _key(one: Decoded | Refused, devices: dict[str, Device]) -> tuple[identity.Key, int] | None:
    """The name of a message of an enrolled device, as far as it could be read."""
    device = devices.get(one.device)
    if device is None or one.stream is None:
        return None
    if isinstance(one, Decoded):
        return (device.id, str(one.stream), one.message.boot), one.message.seq
    if one.boot is None or one.seq is None:
        return None
    return (device.id, one.stream, one.boot), one.seq


def _answer(one: Decoded | Refused, devices: dict[str, Device]) -> Answer | None:
    """Where a device looks for word of this message; None when no device of ours sent it."""
    name = _key(one, devices)
    if name is not None:
        return name[0]
    return (one.device, one.stream or "raw") if one.device in devices else None


def _digests(
    session: Session, repeated: Sequence[Decoded], devices: dict[str, Device]
) -> dict[tuple[identity.Key, int], bytes]:
    """The digests under which these names were stored. A block is looked up with its own t0: the same
    name with another t0 is found nowhere and so is a conflict."""
    raw = [one for one in repeated if one.stream is Stream.RAW]
    by_block = blocks.digests_of_blocks(
        session, [(devices[o.device].id, o.t0, o.message.boot, o.message.seq) for o in raw]
    )
    found = {((d, "raw", boot), seq): digest for (d, _t, boot, seq), digest in by_block.items()}
    others = [one for one in repeated if one.stream is not Stream.RAW]
    names = [(devices[o.device].id, str(o.stream), o.message.boot, o.message.seq) for o in others]
    for (d, stream, boot, seq), digest in identity.digests_of_names(session, names).items():
        found[((d, stream, boot), seq)] = digest
    return found


def _store(session: Session, accepted: Sequence[tuple[int, Decoded]], at: datetime) -> None:
    by_stream: dict[Stream, list[tuple[int, Decoded]]] = {stream: [] for stream in Stream}
    for device_id, one in accepted:
        by_stream[one.stream].append((device_id, one))
    blocks.add_blocks(session, [rows.block(d, one) for d, one in by_stream[Stream.RAW]])
    identity.add_names(session, [rows.name(d, one) for d, one in accepted if one.stream is not Stream.RAW])
    columns = rows.epoch_columns(by_stream[Stream.EPOCH])
    epochs.add_epochs(session, columns)
    if columns["t_us"]:
        edges = rows.edges(columns)
        results.mark_instants(session, [d for d, _ in edges], [t for _, t in edges], results.MOVEMENT, at)
    reports = [rows.report(d, one) for d, one in by_stream[Stream.DIARY]]
    if reports:
        diary.add_reports(session, reports)
        results.mark_instants(
            session, [r["device_id"] for r in reports], [r["at"] for r in reports], results.DIARY, at
        )
        notify(session, "diary")


def _refuse(one: Decoded | Refused, reason: str) -> Refused:
    if isinstance(one, Refused):
        return replace(one, reason=reason)
    boot, seq = one.message.boot, one.message.seq
    return Refused(one.incoming, one.device, one.digest, reason, one.stream, boot, seq, one.t0)
