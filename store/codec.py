"""Raw samples to bytes and back: delta, zigzag, byte split, zstd.

Movement changes little from one sample to the next, so differences are small numbers; zigzag makes them
unsigned, splitting high and low bytes puts the zeros side by side, and zstd at level 1 does the rest
(32 to 55 us and about 2.3 bytes a triaxial sample, where raw is 6). The codec byte is stored with every
block, so a better one can come later.
"""

from __future__ import annotations

import threading

import numpy as np
import zstandard
from numpy.typing import NDArray

DELTA_SPLIT_ZSTD = 1


class _Own(threading.local):
    """Each thread's own: they are not for two at once, and making one costs more than a block."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=1)
        self.decompressor = zstandard.ZstdDecompressor()


_own = _Own()


class UnknownCodec(ValueError):
    """A block was written by a newer version: upgrade before you read it."""


def encode(xyz: bytes) -> bytes:
    """Little-endian int16 x y z x y z ... (length a multiple of 6, not 0) to compressed bytes."""
    samples = np.frombuffer(xyz, dtype="<i2")
    n = len(samples) // 3
    delta = np.empty(3 * n, dtype="<i2")
    delta[:3] = samples[:3]
    np.subtract(samples[3:], samples[:-3], out=delta[3:])  # wraps at 16 bits, and back again in decode
    zigzag = delta << 1
    zigzag ^= delta >> 15
    axes = np.ascontiguousarray(zigzag.view("<u2").reshape(n, 3).T).reshape(-1)
    split = np.empty(6 * n, dtype=np.uint8)
    split[: 3 * n] = axes  # keeps the low byte
    axes >>= 8
    split[3 * n :] = axes
    return _own.compressor.compress(split.data)


def decode(codec: int, data: bytes, n: int) -> NDArray[np.int16]:
    """The n samples of a block as (n, 3) int16, a view of three contiguous axes.

    Raises `UnknownCodec` for a codec byte that it does not know.
    """
    if codec != DELTA_SPLIT_ZSTD:
        raise UnknownCodec(f"a block has codec {codec}, which this version cannot read: upgrade")
    raw = _own.decompressor.decompress(data, max_output_size=6 * n)
    split = np.frombuffer(raw, dtype=np.uint8)
    zigzag = split[3 * n :].astype("<u2")
    zigzag <<= 8
    zigzag |= split[: 3 * n]
    delta = (zigzag >> 1).view("<i2")
    zigzag &= 1
    delta ^= -zigzag.view("<i2")
    # Four bytes are added up faster than two; the lower two are the same.
    return np.cumsum(delta.reshape(3, n), axis=1, dtype=np.int32).astype(np.int16).T
