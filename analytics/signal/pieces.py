"""Where epochs begin in a stretch of samples, and its axes as numbers to reckon with, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analytics.signal.samples import Samples

TOGETHER = 96_000  #: samples worked on at once, about: fewer cost calls, more leave the processor's cache
LARGEST = 16 << 20  #: bytes of the arrays of a piece, at most

#: A sample so little before an edge belongs behind it: the times of segments are rounded to microseconds, and
#: where a stream was cut must not matter.
EARLY_US = 0.6

Columns = NDArray[np.float32]


def keep_what_is_freed() -> None:
    """Have the C library keep for the next piece the memory that one has freed.

    glibc gives it back to the system as soon as more is free than twice the largest block that was ever freed
    singly, and each piece then pays for new pages: that took as long as all counts. So such a block is freed
    once; nothing of it is touched.
    """
    np.empty(LARGEST, np.uint8)


def edges_of(segment: Samples, length_us: int) -> tuple[int, NDArray[np.int64]]:
    """Number of the first epoch that the segment touches, and where each epoch begins in it.

    Epochs start at whole multiples of `length_us` since 1970 UTC. Of k touched epochs there are k + 1 edges
    [sample]: the first is 0, the last the number of samples; the first and the last epoch may be cut.
    """
    n = len(segment.xyz)
    first = segment.t0_us // length_us
    last = (segment.end_us - 1) // length_us
    into_us = np.arange(first + 1, last + 1, dtype=np.int64) * length_us - segment.t0_us
    starts = np.ceil((into_us - EARLY_US) * (segment.hz / 1e6) - 1e-6).astype(np.int64)
    return first, np.concatenate(([0], np.clip(starts, 0, n), [n])).astype(np.int64)


def whole_epochs(segment: Samples, length_us: int) -> tuple[int, NDArray[np.int64]]:
    """The same for epochs that the segment covers from their beginning to their end; k + 1 edges or none."""
    first, edges = edges_of(segment, length_us)
    inner = edges[1:-1]
    if segment.t0_us == first * length_us:
        inner = edges[:-1]
    else:
        first += 1
    # The end is rounded to a microsecond; a sample's own share of time is longer.
    if (segment.end_us + 1) // length_us * length_us >= segment.end_us:
        inner = np.append(inner, edges[-1])
    return first, inner


def in_pieces(edges: NDArray[np.int64], together: int = TOGETHER) -> Iterator[slice]:
    """Runs of whole epochs, as slices of the epochs, that hold about so many samples."""
    k, count = 0, len(edges) - 1
    while k < count:
        end = int(np.searchsorted(edges, edges[k] + together, side="right")) - 1
        end = min(max(end, k + 1), count)
        yield slice(k, end)
        k = end


def row_sums(table: Columns) -> Columns:
    """(rows,) sums, as a product: a quarter of the time, and added up in as many parts."""
    return np.asarray(table @ np.ones(table.shape[1], table.dtype))


def columns(
    segment: Samples, first: int, end: int, factor: NDArray[np.float64], add: NDArray[np.float64]
) -> Columns:
    """(3, n) axes of the samples [first, end) times `factor`, plus `add`, each axis one behind the other.

    Single precision: of 1 g it keeps 0.0001 mg.
    """
    out = np.empty((3, end - first), np.float32)
    for axis in range(3):
        np.multiply(segment.xyz[first:end, axis], np.float32(factor[axis]), out=out[axis], casting="unsafe")
        if add[axis]:
            out[axis] += np.float32(add[axis])
    return out
