"""The wire, version 1, as types: what a device may say and what the server answers.

Pure: no clock, no network, no database. `ingest.decode` turns bytes into these, `simulate` makes them.
Units and meanings stand beside each field; the limits are the wire's own.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

ROOT = "actalgia/v1"  #: every topic begins so
MAX_MESSAGE_BYTES = 4 * 1024 * 1024 + 64 * 1024
MAX_XYZ_BYTES = 4 * 1024 * 1024
MAX_IN_FLIGHT = 64  #: messages a device may have published and not yet seen receipted

Counter = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
Nrs = Annotated[int, msgspec.Meta(ge=0, le=10)]  #: a 0 to 10 numeric rating
Count = Annotated[int, msgspec.Meta(ge=0, le=1000)]
Values = list[float | None]  #: null stands for "not measured"


class Stream(StrEnum):
    """The four kinds of message a device sends; each counts its own `seq`."""

    RAW = "raw"
    EPOCH = "epoch"
    DIARY = "diary"
    STATUS = "status"


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every upward message carries: its name is (device, stream, boot, seq), for ever."""

    boot: Counter  #: changes when the device loses its counters
    seq: Counter  #: from 0, one counter for each device, boot and stream


class Raw(Message, frozen=True, kw_only=True, omit_defaults=True):
    """A block of acceleration samples at one rate."""

    t0: int  #: first sample, microseconds since the Unix epoch, device clock
    hz: Annotated[float, msgspec.Meta(ge=1, le=400)]
    scale: Annotated[float, msgspec.Meta(gt=0)]  #: g for each least significant bit
    xyz: bytes  #: little-endian int16, x y z x y z ...
    temp_c: float | None = None
    lux: float | None = None


class Epoch(Message, frozen=True, kw_only=True, omit_defaults=True):
    """Epochs that the device computed itself; the arrays that are there have one length."""

    t0: int  #: start of the first epoch, microseconds since the Unix epoch
    epoch_s: Annotated[float, msgspec.Meta(gt=0, le=86400)]
    counts: Values | None = None
    enmo_mg: Values | None = None
    steps: Values | None = None
    hr_bpm: Values | None = None
    lux: Values | None = None
    temp_c: Values | None = None
    worn: list[Annotated[int, msgspec.Meta(ge=0, le=1)] | None] | None = None


EPOCH_ARRAYS = ("counts", "enmo_mg", "steps", "hr_bpm", "lux", "temp_c", "worn")


class Dose(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One dose that the patient took; a patch is in `mcg/h`."""

    drug: str
    dose: Annotated[float, msgspec.Meta(ge=0)]
    unit: str
    route: str
    at: str  #: RFC 3339 with offset
    rescue: bool = False


class DiaryEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the patient said about pain. The same `id` again, later, is a correction."""

    id: str  #: UUID
    at: str  #: RFC 3339 with offset: the time that it tells of
    entered_at: str | None = None  #: the same: when it was written down, if not at `at`; never before it
    worst: Nrs | None = None
    average: Nrs | None = None
    least: Nrs | None = None
    now: Nrs | None = None
    breakthrough: Count | None = None  #: episodes in the last 24 h
    rescue_doses: Count | None = None
    interference: Nrs | None = None
    sites: list[str] | None = None
    doses: list[Dose] | None = None
    note: Annotated[str, msgspec.Meta(max_length=2000)] | None = None
    skipped: str | None = None  #: the reason that the patient gave for not answering


class Diary(DiaryEntry, frozen=True, kw_only=True, omit_defaults=True):
    """A diary entry as it travels, with a name like every `Message`."""

    boot: Counter
    seq: Counter


class Status(Message, frozen=True, kw_only=True, omit_defaults=True):
    """How the device is; `at` is taken at sending and is the only proof that a clock is wrong."""

    at: int  #: microseconds since the Unix epoch, device clock
    battery_pct: Annotated[float, msgspec.Meta(ge=0, le=100)] | None = None
    firmware: str | None = None
    backlog: Counter | None = None  #: messages that wait on the device
    worn: bool | int | None = None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """One refused message: named by `seq` where that could be read, else by its digest alone."""

    seq: int | None
    digest: str  #: sha256 of the payload, hex
    reason: str


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The server's word that data is committed. A device may forget what it settles, nothing else."""

    stream: str
    boot: int | None
    through: int  #: everything from 0 up to it is committed or refused, except `missing`; -1: nothing
    missing: list[tuple[int, int]]
    refused: list[Refusal]
    at: int  #: microseconds since the Unix epoch


MESSAGE_TYPES: dict[Stream, type[Raw | Epoch | Diary | Status]] = {
    Stream.RAW: Raw,
    Stream.EPOCH: Epoch,
    Stream.DIARY: Diary,
    Stream.STATUS: Status,
}


def up_topic(device: str, stream: Stream) -> str:
    """Where `device` publishes one stream."""
    return f"{ROOT}/{device}/up/{stream}"


def receipt_topic(device: str, stream: str, boot: int | None) -> str:
    """Where the receipts of one stream and boot are; `None` is for messages without a readable name."""
    return f"{ROOT}/{device}/down/receipt/{stream}/{'unnamed' if boot is None else boot}"
