"""Bytes from the wire to a message, or to the reason why not. Never raises, keeps no state.

Nothing of a payload goes into a reason: reasons are shown, and logged, where payloads must not be.
"""

from __future__ import annotations

import hashlib
import math
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from ingest.messages import (
    EPOCH_ARRAYS,
    MAX_MESSAGE_BYTES,
    MAX_XYZ_BYTES,
    MESSAGE_TYPES,
    Diary,
    Epoch,
    Raw,
    Status,
    Stream,
)

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTER_END = 2**53
_WHOLE_DAYS_LATEST_US = int((datetime(2200, 1, 1, tzinfo=UTC) - _UNIX).total_seconds()) * 1_000_000


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message as the broker handed it over."""

    topic: str
    payload: bytes
    content_type: str | None
    received_at: datetime
    sent: tuple[int, int] = (0, 0)  #: for the acknowledgement: the connection that brought it, its packet id


@dataclass(frozen=True, slots=True)
class Decoded:
    """A message that is well formed; whether the device is known is the store's to say."""

    incoming: Incoming
    device: str
    stream: Stream
    message: Raw | Epoch | Diary | Status
    digest: bytes
    t0: datetime  #: the first instant that the message speaks of
    last: datetime  #: and the last


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that cannot be accepted, with as much of its name as could be read."""

    incoming: Incoming
    device: str
    digest: bytes
    reason: str
    stream: str | None = None
    boot: int | None = None
    seq: int | None = None
    t0: datetime | None = field(default=None)


class _Bad(ValueError):
    """Why a message is refused."""


def decode(incoming: Incoming) -> Decoded | Refused:
    """The message in these bytes, or the reason why there is none."""
    digest = hashlib.sha256(incoming.payload).digest()
    levels = incoming.topic.split("/")
    device = levels[2] if len(levels) >= 3 and levels[:2] == ["actalgia", "v1"] else ""
    if len(levels) != 5 or not device or levels[3] != "up" or levels[4] not in list(Stream):
        return Refused(incoming, device, digest, "the topic is none of the four of protocol 1")
    stream = Stream(levels[4])
    if len(incoming.payload) > MAX_MESSAGE_BYTES:
        return Refused(incoming, device, digest, "the message is longer than 4 MiB + 64 KiB", stream)
    is_json = _is_json(incoming)
    try:
        message = _parse(incoming.payload, MESSAGE_TYPES[stream], is_json)
        t0, last = _check(message)
        return Decoded(incoming, device, stream, message, digest, t0, last)
    except (_Bad, msgspec.MsgspecError) as error:
        boot, seq, start = _name(incoming.payload, is_json)
        return Refused(incoming, device, digest, _reason(error), stream, boot, seq, start)
    except (RecursionError, UnicodeDecodeError, MemoryError):
        return Refused(incoming, device, digest, "the message is nested too deep or is not text", stream)


def instant(microseconds: int) -> datetime:
    """An instant from microseconds since the Unix epoch. Raises `ValueError` outside 0001 to 2200."""
    if not -62_135_596_800_000_000 <= microseconds <= _WHOLE_DAYS_LATEST_US:
        raise ValueError("outside the calendar")
    return _UNIX + timedelta(microseconds=microseconds)


def _is_json(incoming: Incoming) -> bool:
    if incoming.content_type == "application/json":
        return True
    if incoming.content_type == "application/msgpack":
        return False
    return incoming.payload[:1] == b"{"


def _parse(payload: bytes, kind: type[Raw | Epoch | Diary | Status], is_json: bool) -> Any:
    if is_json:
        return msgspec.json.decode(payload, type=kind)
    return msgspec.msgpack.decode(payload, type=kind)


def _check(message: Raw | Epoch | Diary | Status) -> tuple[datetime, datetime]:
    """First and last instant of a message. Raises `_Bad` for what types alone cannot say."""
    match message:
        case Raw():
            size = len(message.xyz)
            if size == 0 or size % 6 or size > MAX_XYZ_BYTES:
                raise _Bad("`xyz` is empty, longer than 4 MiB, or not a multiple of 6 bytes")
            _finite(message.hz, message.scale, message.temp_c, message.lux)
            duration = timedelta(seconds=(size // 6) / message.hz)
        case Epoch():
            arrays = [a for a in (getattr(message, n) for n in EPOCH_ARRAYS) if a is not None]
            if not arrays or not arrays[0] or len({len(a) for a in arrays}) != 1:
                raise _Bad("the arrays are empty or differ in length")
            for array in arrays:
                _finite(*array)
            _finite(message.epoch_s)
            duration = timedelta(seconds=message.epoch_s * len(arrays[0]))
        case Diary():
            _check_diary(message)
            at = _time(message.at)
            return at, at
        case Status():
            _finite(message.battery_pct)
            if "\0" in (message.firmware or ""):
                raise _Bad("a text has a NUL")
            # A wrong clock is what a status is there to show: any instant is welcome.
            try:
                at = instant(message.at)
            except ValueError as error:
                raise _Bad("`at` is outside the calendar") from error
            return at, EARLIEST
    try:
        start = instant(message.t0)
        end = start + duration
    except (ValueError, OverflowError) as error:
        raise _Bad("`t0` is outside the calendar") from error
    if start < EARLIEST:
        raise _Bad("`t0` is before 2000-01-01")
    return start, end


def _check_diary(message: Diary) -> None:
    try:
        uuid.UUID(message.id)
    except ValueError as error:
        raise _Bad("`id` is not a UUID") from error
    texts = [message.note, message.skipped, *(message.sites or [])]
    for dose in message.doses or []:
        _finite(dose.dose)
        _time(dose.at)
        texts += [dose.drug, dose.unit, dose.route]
    if any("\0" in text for text in texts if text):
        raise _Bad("a text has a NUL")


def _time(text: str) -> datetime:
    """An RFC 3339 time with offset. Raises `_Bad`."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise _Bad("`at` has no offset")
        at = at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _Bad("`at` is not an RFC 3339 time with offset") from error
    if at < EARLIEST:
        raise _Bad("`at` is before 2000-01-01")
    return at


def _finite(*values: float | None) -> None:
    if not all(math.isfinite(value) for value in values if value is not None):
        raise _Bad("a number is not finite")


def _name(payload: bytes, is_json: bool) -> tuple[int | None, int | None, datetime | None]:
    """As much of (boot, seq, t0) as can be read from a message that was refused."""
    try:
        loose = msgspec.json.decode(payload) if is_json else msgspec.msgpack.decode(payload)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError):
        return None, None, None
    if not isinstance(loose, dict):
        return None, None, None
    boot, seq = (_counter(loose.get(key)) for key in ("boot", "seq"))
    if boot is None or seq is None:
        return None, None, None
    try:
        t0 = instant(loose["t0"]) if type(loose.get("t0")) is int else None
    except ValueError:
        t0 = None
    return boot, seq, t0


def _counter(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < _COUNTER_END else None


def _reason(error: Exception) -> str:
    """A sentence for people. msgspec's own sentences name keys and types, and never quote values."""
    return str(error)[:300]
