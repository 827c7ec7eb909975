"""Whatever arrives: a message or a reason, never an exception, in bounded memory and time."""

from __future__ import annotations

import hashlib
import struct
import time
import tracemalloc
import uuid
import zlib
from datetime import timedelta

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.bounds import MAX_VALUES, SMALL_BYTES
from ingest.check import too_early
from ingest.decode import Decoded, Incoming, Refused, decode, redate
from ingest.messages import MAX_MESSAGE_BYTES, Diary, Epoch, Raw, Status, Stream, up_topic
from tests.cast import NOON, incoming, micro

MIB = 1024 * 1024
FULL = 4 * MIB
RIGHT = NOON - timedelta(hours=1)
KEYS = (
    "boot",
    "seq",
    "t0",
    "hz",
    "scale",
    "xyz",
    "epoch_s",
    "counts",
    "worn",
    "id",
    "at",
    "entered_at",
    "doses",
    "sites",
    "note",
)
GOOD = {
    Stream.RAW: Raw(boot=1, seq=2, t0=micro(RIGHT), hz=50.0, scale=0.01, xyz=bytes(60)),
    Stream.EPOCH: Epoch(boot=1, seq=2, t0=micro(RIGHT), epoch_s=60.0, counts=[1.0, None], worn=[1, 0]),
    Stream.DIARY: Diary(boot=1, seq=2, id=str(uuid.UUID(int=1)), at=RIGHT.isoformat(), worst=7, note="ä", sites=["hip"]),
    Stream.STATUS: Status(boot=1, seq=2, at=micro(NOON), battery_pct=80.0, firmware="1.2"),
}  # fmt: skip

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=6),
    max_leaves=20,
)  # fmt: skip
near = st.tuples(st.sampled_from(list(Stream)), st.dictionaries(st.sampled_from(KEYS), values, max_size=5))
topics = st.sampled_from([up_topic("watch-1", stream) for stream in Stream]) | st.text(max_size=40)
kinds = st.sampled_from([None, "application/json", "application/msgpack", "text/plain"])


def judged(one: Incoming) -> Decoded | Refused:
    """What `decode` says, with what holds for every answer; `redate` is held to the same."""
    said, mended = decode(one), redate(one, RIGHT)
    for answer in (said, mended):
        assert answer.digest == hashlib.sha256(one.payload).digest()
        assert answer.incoming is one
        if isinstance(answer, Refused):
            assert 0 < len(answer.reason) <= 300
            assert (answer.boot is None) == (answer.seq is None)
    # What arrives is judged with the device's offset (`ingest.clocks`), what a person dates without.
    assert isinstance(mended, Refused) or not too_early(mended.last, one.received_at)
    return said


@given(topics, st.binary(max_size=400), kinds)
def test_any_bytes_are_a_message_or_a_reason(topic, payload, kind):
    judged(Incoming(topic, payload, kind, NOON))


@settings(max_examples=300)
@given(near, st.booleans(), kinds)
@example((Stream.EPOCH, {"counts": [float("nan"), float("inf")]}), False, None)
@example((Stream.DIARY, {"note": "a\0b", "at": "0001-01-01T00:00:00+14:00"}), True, None)
@example((Stream.DIARY, {"at": "9999-12-31T23:59:59-14:00"}), False, None)
@example((Stream.RAW, {"t0": 2**64 - 1}), False, None)
@example((Stream.EPOCH, {"epoch_s": float("nan")}), False, None)
def test_a_message_with_some_wrong_fields_is_a_message_or_a_reason(some, as_json, kind):
    stream, wrong = some
    document = msgspec.to_builtins(GOOD[stream], builtin_types=(bytes,)) | wrong
    payload = (msgspec.json if as_json else msgspec.msgpack).encode(document)
    judged(Incoming(up_topic("watch-1", stream), payload, kind, NOON))


@given(st.sampled_from(list(Stream)), st.booleans(), st.data())
def test_a_message_with_a_flipped_or_a_lost_byte_is_a_message_or_a_reason(stream, as_json, data):
    payload = bytearray((msgspec.json if as_json else msgspec.msgpack).encode(GOOD[stream]))
    at = data.draw(st.integers(0, len(payload) - 1))
    payload[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    judged(Incoming(up_topic("watch-1", stream), bytes(payload), None, NOON))


def test_the_messages_that_these_tests_break_are_good_before():
    for stream, message in GOOD.items():
        for as_json in (False, True):
            said = decode(incoming("watch-1", message, stream, as_json=as_json))
            assert isinstance(said, Decoded)
            assert said.message == message


# --- what is made to be costly


def packed(n: int, item: bytes) -> bytes:
    return b"\xdd" + struct.pack(">I", n) + item * n


def fields(**raws: bytes) -> bytes:
    """A MessagePack map of fields that are packed already."""
    return bytes([0x80 + len(raws)]) + b"".join(
        bytes([0xA0 + len(k)]) + k.encode() + v for k, v in raws.items()
    )


def number(value: float) -> bytes:
    return msgspec.msgpack.encode(value)


BEGIN = {"boot": b"\x01", "seq": b"\x05"}
EPOCH = BEGIN | {"t0": number(micro(NOON - timedelta(days=80))), "epoch_s": b"\x3c"}
DIARY = BEGIN | {"id": number(str(uuid.UUID(int=1))), "at": number(RIGHT.isoformat())}  # type: ignore[arg-type]
LONG = b"\xdb" + struct.pack(">I", FULL) + b"a" * FULL
WIDE = b"\xdb" + struct.pack(">I", FULL) + b"a" * (FULL - 4) + "😀".encode()
TWICE = fields(**DIARY)[1:] + b"\xa5sites" + packed(FULL // 4, b"\xa1x") + b"\xa5sites\x90"
HOSTILE = {
    "no bytes": (b"", Stream.RAW),
    "zeros": (bytes(FULL), Stream.RAW),
    "a zlib bomb": (zlib.compress(bytes(64 * MIB)), Stream.RAW),
    "deep JSON": (b'{"x":' + b"[" * FULL, Stream.EPOCH),
    "deep JSON objects": (b'{"x":' * (FULL // 5), Stream.DIARY),
    "deep MessagePack": (b"\x81\xa1x" + b"\x91" * FULL, Stream.EPOCH),
    "deep in a field": (fields(**DIARY, doses=b"\x91" * FULL), Stream.DIARY),
    "a million unknown keys": (
        b"\xdf" + struct.pack(">I", 700_000) + b"".join(b"\xa3%03d\x01" % (i % 1000) for i in range(700_000)), Stream.RAW),
    "unknown keys around an entry": (
        b"\xde" + struct.pack(">H", 60_004) + b"".join(b"\xa4k%03d\xda\x00\x20" % (i % 1000) + b"a" * 32 for i in range(60_000))
        + fields(**DIARY)[1:], Stream.DIARY),
    "an array that claims 2^32 values": (fields(**EPOCH, counts=b"\xdd\xff\xff\xff\xff" + b"\x01" * 100), Stream.EPOCH),
    "a long array that claims 2^32 values": (fields(**EPOCH, counts=b"\xdd\xff\xff\xff\xff" + b"\x01" * FULL), Stream.EPOCH),
    "a map that claims 2^32 keys": (b"\xdf\xff\xff\xff\xff" + b"\xa1x\x01" * 100, Stream.EPOCH),
    "bytes that claim 2^32": (fields(**BEGIN, xyz=b"\xc6\xff\xff\xff\xff" + bytes(FULL)), Stream.RAW),
    "millions of small integers": (fields(**EPOCH, counts=packed(FULL, b"\x01")), Stream.EPOCH),
    "millions of nulls": (fields(**EPOCH, worn=packed(FULL, b"\xc0")), Stream.EPOCH),
    "millions of small integers in JSON": (
        b'{"boot":1,"seq":5,"t0":1,"epoch_s":60,"counts":[' + b"1," * (FULL // 2) + b"1]}", Stream.EPOCH),
    "seven arrays": (
        fields(**EPOCH, **{n: packed(90_000, b"\x01") for n in ("counts", "enmo_mg", "steps", "hr_bpm", "lux", "temp_c")}), Stream.EPOCH),
    "a million sites": (fields(**DIARY, sites=packed(FULL // 2, b"\xa1x")), Stream.DIARY),
    "a million sites, taken back": (bytes([0x86]) + TWICE, Stream.DIARY),
    "a long text": (fields(**DIARY, skipped=LONG), Stream.DIARY),
    "a long wide text": (fields(**DIARY, skipped=WIDE), Stream.DIARY),
    "a long wide id": (fields(**BEGIN, id=WIDE, at=number(1)), Stream.DIARY),
    "a long firmware": (fields(**BEGIN, at=number(micro(NOON)), firmware=WIDE), Stream.STATUS),
    "a long number": (b'{"boot":1,"seq":' + b"1" * FULL + b"}", Stream.RAW),
    "a long fraction": (b'{"boot":1,"seq":1,"t0":1,"hz":0.' + b"1" * FULL + b',"scale":1,"xyz":""}', Stream.RAW),
    "escapes": (b'{"boot":1,"seq":1,"id":"' + b"\\u00e4" * (FULL // 6) + b'"}', Stream.DIARY),
    "a full block": (fields(**BEGIN, t0=number(micro(RIGHT)), hz=b"\x32", scale=b"\x01", xyz=b"\xc6" + struct.pack(">I", FULL - 4) + bytes(FULL - 4)), Stream.RAW),
    "a full block in JSON": (b'{"boot":1,"seq":1,"t0":1,"hz":50,"scale":1,"xyz":"' + b"A" * FULL + b'"}', Stream.RAW),
    "the epochs of ten weeks": (fields(**EPOCH, counts=packed(MAX_VALUES, b"\x01")), Stream.EPOCH),
    "four arrays of ten weeks": (
        fields(**EPOCH, **{n: packed(MAX_VALUES, b"\x01") for n in ("counts", "enmo_mg", "steps", "lux")}), Stream.EPOCH),
    "the longest short message": (fields(**EPOCH, counts=packed(SMALL_BYTES - 64, b"\x01")), Stream.EPOCH),
}  # fmt: skip
ACCEPTED = {
    "a full block",
    "a million sites, taken back",
    "four arrays of ten weeks",
    "the epochs of ten weeks",
    "the longest short message",
    "unknown keys around an entry",
}
DEAR = {"the epochs of ten weeks", "four arrays of ten weeks"}  #: 32 bytes a value: see `ingest.decode`
NAMED = {
    "millions of small integers",
    "seven arrays",
    "a million sites",
    "a long wide text",
    "a long firmware",
}


def cost(one: Incoming) -> tuple[Decoded | Refused, int, float]:
    """What `decode` says; the bytes it held at most beside the payload; seconds."""
    tracemalloc.start()
    try:
        begin = time.perf_counter()
        said = decode(one)
        return said, tracemalloc.get_traced_memory()[1], time.perf_counter() - begin
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", HOSTILE)
def test_no_message_costs_more_than_four_times_its_length_or_a_fixed_amount(name):
    payload, stream = HOSTILE[name]
    decode(incoming("watch-1", b"", stream))  # what is made once
    said, peak, took = cost(incoming("watch-1", payload, stream))
    allowed = 4 * MAX_MESSAGE_BYTES if name in DEAR else max(4 * len(payload), 2_500_000)
    assert peak < allowed, f"{peak} bytes for {len(payload)}"
    assert took < 5
    assert isinstance(said, Decoded) == (name in ACCEPTED), said
    if name in NAMED:
        assert isinstance(said, Refused)
        assert (said.boot, said.seq) == (1, 5)


def test_a_long_message_says_the_same_as_a_short_one():
    for stream in (Stream.EPOCH, Stream.DIARY, Stream.STATUS):
        for codec in (msgspec.msgpack, msgspec.json):
            document = msgspec.to_builtins(GOOD[stream]) | {"photo": "x" * 2 * SMALL_BYTES}
            said = decode(incoming("watch-1", codec.encode(document), stream))
            assert isinstance(said, Decoded), said
            assert said.message == GOOD[stream]


def test_ten_thousand_values_in_seven_arrays_are_welcome():
    arrays = {n: [1.0] * 10_080 for n in ("counts", "enmo_mg", "steps", "hr_bpm", "lux", "temp_c")}
    week = Epoch(boot=1, seq=0, t0=micro(NOON - timedelta(days=8)), epoch_s=60.0, **arrays, worn=[1] * 10_080)
    for as_json in (False, True):
        said = decode(incoming("watch-1", week, as_json=as_json))
        assert isinstance(said, Decoded)
        assert said.message == week


@pytest.mark.parametrize(
    ("offset", "ahead", "early"),
    [
        pytest.param(timedelta(0), timedelta(days=1), False, id="a day ahead is forgiven"),
        pytest.param(timedelta(0), timedelta(days=1, seconds=1), True, id="more is not"),
        pytest.param(timedelta(days=400), timedelta(days=400), False, id="a clock known to be ahead"),
        pytest.param(timedelta(days=-2), timedelta(0), True, id="a clock known to be behind"),
    ],
)
def test_a_message_is_too_early_by_the_true_time(offset, ahead, early):
    assert too_early(NOON + ahead, NOON, offset) == early
