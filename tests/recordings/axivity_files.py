"""Axivity files as a device would write them, from samples that the test knows."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import numpy as np

ROOM = {0x30: 120, 0x32: 80, 0x62: 40, 0x92: 26}
RATE_100_HZ_8_G = 0x4A


def us(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1e6)


def stamp(second: int) -> int:
    at = datetime.fromtimestamp(second, UTC)
    fields = (
        (at.year - 2000, 26),
        (at.month, 22),
        (at.day, 17),
        (at.hour, 12),
        (at.minute, 6),
        (at.second, 0),
    )
    return sum(value << left for value, left in fields)


def header() -> bytes:
    return (b"MD" + struct.pack("<H", 1020) + bytes([0xFF])).ljust(1024, b"\xff")


def sector(
    xyz: np.ndarray,
    start_us: int,
    sequence: int,
    session: int = 26,
    packing: int = 0x30,
    exponent: int = 0,
    rate: int = RATE_100_HZ_8_G,
    temperature: int = 258,
    scale_bits: int = 0,
    whole_seconds: bool = False,
) -> bytes:
    """`xyz` are the whole numbers of the samples; packed ones are multiples of 2 ** exponent."""
    hz = 3200 / (1 << (15 - (rate & 15)))
    # The stamp is that of the sample after the last one, as if it were read when the sector was full.
    if whole_seconds:
        second = -(-start_us // 1_000_000)
        fraction, offset = 0, round((second - start_us / 1e6) * hz)
    else:
        ticks = round((start_us / 1e6 + len(xyz) / hz) * 32768)
        second, part = divmod(ticks, 32768)
        fraction, offset = 0x8000 | part, len(xyz) - int(part / 32768 * hz)
    fields = struct.pack(
        "<2sHHIIIHHBBBBhH",
        *(b"AX", 508, fraction, session, sequence, stamp(second), 0x11B | scale_bits << 13, temperature),
        *(0, 190, rate, packing, offset, len(xyz)),
    )
    return with_checksum(fields + _data(np.asarray(xyz), packing, exponent).ljust(480, b"\0"))


def with_checksum(sector_without: bytes) -> bytes:
    body = sector_without[:510]
    return body + struct.pack("<H", -sum(struct.unpack("<255H", body)) & 0xFFFF)


def _data(xyz: np.ndarray, packing: int, exponent: int) -> bytes:
    if packing != 0x30:
        other = np.full((len(xyz), (packing >> 4) // 3 - 1, 3), -7)
        parts = np.concatenate([other[:, :1], xyz[:, None], other[:, 1:]], axis=1)
        return parts.astype("<i2").tobytes()
    bits = (xyz >> exponent).astype(np.int64) & 0x3FF
    return (bits[:, 0] | bits[:, 1] << 10 | bits[:, 2] << 20 | exponent << 30).astype("<u4").tobytes()


def movement(samples: int, seed: int = 1, most: int = 511) -> np.ndarray:
    return np.random.default_rng(seed).integers(-most, most + 1, (samples, 3))


def recording(
    starts_us: list[int], samples: int = 120, first_sequence: int = 0, session: int = 26, seed: int = 1
) -> tuple[list[bytes], np.ndarray]:
    """Full packed sectors at these clocks, and all their samples."""
    xyz = movement(samples * len(starts_us), seed)
    parts = np.split(xyz, len(starts_us))
    return [
        sector(part, at, first_sequence + k, session)
        for k, (part, at) in enumerate(zip(parts, starts_us, strict=True))
    ], xyz
