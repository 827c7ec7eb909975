"""How far raw samples spread over pieces of time: the figures of a piece, and of pieces taken together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analytics.signal.pieces import edges_of
from analytics.signal.samples import Samples

Values = NDArray[np.float64]
ROWS = 150  #: rows of samples laid side by side, so that a maximum runs along memory, not in steps of three


@dataclass(frozen=True)
class Spread:
    """Pieces of one length, one after the other; arrays are (pieces, ...)."""

    start_us: int
    piece_us: int
    n: NDArray[np.int64]  #: samples; 0 in a gap
    low: Values  #: (pieces, 3) [g]; infinite without samples
    high: Values  #: (pieces, 3) [g]; minus infinite without samples
    total: Values  #: (pieces, 3) sum [g]; NaN in pieces whose range is at or above the limit on all axes
    squares: Values  #: (pieces, 3) sum of squares [g^2]; NaN like `total`

    def range_of(self, first: NDArray[np.int64], end: NDArray[np.int64]) -> Values:
        """(windows, 3) range over the pieces of each [first, end) [g]; minus infinite without samples."""
        k = _places(first, end)
        at = np.minimum(k, len(self.n) - 1)
        outside = (k >= end[:, None])[:, :, None]
        high = np.where(outside, -np.inf, self.high[at]).max(axis=1)
        return np.asarray(high - np.where(outside, np.inf, self.low[at]).min(axis=1))

    def deviation_of(self, first: NDArray[np.int64], end: NDArray[np.int64]) -> Values:
        """(windows, 3) standard deviation (n - 1) over the pieces of [first, end) [g]; NaN as `total`."""
        k = _places(first, end)
        inside = (k < end[:, None])[:, :, None]
        at = np.minimum(k, len(self.n) - 1)
        n = np.where(inside[:, :, 0], self.n[at], 0).sum(axis=1)[:, None]
        total = np.where(inside, self.total[at], 0).sum(axis=1)
        squares = np.where(inside, self.squares[at], 0).sum(axis=1)
        variance = (squares - total**2 / np.maximum(n, 1)) / np.maximum(n - 1, 1)
        return np.asarray(np.sqrt(np.maximum(variance, 0)))


def spread_of(segments: Sequence[Samples], piece_us: int, limit_g: float, most_hz: float = np.inf) -> Spread:
    """Pieces that start at whole multiples of `piece_us`, from the first sample to the last.

    Sums are made only where an axis stays below a range of `limit_g`. Above `most_hz` every k-th sample is
    taken, so that at most that rate is left. Segments must not overlap.
    """
    first = min(s.t0_us for s in segments) // piece_us
    count = max(s.end_us - 1 for s in segments) // piece_us - first + 1
    n = np.zeros(count, np.int64)
    low, high = np.full((count, 3), np.inf), np.full((count, 3), -np.inf)
    total, squares = np.zeros((count, 3)), np.zeros((count, 3))
    for segment in segments:
        step = max(1, int(np.ceil(segment.hz / most_hz)))
        touched, edges = edges_of(segment, piece_us)
        for k, (start, end) in enumerate(pairwise(edges.tolist()), touched - first):
            if start == end:
                continue
            xyz = segment.xyz[start:end:step]
            smallest, largest = _extremes(xyz)
            below, above = smallest * segment.scale, largest * segment.scale
            n[k] += len(xyz)
            low[k], high[k] = np.minimum(low[k], below), np.maximum(high[k], above)
            if (above - below < limit_g).any():
                sums, own = _sums_above(xyz, smallest)
                sums, own = sums * segment.scale, own * segment.scale**2
                total[k] += sums + len(xyz) * below
                squares[k] += own + 2 * below * sums + len(xyz) * below**2
            else:
                total[k] = squares[k] = np.nan
    return Spread(int(first * piece_us), piece_us, n, low, high, total, squares)


def _extremes(xyz: NDArray[np.signedinteger]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    whole = len(xyz) // ROWS * ROWS
    if not whole or not xyz.flags.c_contiguous:
        return xyz.min(axis=0).astype(np.int32), xyz.max(axis=0).astype(np.int32)
    folded = xyz[:whole].reshape(-1, ROWS * 3)
    lows, highs = folded.min(axis=0).reshape(-1, 3), folded.max(axis=0).reshape(-1, 3)
    rest = xyz[whole:]
    low = np.concatenate((lows, rest)).min(axis=0)
    return low.astype(np.int32), np.concatenate((highs, rest)).max(axis=0).astype(np.int32)


def _sums_above(xyz: NDArray[np.signedinteger], smallest: NDArray[np.int32]) -> tuple[Values, Values]:
    """(3,) sum and sum of squares of the samples, counted from the smallest of each axis."""
    whole = len(xyz) // ROWS * ROWS if xyz.flags.c_contiguous else 0
    rest = (xyz[whole:] - smallest).astype(np.float64)
    sums, squares = rest.sum(axis=0), np.einsum("ij,ij->j", rest, rest)
    if whole:
        # Whole numbers of two bytes, and what they differ by, are exact in single precision.
        exact: type[np.floating] = np.float32 if xyz.itemsize == 2 else np.float64
        above: NDArray[np.floating] = xyz[:whole].reshape(-1, ROWS * 3).astype(exact)
        above -= np.tile(smallest, ROWS).astype(exact)
        for into, folded in ((sums, above.sum(axis=0)), (squares, np.einsum("ij,ij->j", above, above))):
            into += folded.reshape(-1, 3).sum(axis=0, dtype=np.float64)
    return sums, squares


def _places(first: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(first[:, None] + np.arange(max(int((end - first).max(initial=0)), 1)))
