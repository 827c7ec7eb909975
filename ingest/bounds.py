"""What a message may cost before anything of it is made: its fields are cut out first, as bytes (pure).

Most messages are small and pass untouched. A long one is reduced to the fields that its stream has, each
still as bytes, so that neither a million unknown keys nor one field sent many times is ever materialised;
then these bytes are measured, and only what is within the limits is decoded.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ingest.check import Bad
from ingest.messages import EPOCH_ARRAYS, Diary, Epoch, Status, Stream

#: Below this a message may become about 30 times as large as objects: 2 MB.
SMALL_BYTES = 64 * 1024
MAX_VALUES = 100_000  #: in one array of a message: 69 days of minutes
MAX_VALUES_IN_ALL = 400_000  #: in all arrays of a message; 32 bytes each as a list of floats: 13 MB


def _frame(kind: type[msgspec.Struct]) -> type[msgspec.Struct]:
    fields = [(field.name, msgspec.Raw, msgspec.Raw()) for field in msgspec.structs.fields(kind)]
    return msgspec.defstruct(f"{kind.__name__}Frame", fields)


_FRAMES = {Stream.EPOCH: _frame(Epoch), Stream.DIARY: _frame(Diary), Stream.STATUS: _frame(Status)}


class _Name(msgspec.Struct):
    boot: msgspec.Raw = msgspec.Raw()
    seq: msgspec.Raw = msgspec.Raw()
    t0: msgspec.Raw = msgspec.Raw()


def bounded(payload: bytes, stream: Stream, is_json: bool) -> bytes:
    """The message without what its stream does not have. Raises `Bad` when it is too large to be decoded,
    and what msgspec raises for what is no message at all.

    Raw blocks pass: their samples are one field of bytes, which costs its own length.
    """
    if len(payload) <= SMALL_BYTES or stream is Stream.RAW:
        return payload
    frame = _decode(payload, _FRAMES[stream], is_json)
    fields = {name: raw for name in frame.__struct_fields__ if len(raw := getattr(frame, name))}
    if stream is Stream.EPOCH:
        counts = [_length(getattr(frame, name), is_json) for name in EPOCH_ARRAYS]
        if max(counts) > MAX_VALUES or sum(counts) > MAX_VALUES_IN_ALL:
            raise Bad(
                f"an array has more than {MAX_VALUES} values, or all arrays together more than"
                f" {MAX_VALUES_IN_ALL}: send them in several messages"
            )
    elif sum(map(len, fields.values())) > SMALL_BYTES:
        raise Bad("what it says is longer than 64 KiB")
    return msgspec.json.encode(fields) if is_json else msgspec.msgpack.encode(fields)


def name_of(payload: bytes, is_json: bool) -> tuple[int | None, int | None, int | None]:
    """As much of (boot, seq, t0) as can be read from a message that was refused; all None without both of
    the first. Nothing else of the message is materialised."""
    try:
        found = _decode(payload, _Name, is_json)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None, None, None
    boot, seq, t0 = (_integer(raw, is_json) for raw in (found.boot, found.seq, found.t0))
    if boot is None or seq is None or not (0 <= boot < 2**53 and 0 <= seq < 2**53):
        return None, None, None
    return boot, seq, t0


def _decode(payload: bytes | msgspec.Raw, kind: Any, is_json: bool) -> Any:
    if is_json:
        return msgspec.json.decode(payload, type=kind)
    return msgspec.msgpack.decode(payload, type=kind)


def _integer(raw: msgspec.Raw, is_json: bool) -> int | None:
    try:
        value: int = _decode(raw, int, is_json)
    except msgspec.MsgspecError:
        return None
    return value


def _length(raw: msgspec.Raw, is_json: bool) -> int:
    """How many values an array has, at most; 0 for what is no array. Nothing is decoded."""
    data = memoryview(raw)
    if is_json:
        # bytes(...) is a copy of at most the payload; a comma inside a text only counts too many.
        return bytes(data).count(b",") + 1 if data else 0
    match bytes(data[:1]):
        case b"\xdc":
            return int.from_bytes(data[1:3], "big")
        case b"\xdd":
            return int.from_bytes(data[1:5], "big")
        case _:  # at most 15 values, or no array
            return 0
