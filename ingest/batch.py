"""Write one batch: each message ends as stored, known already, or kept in quarantine. In one transaction.

A message is acknowledged by the caller after the commit, so a crash means redelivery and never loss, and
redelivery is harmless: a name is settled once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ingest import clocks, rows
from ingest.decode import Decoded, Incoming, Refused, decode
from ingest.failpoints import reach
from ingest.messages import Stream
from ingest.storing import store
from store import blocks, identity, quarantine
from store.people import DeviceNow, devices_by_name

POISON = "ingest ended three times while it worked on this message"
CONFLICT = "the name is taken: the same device, stream, boot and seq came before with other bytes"

#: The receipt of a named message, or of what (device name, stream) sent without a readable name.
Answer = identity.Key | tuple[str, str]
Finished = Callable[[Session], None]
Name = tuple[identity.Key, int]  #: of a message: device, stream and boot; seq


@dataclass(slots=True)
class Written:
    """What became of a batch: counts, and which receipts it calls for."""

    stored: int = 0
    duplicate: int = 0
    quarantined: int = 0
    answers: list[Answer | None] = field(default_factory=list)  #: for each message, the receipt it calls for
    names: dict[int, str] = field(default_factory=dict)  #: of the devices in `answers`
    progress: dict[identity.Key, identity.Progress] = field(default_factory=dict)  #: of the named answers

    def add(self, part: Written) -> None:
        """Count a later part of the same batch in."""
        self.stored += part.stored
        self.duplicate += part.duplicate
        self.quarantined += part.quarantined
        self.answers += part.answers
        self.names |= part.names
        self.progress |= part.progress


def write_batch(
    engine: sa.Engine,
    incoming: Sequence[Incoming],
    at: datetime,
    demonstration_only: bool = False,
    finished: Finished | None = None,
) -> Written:
    """Store a batch. Raises `sqlalchemy.exc.OperationalError` when the database is away: nothing is lost,
    the caller keeps the messages unacknowledged.

    A row that the database refuses must not block the others: the batch is then written one by one, and
    the culprit goes to quarantine. `finished` is done in the transaction that stores the batch.
    """
    read = [decode(one) for one in incoming]
    reach("after_decode")
    try:
        return _write(engine, read, at, demonstration_only, finished)
    except sa.exc.OperationalError:
        raise
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated:
            raise
        if len(read) == 1:
            refused = [_refuse(read[0], "the database refused it")]
            return _write(engine, refused, at, demonstration_only, finished)
    total = Written()
    for place, one in enumerate(incoming, start=1):
        last = finished if place == len(incoming) else None
        total.add(write_batch(engine, [one], at, demonstration_only, last))
    return total


def refuse_unread(
    engine: sa.Engine, incoming: Incoming, at: datetime, finished: Finished | None = None
) -> Written:
    """Put a message into quarantine without looking into it: whoever does so ends."""
    digest = hashlib.sha256(incoming.payload).digest()
    _, _, device, _, stream = [*incoming.topic.split("/"), *[""] * 5][:5]
    return _write(engine, [Refused(incoming, device, digest, POISON, stream)], at, False, finished)


def _write(
    engine: sa.Engine,
    read: Sequence[Decoded | Refused],
    at: datetime,
    demonstration_only: bool,
    finished: Finished | None,
) -> Written:
    done = Written()
    with Session(engine) as session, session.begin():
        devices = devices_by_name(session, {one.device for one in read})
        checked = [_known(one, devices, demonstration_only) for one in read]
        names = [_name(one, devices) for one in checked]
        settled = _hold(session, names, at)
        checked = _in_time(session, checked, names, settled, at)
        accepted, refused = _sort(session, checked, names, settled, devices, done)
        store(session, accepted, at)
        quarantine.keep(session, [rows.quarantined(one) for _, one in refused])
        done.quarantined = len(refused)
        done.progress = _settle(session, names, {name[0] for name, _ in refused if name}, at)
        done.names = {device.id: device.name for device in devices.values()}
        done.answers = [
            name[0] if name else _unnamed(one, devices) for name, one in zip(names, checked, strict=True)
        ]
        if finished is not None:
            finished(session)
        reach("before_commit")
    return done


def _hold(session: Session, names: Sequence[Name | None], at: datetime) -> set[Name]:
    """The names among these that were settled before."""
    known = [name for name in names if name is not None]
    if not known:
        return set()
    return {name for name, was in zip(known, identity.hold(session, known, at), strict=True) if was}


def _settle(
    session: Session, names: Sequence[Name | None], with_refusals: set[identity.Key], at: datetime
) -> dict[identity.Key, identity.Progress]:
    new: dict[identity.Key, list[int]] = {}
    for name in names:
        if name is not None:
            new.setdefault(name[0], []).append(name[1])
    return identity.settle(session, new, with_refusals, at) if new else {}


def _in_time(
    session: Session,
    checked: Sequence[Decoded | Refused],
    names: Sequence[Name | None],
    settled: set[Name],
    at: datetime,
) -> list[Decoded | Refused]:
    """The messages, those refused that are dated in the future. Statuses come first: they say what clock
    the others were dated by. What is settled was judged when it came."""
    fresh: dict[Name, tuple[int, Decoded]] = {}
    for name, one in zip(names, checked, strict=True):
        if name is not None and name not in settled and isinstance(one, Decoded):
            fresh.setdefault(name, (name[0][0], one))
    messages = list(fresh.values())
    clocks.learn(session, messages, at)
    ahead = clocks.in_future(session, messages)
    return [_refuse(one, clocks.IN_FUTURE) if (one.device, one.digest) in ahead else one for one in checked]


def _sort(
    session: Session,
    checked: Sequence[Decoded | Refused],
    names: Sequence[Name | None],
    settled: set[Name],
    devices: dict[str, DeviceNow],
    done: Written,
) -> tuple[list[tuple[int, Decoded]], list[tuple[Name | None, Refused]]]:
    """What is new and good with its device id, and what is refused; duplicates are counted and dropped."""
    repeated = [
        one for name, one in zip(names, checked, strict=True) if name in settled and isinstance(one, Decoded)
    ]
    before = _digests(session, repeated, devices)
    in_quarantine = quarantine.digests_in_quarantine(
        session,
        [(one.device, one.digest) for name, one in zip(names, checked, strict=True) if name in settled],
    )
    accepted: list[tuple[int, Decoded]] = []
    refused: list[tuple[Name | None, Refused]] = []
    in_batch: dict[Name, bytes] = {}
    for name, one in zip(names, checked, strict=True):
        if isinstance(one, Refused):
            if name is not None and name in settled and (one.device, one.digest) in in_quarantine:
                done.duplicate += 1
                continue
            if name is not None:
                in_batch.setdefault(name, one.digest)
            refused.append((name, one))
            continue
        assert name is not None  # a decoded message of a known device has a name
        first = in_batch.get(name) or before.get(name)
        if first is None and name not in settled:
            in_batch[name] = one.digest
            accepted.append((name[0][0], one))
            done.stored += 1
        elif first == one.digest or (one.device, one.digest) in in_quarantine:
            done.duplicate += 1
        else:
            refused.append((name, _refuse(one, CONFLICT)))
    return accepted, refused


def _known(
    one: Decoded | Refused, devices: dict[str, DeviceNow], demonstration_only: bool
) -> Decoded | Refused:
    """The message, refused when its device may not speak here."""
    if isinstance(one, Refused):
        return one
    device = devices.get(one.device)
    if device is None:
        return _refuse(one, "the device is not enrolled")
    if device.revoked:
        return _refuse(one, "the device is revoked")
    if demonstration_only and not device.demonstration:
        return _refuse(one, "this broker cannot keep devices apart: only demonstration data is accepted")
    return one


def _name(one: Decoded | Refused, devices: dict[str, DeviceNow]) -> Name | None:
    """The name of a message of an enrolled device, as far as it could be read."""
    device = devices.get(one.device)
    if device is None or one.stream is None:
        return None
    if isinstance(one, Decoded):
        return (device.id, one.stream.value, one.message.boot), one.message.seq
    if one.boot is None or one.seq is None:
        return None
    return (device.id, str(one.stream), one.boot), one.seq


def _unnamed(one: Decoded | Refused, devices: dict[str, DeviceNow]) -> Answer | None:
    """Where a device looks for word of a message whose name nobody could read; None when it is not ours."""
    return (one.device, str(one.stream or Stream.RAW)) if one.device in devices else None


def _digests(
    session: Session, repeated: Sequence[Decoded], devices: dict[str, DeviceNow]
) -> dict[Name, bytes]:
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


def _refuse(one: Decoded | Refused, reason: str) -> Refused:
    if isinstance(one, Refused):
        return replace(one, reason=reason)
    boot, seq = one.message.boot, one.message.seq
    return Refused(one.incoming, one.device, one.digest, reason, one.stream, boot, seq, one.t0)
