"""Is there life in a wrist at rest? How much more it sways than the noise of its sensor explains.

Breathing lifts and tilts an arm by a milligravity or two every few seconds: far below what calls an hour
still, and above what is left of a sensor's noise when samples are averaged over seconds. Pulse and breath can
be read from a wrist that rests: Zschocke et al., PLoS ONE 14(12):e0226843, 2019, and IEEE Trans Biomed Eng
69(2):830-839, 2022; Hernandez et al., BioWatch, PervasiveHealth 2015.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analytics.signal.pieces import EARLY_US, edges_of
from analytics.signal.samples import Samples

MINUTE_US, SECOND_US, SECONDS = 60_000_000, 1_000_000, 60
LEAST_HZ = 10.0  #: from here on, what changes from sample to sample is noise rather than breath
LEAST_STEPS = 20  #: of two seconds against the next two, in a minute
REST_MG = 15.0  #: a minute is at rest when its MAD never reaches this within five seconds
UNSEEN = 0.0  #: the sway of a minute that is not at rest, or of which it cannot be told

Values = NDArray[np.float64]


def at_rest(mad_5s_mg: Values) -> NDArray[np.bool_]:
    """(m,) whether minutes are at rest, of the MAD of their five seconds (m, 12) [mg]; NaN is not known."""
    known = ~np.isnan(mad_5s_mg)
    return np.asarray(known.any(axis=1) & ~(mad_5s_mg >= REST_MG).any(axis=1))


def sway_of_whole(axes: Sequence[Values], step_g: Values) -> Values:
    """(m,) sway of minutes with all of their samples: three axes (m, n) [g], the sensor's step (m,) [g].

    Sway is, of the axis that shows most, the variance of the mean of two seconds against that of the next
    two, over the variance that the noise of single samples leaves of it. 1 is noise alone, with chance about
    1.3 for the largest of three axes; scale and zero of the sensor do not matter. `UNSEEN` below 10 Hz.
    """
    m, n = axes[0].shape
    if n < SECONDS * LEAST_HZ:
        return np.full(m, UNSEEN)
    means, noise = np.empty((m, 3, SECONDS)), np.empty((m, 3))
    begins = np.ceil(np.arange(SECONDS) * n / SECONDS - 1e-6).astype(np.int64)
    for axis, values in enumerate(axes):
        if n % SECONDS:
            np.add.reduceat(values, begins, axis=1, out=means[:, axis])
        else:  # a product with ones: numpy sums short rows four times slower
            means[:, axis] = values.reshape(m, SECONDS, -1) @ np.ones(n // SECONDS)
        # Half the sum of squared steps, without making the steps.
        edges = values[:, 0] ** 2 + values[:, -1] ** 2
        neighbours = np.vecdot(values[:, 1:], values[:, :-1])
        noise[:, axis] = np.vecdot(values, values) - edges / 2 - neighbours
    means /= np.diff(begins, append=n)
    noise /= n - 1
    return _sway(means, noise, step_g, n / SECONDS)


def sway_of_minutes(segments: Sequence[Samples], start_us: NDArray[np.int64]) -> Values:
    """The same for the minutes that start at `start_us` (m,), from samples however they are cut.

    Segments are in order of time without overlaps. Gaps leave out the seconds that they touch for the most
    part. `UNSEEN` where too few are left.
    """
    m = len(start_us)
    means, noise = np.full((m, 3, SECONDS), np.nan), np.full((m, 3), np.inf)
    step_g, hz = np.zeros(m), np.zeros(m)
    ends = [segment.end_us for segment in segments]
    begins = [segment.t0_us for segment in segments]
    for k, start in enumerate(start_us.tolist()):
        first, end = bisect_right(ends, start), bisect_left(begins, start + MINUTE_US)
        runs = _joined([part for part in (_within(s, start) for s in segments[first:end]) if part])
        if runs and min(run.hz for run in runs) >= LEAST_HZ:
            step_g[k], hz[k] = max(run.scale for run in runs), runs[0].hz
            noise[k] = _look_at(runs, start // SECOND_US, means[k])
    return _sway(means, noise, step_g, hz)


def _look_at(runs: Sequence[Samples], first_second: int, means: Values) -> Values:
    """Fill in the means of the seconds (3, 60) [g]; the variance of single samples (3,) [g^2]."""
    squares, n = np.zeros(3), 0
    for run in runs:
        axes = np.empty((3, len(run.xyz)))
        np.multiply(run.xyz.T, run.scale, out=axes)
        first, edges = edges_of(run, SECOND_US)
        counts = np.diff(edges)
        at = np.arange(len(counts)) + (first - first_second)
        filled = (counts >= max(run.hz / 2, 1)) & (at >= 0) & (at < SECONDS)
        sums = np.add.reduceat(axes, np.minimum(edges[:-1], len(run.xyz) - 1), axis=1)
        means[:, at[filled]] = sums[:, filled] / counts[filled]
        steps = np.diff(axes, axis=1)
        squares += np.einsum("an,an->a", steps, steps)
        n += steps.shape[1]
    return squares / (2 * n) if n else np.full(3, np.inf)


def _sway(means: Values, noise: Values, step_g: Values, hz: Values | float) -> Values:
    """Of means of the seconds (m, 3, 60) [g] and the variance of single samples (m, 3) [g^2]."""
    pairs = means[:, :, 1:] + means[:, :, :-1]
    away = (pairs[:, :, :-2] - pairs[:, :, 2:]) / 2
    known = ~np.isnan(away[:, 0])
    n = known.sum(axis=1)
    away[np.isnan(away)] = 0.0
    slow = np.vecdot(away, away) / np.maximum(n, 1)[:, None]
    # A sensor that stays on one step has at least the noise of being rounded to it.
    found = (slow / np.maximum(noise, step_g[:, None] ** 2 / 12)).max(axis=1) * hz
    return np.where(n >= LEAST_STEPS, found, UNSEEN)


def _within(part: Samples, start_us: int) -> Samples | None:
    """What of a part lies in the minute."""
    edge = np.array([start_us, start_us + MINUTE_US]) - part.t0_us
    places = np.ceil((edge - EARLY_US) * (part.hz / 1e6) - 1e-6).clip(0, len(part.xyz))
    low, high = places.astype(int).tolist()
    if low >= high:
        return None
    t0_us = part.t0_us + round(low * 1e6 / part.hz)
    return replace(part, t0_us=t0_us, xyz=part.xyz[low:high])


def _joined(parts: Sequence[Samples]) -> list[Samples]:
    """Parts that follow each other without a gap as one, so that it does not matter where they were cut."""
    joined: list[Samples] = []
    for part in parts:
        last = joined[-1] if joined else None
        if (
            last is not None
            and (last.hz, last.scale) == (part.hz, part.scale)
            and abs(part.t0_us - last.end_us) * last.hz <= 0.5e6
        ):
            joined[-1] = replace(last, xyz=np.concatenate((last.xyz, part.xyz)))
        else:
            joined.append(part)
    return joined
