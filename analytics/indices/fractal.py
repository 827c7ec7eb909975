"""Detrended fluctuation analysis: how fluctuations of activity grow with the time they are seen over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.days import HOUR_US
from analytics.indices.definition import Definition
from analytics.indices.grid import elapsed
from analytics.indices.index import Index
from analytics.indices.timeline import Timeline, Values
from analytics.indices.validity import (
    LEAST_FRACTAL_HOURS,
    LEAST_FRACTAL_SHARE,
    LEAST_SCALES,
    too_little,
)

SMALLEST, RATIO, LARGEST_SHARE = 4, 2**0.25, 0.25
SHORT_MIN, LONG_MIN = (0.0, 90.0), (120.0, 600.0)


def _definition(name: str, over: str) -> Definition:
    return Definition(
        name=name,
        unit="1",
        meaning=f"Slope of ln F(n) on ln n over {over}; F is the root mean square of what straight lines in "
        f"boxes of n epochs leave of the summed activity, n from {SMALLEST} by steps of 2^(1/4) to a quarter "
        "of the recording. 0.5 is noise, 1 healthy complexity, 1.5 a random walk.",
        missing="adds nothing to the sum",
        needs=f"{LEAST_FRACTAL_HOURS} valid hours that are {LEAST_FRACTAL_SHARE:.0%} of the span, and "
        f"{LEAST_SCALES} box sizes",
        source="Peng et al., Phys Rev E 49:1685-1689, 1994; ranges of Hu et al., PNAS 106(8):2490-2494, 2009",
        spans="recording, 7 days",
    )


ALPHA = _definition("DFA_alpha", "all box sizes")
ALPHA_SHORT = _definition("DFA_alpha_short", "boxes of at most 90 min")
ALPHA_LONG = _definition("DFA_alpha_long", "boxes of 120 to 600 min")


def scaling_exponents(timeline: Timeline) -> list[Index]:
    """`DFA_alpha`, `DFA_alpha_short` (to 90 min) and `DFA_alpha_long` (120 to 600 min) [1]."""
    everything = (ALPHA, ALPHA_SHORT, ALPHA_LONG)
    x = elapsed(timeline)
    valid = ~np.isnan(x)
    hours = timeline.valid_hours
    if hours < LEAST_FRACTAL_HOURS:
        why = too_little(hours, LEAST_FRACTAL_HOURS, "valid hours")
        return [D.absent(why) for D in everything]
    if valid.mean() < LEAST_FRACTAL_SHARE:
        why = f"too little data: {valid.mean():.0%} of the span is valid, {LEAST_FRACTAL_SHARE:.0%} is needed"
        return [D.absent(why) for D in everything]
    n = box_sizes(len(x))
    f = fluctuations(np.where(valid, x - x[valid].mean(), 0.0), n)
    if (f <= 0).any():
        return [D.absent("the activity never varies") for D in everything]
    minutes = n * timeline.epoch_us / (HOUR_US / 60)
    ranges = ((0.0, np.inf), SHORT_MIN, LONG_MIN)
    return [_slope(D, n, f, minutes, *over) for D, over in zip(everything, ranges, strict=True)]


def box_sizes(n: int) -> NDArray[np.int64]:
    """Whole numbers of epochs from 4 on, each about a fifth larger than the last, to a quarter of n."""
    steps = int(np.log(max(n * LARGEST_SHARE / SMALLEST, 1)) / np.log(RATIO) + 1e-9)
    return np.unique(np.round(SMALLEST * RATIO ** np.arange(steps + 1)).astype(np.int64))


def fluctuations(x: Values, sizes: NDArray[np.int64]) -> Values:
    """F(n) for each box size: whole boxes from the first epoch on; what is left at the end is not used."""
    path = np.cumsum(x)
    return np.array([_left(path[: len(path) // n * n].reshape(-1, n)) for n in sizes.tolist()])


def _left(boxes: Values) -> float:
    """Root mean square of what the straight line of each box leaves."""
    # No BLAS: for so little work its threads cost more than they save.
    size = boxes.shape[1]
    t = np.arange(size) - (size - 1) / 2
    of_t = float(t @ t)
    level = boxes - np.einsum("bt->b", boxes)[:, None] / size
    slope = np.einsum("bt,t->b", level, t) / of_t
    left = float(np.einsum("bt,bt->", level, level) - np.einsum("b,b->", slope, slope) * of_t)
    return float(np.sqrt(max(left, 0.0) / level.size))


def _slope(D: Definition, n: NDArray[np.int64], f: Values, minutes: Values, low: float, high: float) -> Index:
    chosen = (minutes >= low) & (minutes <= high)
    if chosen.sum() < LEAST_SCALES:
        return D.absent(too_little(int(chosen.sum()), LEAST_SCALES, "box sizes"))
    x, y = np.log(n[chosen]), np.log(f[chosen])
    x = x - x.mean()
    return D.is_(float(x @ y / (x @ x)))
