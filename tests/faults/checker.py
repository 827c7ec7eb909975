"""Compares what the devices know with what the database has, when everything is healed and drained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ingest.messages import Raw
from store.blocks import read_blocks
from store.people import Device
from tests.faults.history import Name, Record
from tests.faults.workload import SPAN, Planned, today

MOST = 5  #: so many examples are told


@dataclass
class Findings:
    """What is wrong; all empty is well."""

    lost: set[Name] = field(default_factory=set)  #: receipted or published, and not there
    duplicated: set[Name] = field(default_factory=set)  #: there more than once
    wrong: list[str] = field(default_factory=list)  #: there, but not as it should be

    @property
    def well(self) -> bool:
        return not (self.lost or self.duplicated or self.wrong)

    def sentences(self) -> list[str]:
        out = [f"{len(self.lost)} lost, such as {sorted(self.lost)[:MOST]}"] if self.lost else []
        if self.duplicated:
            out.append(f"{len(self.duplicated)} duplicated, such as {sorted(self.duplicated)[:MOST]}")
        return out + self.wrong[:MOST]


def check(engine: sa.Engine, record: Record, messages: Mapping[str, Sequence[Planned]]) -> Findings:
    """The file of the devices against `reading.messages` and the contents of the blocks."""
    found = Findings()
    stored, quarantined = _rows(engine, list(messages))
    found.duplicated = {name for name, digests in stored.items() if len(digests) > 1}
    for device, planned in messages.items():
        for one in planned:
            name = (device, *one.name)
            digests = stored.get(name, [])
            copies = quarantined[device, one.digest]
            # A message that no receipt settled is lost, too: nothing else would ever tell its device.
            if name not in record.receipted or len(digests) + copies == 0:
                found.lost.add(name)
            elif len(digests) + copies > 1:
                found.duplicated.add(name)
            elif one.good != (name in record.stored) or one.good != bool(digests):
                found.wrong.append(f"{name} is not where its receipt says")
            elif digests and digests[0] != record.published[name]:
                found.wrong.append(f"{name} is stored with other bytes")
    if record.reused:
        found.wrong.append(f"the devices used {len(record.reused)} names twice")
    strange = {name for name in stored if name not in record.published}
    if strange:
        found.wrong.append(f"{len(strange)} rows that nobody published, such as {sorted(strange)[:MOST]}")
    if not found.lost:
        found.wrong += _blocks(engine, messages)
    return found


def _rows(engine: sa.Engine, devices: list[str]) -> tuple[dict[Name, list[str]], Counter[tuple[str, str]]]:
    """The stored rows of each name, and how many quarantined rows each (device, digest) has."""
    stored: dict[Name, list[str]] = {}
    quarantined = Counter[tuple[str, str]]()
    with engine.connect() as connection:
        for device, stream, boot, seq, state, digest in connection.execute(
            sa.text(
                "SELECT device, stream, boot, seq, state, encode(digest, 'hex') FROM reading.messages "
                "WHERE device = ANY(:names)"
            ),
            {"names": devices},
        ):
            if state == "stored":
                stored.setdefault((device, stream, boot, seq), []).append(digest)
            else:
                quarantined[device, digest] += 1
    return stored, quarantined


def _blocks(engine: sa.Engine, messages: Mapping[str, Sequence[Planned]]) -> list[str]:
    """Unpack every block and compare its samples with those that were sent."""
    wrong = []
    with Session(engine) as session:
        found = session.execute(sa.select(Device.name, Device.id).where(Device.name.in_(messages)))
        ids = {row.name: row.id for row in found}
        for device, planned in messages.items():
            sent = {
                (raw.t0, raw.hz, raw.scale): raw.xyz
                for one in planned
                if one.good and one.stream == "raw"
                for raw in [msgspec.msgpack.decode(one.payload, type=Raw)]
            }
            there = {
                (round(block.t0.timestamp() * 1_000_000), block.hz, block.scale): block.xyz.astype(
                    "<i2"
                ).tobytes()
                for block in read_blocks(session, ids[device], today() - 2 * SPAN, today() + SPAN)
            }
            if sent != there:
                wrong.append(f"{device} has blocks whose samples are not those that were sent")
    return wrong
