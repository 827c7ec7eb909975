"""ActiGraph activity counts out of raw samples of any device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from analytics.signal.band_pass import BandPass
from analytics.signal.samples import Samples
from analytics.signal.thirty_hz import ThirtyHz, up_and_down

# Neishabouri et al., Sci. Rep. 12:11958, 2022: 12 bits over 3 V, a peak-to-peak of 2.6 V over 8 bits, gain.
STEPS_A_G = (3.0 / 4096.0) / (2.6 / 256.0) * 237.5
LEAST, MOST = 4, 128
SLOT = 3  #: values at 30 Hz whose mean is one value at 10 Hz

PIECE_S = 1200  #: samples worked on at once: larger pieces leave the processor's cache
HELD_S = 300  #: of a gap the filter is fed; by then it rests

Values = NDArray[np.float64]
Slots = NDArray[np.uint8]


def counts(
    segments: Sequence[Samples],
    epoch_us: int,
    first_epoch: int,
    n_epochs: int,
    done: Callable[[int], None] = lambda _: None,
) -> Values:
    """(n_epochs, 3) counts of each axis in each epoch, bit for bit those of ActiLife [1]_.

    To 30 Hz (`ThirtyHz`), band-pass, size in steps of about 1/17 g, cut at 128, below 4 nothing, whole
    numbers; the mean of each three is a value at 10 Hz, cut to a whole number; an epoch has their sum.
    Without the low-frequency extension. Counts are made from what the device measured, not from calibrated
    figures: that is what the manufacturer does, and what cut points were made with.

    Parameters
    ----------
    segments : sequence of Samples
        In order of time, without overlaps. In a gap the filter is fed with the last sample; where the rate
        changes it starts anew, as at the beginning of a recording.
    epoch_us : int
        Length of an epoch. [microseconds]
    first_epoch, n_epochs : int
        Epoch k starts at `(first_epoch + k) * epoch_us` since 1970 UTC.
    done : callable, optional
        Told now and then how many samples more have been worked on.

    Returns
    -------
    (n_epochs, 3) array
        Columns are the device's x, y and z; the vertical axis of ActiLife (`axis1`) is y. NaN in an epoch
        that is not covered wholly by one segment.

    References
    ----------
    .. [1] A. Neishabouri et al., "Quantification of acceleration as activity counts in ActiGraph wearable,"
       Sci. Rep. 12:11958, 2022.
    """
    found = np.full((n_epochs, 3), np.nan)
    for hz, stretch in groupby(segments, key=lambda s: s.hz):
        together = list(stretch)
        slots, begins = _slots(together, hz, done)
        up, down = up_and_down(hz)
        slot_us = SLOT * 1e6 / hz * down / up
        for segment, (origin_us, place) in zip(together, begins, strict=True):
            low = max(-(-segment.t0_us // epoch_us), first_epoch)
            # The end of a segment is rounded to a microsecond.
            high = min((segment.end_us + 1) // epoch_us, first_epoch + n_epochs)
            if high <= low:
                continue
            edges_us = np.arange(low, high + 1, dtype=np.int64) * epoch_us - origin_us
            # A slot belongs to the epoch in which it ends.
            edges = np.floor(edges_us / slot_us + 1e-6).astype(np.int64) - place
            edges = edges.clip(0, slots.shape[1])
            rows = slice(low - first_epoch, high - first_epoch)
            found[rows] = np.add.reduceat(slots[:, : edges[-1]], edges[:-1], axis=1, dtype=np.int64).T
    return found


def _slots(
    segments: Sequence[Samples], hz: float, done: Callable[[int], None]
) -> tuple[Slots, list[tuple[int, int]]]:
    """Values at 10 Hz of segments of one rate; for each segment the instant of slot 0 and the slots left out
    before it, so that slot k of the grid is column k - left out."""
    stream = _Stream(hz)
    begins: list[tuple[int, int]] = []
    kept: list[Slots] = []
    origin_us, at = segments[0].t0_us, 0  # `at` counts samples and held samples on the grid of hz
    last = np.zeros(3)
    for segment in segments:
        gap = max(round((segment.t0_us - origin_us) * hz / 1e6) - at, 0)
        if at and gap:
            skipped = stream.skip(gap - round(HELD_S * hz))
            kept.append(stream(np.repeat(last[:, None], gap - skipped, axis=1)))
            at += gap
        begins.append((origin_us, stream.left_out))
        step = round(PIECE_S * hz)
        for first in range(0, len(segment.xyz), step):
            part = segment.xyz[first : first + step]
            kept.append(stream(_axes(part, segment.scale)))
            done(len(part))
        at += len(segment.xyz)
        last = segment.xyz[-1] * segment.scale
    # The last slot may lack a part of a sample that only the rounding of stamps took.
    kept.append(stream(np.repeat(last[:, None], SLOT * (stream.down // stream.up + 1), axis=1)))
    kept.append(stream.end())
    return np.concatenate(kept, axis=1), begins


def _axes(xyz: NDArray[np.signedinteger], scale: float) -> Values:
    """(3, n) [g], each axis one behind the other."""
    g = np.empty((3, len(xyz)))
    for axis in range(3):
        np.multiply(xyz[:, axis], scale, out=g[axis])
    return g


class _Stream:
    """Samples in, values at 10 Hz out; remembers what is not yet a whole slot."""

    def __init__(self, hz: float) -> None:
        self._to_thirty = ThirtyHz(hz)
        self.up, self.down = self._to_thirty.up, self._to_thirty.down
        self._band_pass: BandPass | None = None
        self._rest = np.zeros((3, 0), np.uint8)
        self.left_out = 0  #: slots that were skipped

    def __call__(self, g: Values) -> Slots:
        return self._thirds(self._to_thirty(g))

    def end(self) -> Slots:
        return self._thirds(self._to_thirty.end())

    def skip(self, samples: int) -> int:
        """Leave out as many of so many constant samples as make whole slots; how many were left out.

        Allowed once the filters rest: they would say the same in each of these slots.
        """
        period = SLOT * self.down
        periods = max(samples, 0) // period
        self.left_out += periods * self.up
        return periods * period

    def _thirds(self, thousandths: Values) -> Slots:
        if not thousandths.shape[1]:
            return np.zeros((3, 0), np.uint8)
        if self._band_pass is None:
            self._band_pass = BandPass(thousandths[:, 0], STEPS_A_G / 1000)
        size = self._band_pass(thousandths)
        np.clip(size, -MOST, MOST, out=size)
        steps = size.astype(np.int16)  # towards 0, as the size would be
        whole = np.abs(steps, out=steps).astype(np.uint8)
        whole *= (whole >= LEAST).view(np.uint8)
        if self._rest.size:
            whole = np.concatenate((self._rest, whole), axis=1)
        n = whole.shape[1] // SLOT * SLOT
        self._rest = whole[:, n:].copy()
        total = np.add(whole[:, 0:n:SLOT], whole[:, 1:n:SLOT], dtype=np.uint16)
        total += whole[:, 2:n:SLOT]
        total //= SLOT
        return total.astype(np.uint8)
