"""Bytes from the wire to a message, or to the reason why not. Never raises, keeps no state.

Nothing of a payload goes into a reason: reasons are shown, and logged, where payloads must not be.

Memory: beside the payload itself at most 4 times its length, or 17 MB (4 times the longest message) where
that is more. A raw block costs its own length once. Two things cost more than 4 times: any other message
below 64 KiB may become 2 MB of objects, and an array of epochs costs 32 bytes a value, so that 400,000
values of one byte (the limit, see `ingest.bounds`) become 13 MB. Time grows with the length alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from ingest.bounds import bounded, name_of
from ingest.check import Bad, BadTime, check, instant, redated, too_early
from ingest.messages import MAX_MESSAGE_BYTES, MESSAGE_TYPES, ROOT, Diary, Epoch, Raw, Status, Stream

_STREAMS = {str(stream): stream for stream in Stream}
_ROOT = ROOT.split("/")


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


def decode(incoming: Incoming) -> Decoded | Refused:
    """The message in these bytes, or the reason why there is none."""
    return _read(incoming, None)


def redate(incoming: Incoming, start: datetime) -> Decoded | Refused:
    """A message that is refused for its time alone, as if it said `start` (`t0`, or `at` of a diary).

    All else stays as sent, the digest too. Refused is what has another fault, an acceptable time, or no
    better time now, and a status always.
    """
    return _read(incoming, start)


def _read(incoming: Incoming, start: datetime | None) -> Decoded | Refused:
    payload = incoming.payload
    digest = hashlib.sha256(payload).digest()
    levels = incoming.topic.split("/")
    device = levels[2] if len(levels) >= 3 and levels[:2] == _ROOT else ""
    stream = _STREAMS.get(levels[4]) if len(levels) == 5 and levels[3] == "up" else None
    if stream is None or not device:
        return Refused(incoming, device, digest, "the topic is none of the four of protocol 1")
    if len(payload) > MAX_MESSAGE_BYTES:
        return Refused(incoming, device, digest, "the message is longer than 4 MiB + 64 KiB", stream)
    is_json = _is_json(incoming)
    try:
        message = _parse(bounded(payload, stream, is_json), stream, is_json)
        if start is not None:
            message = redated(message, start, incoming.received_at)
        t0, last = check(message)
        if start is not None and too_early(last, incoming.received_at):
            raise BadTime("its time is more than one day in the future")
        return Decoded(incoming, device, stream, message, digest, t0, last)
    except (Bad, msgspec.MsgspecError) as error:
        reason = _reason(error)
    except UnicodeDecodeError:
        reason = "a text is not UTF-8"
    except (RecursionError, MemoryError):
        return Refused(incoming, device, digest, "the message is nested too deep", stream)
    boot, seq, t0_us = name_of(payload, is_json)
    return Refused(incoming, device, digest, reason, stream, boot, seq, _instant_or_none(t0_us))


def _is_json(incoming: Incoming) -> bool:
    if incoming.content_type == "application/json":
        return True
    if incoming.content_type == "application/msgpack":
        return False
    return incoming.payload[:1] == b"{"


def _parse(payload: bytes, stream: Stream, is_json: bool) -> Raw | Epoch | Diary | Status:
    if is_json:
        return msgspec.json.decode(payload, type=MESSAGE_TYPES[stream])
    return msgspec.msgpack.decode(payload, type=MESSAGE_TYPES[stream])


def _instant_or_none(microseconds: int | None) -> datetime | None:
    try:
        return None if microseconds is None else instant(microseconds)
    except ValueError:
        return None


def _reason(error: Exception) -> str:
    """A sentence for people. msgspec's own sentences name keys and types, and never quote values."""
    return str(error)[:300]
