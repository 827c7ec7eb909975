"""What the devices of a fault run send, out of a seed: the same seed gives the same messages, always."""

from __future__ import annotations

import hashlib
import random
import struct
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import msgspec

from ingest.messages import Diary, Epoch, Raw, Status

SPAN = timedelta(weeks=6)  #: the oldest message is so late
NEWEST = timedelta(hours=1)  #: and the youngest so
EPOCHS_A_MESSAGE = 3
GAP, REFUSED, GARBAGE, RESTART, CORRECTION = 0.01, 0.01, 0.004, 0.4, 0.2  #: how often
UNNAMED = -1  #: stands for the boot of a message whose name cannot be read


@dataclass(frozen=True)
class Planned:
    """One message: its name (`boot` is `UNNAMED` where the bytes have none), and what must become of it."""

    stream: str
    boot: int
    seq: int
    payload: bytes
    good: bool = True

    @property
    def name(self) -> tuple[str, int, int]:
        return self.stream, self.boot, self.seq

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.payload).hexdigest()


@dataclass(frozen=True)
class Plan:
    """So many devices with so many messages each, over the six weeks before `base`."""

    seed: int
    devices: int
    each: int
    base: datetime

    def __hash__(self) -> int:
        return hash((self.seed, self.devices, self.each))

    def messages(self, index: int, at_us: int) -> list[Planned]:
        """What one device has, oldest first. `at_us` is its clock: a status tells it."""
        return _Pen(random.Random(f"{self.seed}/{index}"), self, at_us).write()

    def times(self) -> list[int]:
        """When each of a device's messages begins, microseconds since 1970."""
        first = round((self.base - SPAN).timestamp()) * 1_000_000
        step = round((SPAN - NEWEST).total_seconds() * 1_000_000 / self.each)
        return [first + i * step for i in range(self.each)]


def today() -> datetime:
    """The hour that it is: plans made within it are equal."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


class _Pen:
    """Writes the messages of one device."""

    def __init__(self, dice: random.Random, plan: Plan, at_us: int) -> None:
        self.dice, self.plan, self.at_us = dice, plan, at_us
        self.boot = dice.randrange(1, 1000)
        self.next: dict[str, int] = {}
        self.entries: list[str] = []

    def write(self) -> list[Planned]:
        restart = self.plan.each // 2 if self.dice.random() < RESTART else -1
        out = []
        for i, t0 in enumerate(self.plan.times()):
            if i == restart:  # the device lost its counters
                self.boot += 1
                self.next = {}
            stream = self.dice.choices(("raw", "epoch", "diary", "status"), (35, 35, 10, 20))[0]
            if self.dice.random() < GAP:  # the device lost a message: a gap for ever
                self.next[stream] = self.next.get(stream, 0) + 1
            if self.dice.random() < GARBAGE:
                out.append(Planned(stream, UNNAMED, i, b"\xc1" + self.dice.randbytes(20), good=False))
                continue
            good = stream not in ("raw", "epoch") or self.dice.random() >= REFUSED
            seq = self.next.get(stream, 0)
            self.next[stream] = seq + 1
            message = getattr(self, stream)(seq, t0 if good else -1_000_000 * (i + 1))
            out.append(Planned(stream, self.boot, seq, msgspec.msgpack.encode(message), good))
        return out

    def raw(self, seq: int, t0: int) -> Raw:
        n = self.dice.randrange(4, 13)
        xyz = struct.pack(f"<{3 * n}h", *(self.dice.randrange(-32768, 32768) for _ in range(3 * n)))
        return Raw(boot=self.boot, seq=seq, t0=t0, hz=50.0, scale=0.004, xyz=xyz)

    def epoch(self, seq: int, t0: int) -> Epoch:
        counts = [float(self.dice.randrange(0, 3000)) for _ in range(EPOCHS_A_MESSAGE)]
        steps = [None if self.dice.random() < 0.1 else 1.0 * self.dice.randrange(90) for _ in counts]
        return Epoch(boot=self.boot, seq=seq, t0=t0, epoch_s=60.0, counts=counts, steps=steps, worn=[1, 1, 0])

    def diary(self, seq: int, t0: int) -> Diary:
        again = self.entries and self.dice.random() < CORRECTION
        entry = self.entries[-1] if again else str(uuid.UUID(bytes=self.dice.randbytes(16)))
        self.entries.append(entry)
        at = datetime.fromtimestamp(t0 / 1e6, UTC).isoformat()
        # No score of 7 or more: nobody is to be paged by these.
        return Diary(
            boot=self.boot, seq=seq, id=entry, at=at, worst=self.dice.randrange(7), note="a fault run"
        )

    def status(self, seq: int, t0: int) -> Status:
        return Status(
            boot=self.boot,
            seq=seq,
            at=self.at_us + seq,
            battery_pct=1.0 * self.dice.randrange(101),
            backlog=seq,
        )
