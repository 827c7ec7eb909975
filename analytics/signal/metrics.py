"""A whole recording to figures of movement and posture on a regular grid of epochs, within seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.signal.pieces import Columns, columns, edges_of, in_pieces, row_sums
from analytics.signal.samples import Samples

Values = NDArray[np.float64]
LEAST_SHARE = 0.5 - 1e-9  #: of an epoch's samples; forgives the rounding of 1 / hz


@dataclass(frozen=True)
class Grid:
    """`n` epochs of `length_us`, one after the other; the first starts at `first * length_us`."""

    length_us: int
    first: int
    n: int

    @property
    def t_us(self) -> NDArray[np.int64]:
        """(n,) start of each epoch [microseconds since 1970 UTC]."""
        return (self.first + np.arange(self.n, dtype=np.int64)) * self.length_us


@dataclass(frozen=True)
class Metrics:
    """Arrays of n epochs; NaN where less than half of an epoch's samples are there."""

    enmo_mg: Values  #: mean of max(r - 1 g, 0)
    enmoa_mg: Values  #: mean of |r - 1 g|
    mad_mg: Values  #: mean of |r - mean r|, within the epoch
    anglez_deg: Values  #: mean of atan(z / sqrt(x^2 + y^2)), -90 to 90


def grid_of(segments: Sequence[Samples], length_us: int) -> Grid:
    """The epochs that lie wholly between the first sample and the end of the last."""
    first = -(-segments[0].t0_us // length_us)
    # The end is rounded to a microsecond.
    end = (max(s.end_us for s in segments) + 1) // length_us
    return Grid(length_us, first, max(end - first, 0))


def metrics(
    segments: Sequence[Samples],
    grid: Grid,
    scale: Values | None = None,
    offset: Values | None = None,
    done: Callable[[int], None] = lambda _: None,
) -> Metrics:
    """ENMO, ENMOa, MAD and the z-angle of each epoch of the grid.

    ENMO and ENMOa: van Hees et al., PLoS ONE 8(4):e61691, 2013, clipped or folded for each sample, then
    averaged; MAD: Vaha-Ypya et al., PLoS ONE 10(8):e0134813, 2015; the angle is of each sample, then
    averaged. Reckoned in single precision: within 0.01 mg and 0.001 degrees of double.

    Parameters
    ----------
    segments : sequence of Samples
        In order of time, without overlaps; an epoch may lie in several.
    scale, offset : (3,) arrays, optional
        Of the calibration: corrected = (a + offset) * scale. [1, g]
    done : callable, optional
        Told now and then how many samples more have been worked on.
    """
    scale = np.ones(3) if scale is None else scale
    offset = np.zeros(3) if offset is None else offset
    sums = _Sums(grid)
    for segment in segments:
        factor, add = segment.scale * scale, offset * scale
        first, edges = edges_of(segment, grid.length_us)
        cut = [first, first + len(edges) - 2]  # may go on in another segment
        for piece in in_pieces(edges):
            here = edges[piece.start : piece.stop + 1]
            g = columns(segment, int(here[0]), int(here[-1]), factor, add)
            sums.add(first + piece.start, here - here[0], g, segment.hz, cut)
            done(int(here[-1] - here[0]))
    return sums.metrics()


def grid_mean(segments: Sequence[Samples], grid: Grid, of: Callable[[Samples], Values]) -> Values:
    """(n,) mean over each epoch of a figure that `of` makes of every sample; NaN below half of them."""
    total, n, seconds = np.zeros((3, grid.n))
    for segment in segments:
        first, edges = edges_of(segment, grid.length_us)
        k = np.diff(edges)
        rows = first - grid.first + np.arange(len(k))
        use = (k > 0) & (rows >= 0) & (rows < grid.n)
        if use.any():
            sums = np.add.reduceat(of(segment), edges[:-1][k > 0])
            total[rows[use]] += sums[use[k > 0]]
            n[rows[use]] += k[use]
            seconds[rows[use]] += k[use] / segment.hz
    known = (seconds >= LEAST_SHARE * grid.length_us / 1e6) & (n > 0)
    return np.asarray(total / np.where(known, n, np.nan))


class _Sums:
    """Sums over the samples of each epoch of a grid."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._n, self._seconds = np.zeros(grid.n), np.zeros(grid.n)
        self._enmo, self._enmoa, self._angle, self._away = np.zeros((4, grid.n))
        self._cut: dict[int, list[Columns]] = {}  # r - 1 g where a segment begins or ends

    def add(self, epoch: int, edges: NDArray[np.int64], g: Columns, hz: float, cut: list[int]) -> None:
        """Samples of the epochs from `epoch` on, which begin at `edges`; those in `cut` may get more."""
        epoch -= self._grid.first
        low, high = max(-epoch, 0), min(self._grid.n - epoch, len(edges) - 1)
        if high <= low:
            return
        g, edges = g[:, edges[low] : edges[high]], edges[low : high + 1] - edges[low]
        n = np.diff(edges)
        rows = epoch + low + np.flatnonzero(n)  # a rate below one sample an epoch leaves some empty
        starts, n = edges[:-1][n > 0], n[n > 0]
        if not len(rows):
            return
        over_g, angle = _over_gravity_and_angle(g)
        total = _total(over_g, starts, n)
        self._angle[rows] += np.degrees(_total(angle, starts, n))
        for k in np.flatnonzero(np.isin(rows + self._grid.first, cut)).tolist():
            part = over_g[starts[k] : starts[k] + n[k]]
            self._cut.setdefault(int(rows[k]), []).append(part.copy())
        self._away[rows] += _total(_away(over_g, total / n, n), starts, n)
        np.abs(over_g, out=over_g)
        folded = _total(over_g, starts, n)
        self._enmoa[rows] += folded
        self._enmo[rows] += (folded + total) / 2  # max(v, 0) = (|v| + v) / 2
        self._n[rows] += n
        self._seconds[rows] += n / hz

    def metrics(self) -> Metrics:
        for row, parts in self._cut.items():
            if len(parts) > 1:  # the mean that counts is that of all of them
                over_g = np.concatenate(parts).astype(np.float64)
                self._away[row] = np.abs(over_g - over_g.mean()).sum()
        known = self._seconds >= LEAST_SHARE * self._grid.length_us / 1e6
        n = np.where(known & (self._n > 0), self._n, np.nan)
        return Metrics(self._enmo / n * 1000, self._enmoa / n * 1000, self._away / n * 1000, self._angle / n)


def _over_gravity_and_angle(g: Columns) -> tuple[Columns, Columns]:
    """(n,) r - 1 [g] and the z-angle [radians]; `g` is used up."""
    x, y, z = g
    np.multiply(x, x, out=x)
    np.multiply(y, y, out=y)
    x += y  # the square of what is level
    np.multiply(z, z, out=y)
    y += x
    r = np.sqrt(y, out=y)
    r -= 1
    return r, np.arctan2(z, np.sqrt(x, out=x), out=x)


def _total(values: Columns, starts: NDArray[np.int64], n: NDArray[np.int64]) -> Values:
    """Sum of each epoch's samples."""
    if (n == n[0]).all():
        return row_sums(values.reshape(len(n), -1)).astype(np.float64)
    return np.asarray(np.add.reduceat(values, starts), np.float64)


def _away(values: Columns, mean: Values, n: NDArray[np.int64]) -> Columns:
    """How far each sample is from the mean of its epoch."""
    centre = mean.astype(np.float32)
    if (n == n[0]).all():
        away = (values.reshape(len(n), -1) - centre[:, None]).reshape(-1)
    else:
        away = values - np.repeat(centre, n)
    return np.asarray(np.abs(away, out=away))
