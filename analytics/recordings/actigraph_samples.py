"""ActiGraph's packings of samples (https://github.com/actigraph/GT3X-File-Format: Activity, Activity2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def unpack_12_bits(rows: Bytes) -> NDArray[np.int16]:
    """(n, bytes) to (n, samples, 3): 12-bit two's complement, big-endian, written y, x, z; x comes out first.

    A half byte that is left over at the end of a row is ignored.
    """
    samples = rows.shape[1] * 2 // 9
    bytes_used = (samples * 9 + 1) // 2
    padded = -bytes_used % 3
    rows = rows[:, :bytes_used]
    if padded:
        rows = np.concatenate([rows, np.zeros((len(rows), padded), np.uint8)], axis=1)
    triples = rows.reshape(len(rows), -1, 3)
    values = np.empty((len(rows), triples.shape[1], 2), np.int16)
    first, middle, last = (triples[:, :, i].astype(np.int16) for i in range(3))
    values[:, :, 0] = first << 4 | middle >> 4
    values[:, :, 1] = (middle & 15) << 8 | last
    values -= (values & 0x800) << 1
    flat = values.reshape(len(rows), -1)[:, : samples * 3]
    return flat.reshape(len(rows), samples, 3)[:, :, [1, 0, 2]]


def unpack_16_bits(rows: Bytes) -> NDArray[np.int16]:
    """(n, bytes) to (n, samples, 3): little-endian 16-bit numbers, written x, y, z."""
    samples = rows.shape[1] // 6
    values = np.ascontiguousarray(rows[:, : samples * 6]).view("<i2")
    return values.reshape(len(rows), samples, 3).astype(np.int16, copy=False)
