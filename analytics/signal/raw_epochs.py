"""One raw recording to epochs, all of it at once: calibration, movement, posture, counts and wear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.signal.calibration import Calibration, calibrate
from analytics.signal.counts import counts
from analytics.signal.fives import without_overlaps
from analytics.signal.metrics import Grid, Metrics, grid_of, metrics
from analytics.signal.pieces import keep_what_is_freed
from analytics.signal.samples import Samples
from analytics.signal.still import WINDOW_US, still_windows
from analytics.signal.thermometer import Temperature
from analytics.signal.wear import worn

FIVE_S = 5
FIVE_S_US = 5_000_000
NOT_ASKED = "not asked for"

Values = NDArray[np.float64]


@dataclass(frozen=True)
class RawEpochs:
    """Epochs from the first whole one to the last, without a hole; arrays have n rows, NaN is unknown."""

    calibration: Calibration
    grid: Grid
    movement: Metrics  #: of calibrated figures, where the calibration was accepted
    counts: Values  #: (n, 3) of the device's x, y, z as it measured them
    worn: Values  #: 1, 0 or NaN


def raw_epochs(
    segments: Sequence[Samples],
    epoch_s: int,
    calibrated: bool = True,
    done: Callable[[int], None] = lambda _: None,
    temperature: Temperature | None = None,
) -> RawEpochs:
    """Epochs of `epoch_s` whole seconds, which start at whole multiples of their length since 1970 UTC.

    An epoch with less than half of its samples is NaN in every array; counts are NaN also where an epoch
    touches a gap. The MAD of an epoch that is a multiple of 5 s is the mean of its five-second values, as
    published; of others it is taken within the epoch. An epoch is worn when at least half of its known five
    seconds are.

    Parameters
    ----------
    segments : sequence of Samples
        At least one; in any order; time that two of them share is taken from the earlier one.
    calibrated : bool
        False: leave the device's figures as they are.
    done : callable, optional
        Told now and then how many samples more are through one of the three passes over them.
    temperature : optional
        What the device's own thermometer read: it can tell a wrist at rest from a table.
    """
    segments = without_overlaps(segments)
    keep_what_is_freed()
    length_us = epoch_s * 1_000_000
    grid = grid_of(segments, length_us)
    with ThreadPoolExecutor(1) as beside:  # numpy lets go of the interpreter: two cores where there are two
        counting = beside.submit(counts, segments, length_us, grid.first, grid.n, done)
        calibration, movement, said = _posture_and_movement(
            segments, grid, epoch_s, calibrated, done, temperature
        )
        counted = counting.result()
    unknown = np.isnan(movement.enmo_mg)
    movement.mad_mg[unknown] = counted[unknown] = said[unknown] = np.nan
    return RawEpochs(calibration, grid, movement, counted, said)


def _posture_and_movement(
    segments: Sequence[Samples],
    grid: Grid,
    epoch_s: int,
    calibrated: bool,
    done: Callable[[int], None],
    temperature: Temperature | None,
) -> tuple[Calibration, Metrics, Values]:
    """What the calibration is, what it makes of the samples, and whether they were worn (1 or 0)."""
    calibration = _calibration(segments, calibrated, done)
    length_us = grid.length_us
    scale, offset = calibration.scale, calibration.offset
    fives = Grid(FIVE_S_US, grid.first * length_us // FIVE_S_US, -(-grid.n * length_us // FIVE_S_US) + 1)
    of_fives = metrics(segments, fives, scale, offset, done)
    if epoch_s == FIVE_S:
        of_fives = Metrics(*(getattr(of_fives, f)[: grid.n] for f in Metrics.__dataclass_fields__))
        fives = grid
    movement = of_fives if epoch_s == FIVE_S else metrics(segments, grid, scale, offset)
    if epoch_s % FIVE_S == 0 and epoch_s != FIVE_S:
        mads = of_fives.mad_mg[: grid.n * epoch_s // FIVE_S].reshape(grid.n, epoch_s // FIVE_S)
        movement = Metrics(movement.enmo_mg, movement.enmoa_mg, _mean(mads), movement.anglez_deg)
    on_body = worn(fives.t_us, of_fives.enmo_mg, of_fives.anglez_deg, segments, temperature)
    return calibration, movement, _majority(on_body, ~np.isnan(of_fives.enmo_mg), fives, grid)


def _calibration(segments: Sequence[Samples], wanted: bool, done: Callable[[int], None]) -> Calibration:
    samples = sum(len(segment.xyz) for segment in segments)
    if not wanted:
        done(samples)
        return Calibration(False, NOT_ASKED, 0, float("nan"), float("nan"))
    still = still_windows(segments)
    done(samples)
    return calibrate(still.g, still.looked_at * WINDOW_US / 3.6e9)


def _majority(on_body: NDArray[np.bool_], known: NDArray[np.bool_], fives: Grid, grid: Grid) -> Values:
    """(n,) 1 or 0: the word of most of the known five seconds that an epoch touches; of all, if none is."""
    first = grid.t_us // FIVE_S_US - fives.first
    end = -(-(grid.t_us + grid.length_us) // FIVE_S_US) - fives.first

    def share(of: NDArray[np.bool_]) -> Values:
        counted, worn_until = (np.concatenate(([0.0], np.cumsum(v))) for v in (of, of & on_body))
        n = counted[end] - counted[first]
        return np.asarray((worn_until[end] - worn_until[first]) / np.where(n > 0, n, np.nan))

    of_known = share(known)
    of_all = share(np.ones(len(known), bool))
    return np.asarray(np.where(np.isnan(of_known), of_all, of_known) >= 0.5, float)


def _mean(table: Values) -> Values:
    """(rows,) mean of what is known in each row; NaN where nothing is."""
    known = ~np.isnan(table)
    n = known.sum(axis=1).astype(float)
    return np.asarray(np.where(known, table, 0).sum(axis=1) / np.where(n > 0, n, np.nan))
