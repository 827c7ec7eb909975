"""The load generator's messages: put together from two pieces, they are messages of the wire."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from benchmarks import payloads, wire
from benchmarks.rows_pipeline import ROW, SINCE_2000_US, rows_of
from ingest.decode import Decoded, Incoming, decode
from ingest.messages import Epoch, Raw

AT = datetime(2026, 1, 2, tzinfo=UTC)
T0_US = 1_767_225_600_000_000  #: 2026-01-01


def decoded(stream: str, payload: bytes, content_type: str = "application/msgpack") -> Decoded:
    result = decode(Incoming(f"actalgia/v1/d-000007/up/{stream}", payload, content_type, AT))
    assert isinstance(result, Decoded)
    return result


@pytest.mark.parametrize("seq", [0, 127, 70_000])
def test_a_block_in_two_pieces_is_a_minute_of_samples(seq: int) -> None:
    (body,) = payloads.raw_bodies(1)
    message = decoded("raw", payloads.head(3, seq, T0_US) + body).message
    assert isinstance(message, Raw)
    assert (message.boot, message.seq, message.t0, len(message.xyz)) == (3, seq, T0_US, 18_000)


def test_the_same_block_as_json_says_the_same() -> None:
    packed = payloads.head(3, 9, T0_US) + payloads.raw_bodies(1)[0]
    text = payloads.head_json(3, 9, T0_US) + payloads.raw_bodies_json(1)[0]
    assert decoded("raw", text, "application/json").message == decoded("raw", packed).message


def test_an_epoch_message_has_an_hour_of_minutes() -> None:
    message = decoded("epoch", payloads.head(3, 9, T0_US) + payloads.epoch_bodies(1)[0]).message
    assert isinstance(message, Epoch)
    assert message.epoch_s == 60
    assert len(message.enmo_mg or []) == 60


def test_a_still_wrist_feels_gravity_and_a_walking_one_more() -> None:
    minutes = payloads.minutes(10)
    g = [np.linalg.norm(xyz * payloads.SCALE_G, axis=1) for xyz in minutes]
    assert g[0].mean() == pytest.approx(1, abs=0.01)
    assert g[9].std() > 10 * g[0].std()


def test_the_rows_of_a_block_are_its_samples() -> None:
    xyz = payloads.minutes(1)[0]
    payload = payloads.head(3, 9, T0_US) + payloads.raw_bodies(1)[0]
    rows = np.frombuffer(rows_of("actalgia/v1/d-000007/up/raw", payload), dtype=ROW)
    assert set(rows["device"]) == {7}
    assert (rows["t"][0] + SINCE_2000_US, rows["t"][50] - rows["t"][0]) == (T0_US, 1_000_000)
    assert rows["z"] == pytest.approx(xyz[:, 2] * payloads.SCALE_G)


@pytest.mark.parametrize("cut", [1, 2, 4, 5, 6, 7, 8, 20])
def test_packets_are_found_wherever_the_stream_is_torn(cut: int) -> None:
    stream = wire.packet(0x40, b"\x00\x07") + wire.publish("t", 9, b"x" * 200, "application/json")
    first, rest = wire.split(stream[:cut])
    second, left = wire.split(bytes(rest) + stream[cut:])
    kinds = [kind for kind, _ in (*first, *second)]
    assert (kinds, bytes(left)) == ([0x40, 0x32], b"")
    assert wire.read_publish(0x32, second[-1][1]) == (b"t", b"\x00\x09", b"x" * 200)
