"""Figures of the days up to each day: means, medians and counts over trailing windows, NaN left out.

All take (n, d) and give (n, d); the figure of day k rests on days up to k alone, so leaving out later days
changes no earlier value. Days before the first are unknown.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analytics.escalation.rows import Floats

#: Patients whose windows are unfolded at once: bounds memory, changes nothing.
_AT_ONCE = 256


def trailing_count(known: NDArray[np.bool_], days: int, until: int = 0) -> Floats:
    """How many of the `days` days up to and with `until` days ago are True."""
    return _trailing_sum(known.astype(np.float64), days, until)


def trailing_mean(x: Floats, days: int, until: int = 0, *, least: int = 1) -> Floats:
    """Mean of what is known of these days; NaN where fewer than `least` are."""
    known = ~np.isnan(x)
    count = trailing_count(known, days, until)
    total = _trailing_sum(np.where(known, x, 0.0), days, until)
    return np.asarray(np.where(count >= least, total / np.maximum(count, 1), np.nan))


def trailing_max(x: Floats, days: int) -> Floats:
    """Highest known value of the last `days` days; NaN where none is."""
    best = x.copy()
    for back in range(1, min(days, x.shape[1])):
        best[:, back:] = np.fmax(best[:, back:], x[:, : x.shape[1] - back])
    return best


def trailing_median(x: Floats, days: int, until: int = 0, *, least: int = 1) -> tuple[Floats, Floats]:
    """(median, median distance from it) of what is known of these days; NaN where fewer than `least` are."""
    n, d = x.shape
    middle, away = np.full((n, d), np.nan), np.full((n, d), np.nan)
    for first in range(0, n, _AT_ONCE):
        part = slice(first, min(first + _AT_ONCE, n))
        padded = np.concatenate([np.full((part.stop - first, days + until - 1), np.nan), x[part]], axis=1)
        seen = sliding_window_view(padded, days, axis=1)[:, :d]
        middle[part] = _median(seen, least)
        away[part] = _median(np.abs(seen - middle[part][:, :, None]), least)
    return middle, away


def carried(x: Floats, days: int) -> Floats:
    """The last known value, if it is less than `days` days old."""
    last = x.copy()
    for back in range(1, min(days, x.shape[1])):
        gap = np.isnan(last[:, back:])
        last[:, back:][gap] = x[:, : x.shape[1] - back][gap]
    return last


def days_since(happened: NDArray[np.bool_], most: int) -> Floats:
    """Days since it last happened, 0 on the day itself; `most` where that is longer ago or never was."""
    day = np.arange(happened.shape[1])[None, :]
    last = np.maximum.accumulate(np.where(happened, day, -most), axis=1)
    return np.minimum(day - last, most).astype(np.float64)


def leaky_mean(x: Floats, keep: float) -> Floats:
    """Mean of the past that forgets: a day weighs `keep` times the day after it; NaN until a day is known.

    It is held towards 0 as if a day before the first had been 0.
    """
    known = ~np.isnan(x)
    values = np.where(known, x, 0.0)
    out = np.empty(x.shape)
    total, weight = np.zeros(x.shape[0]), np.ones(x.shape[0])
    for day in range(x.shape[1]):
        total = keep * total + values[:, day]
        weight = keep * weight + known[:, day]
        out[:, day] = total / np.maximum(weight, 1e-6)
    return np.asarray(np.where(np.cumsum(known, axis=1) > 0, out, np.nan))


def raised_sum(x: Floats, most: float) -> Floats:
    """Sum of the past that never falls below 0 nor rises above `most` (a one-sided CUSUM, E. S. Page,
    Biometrika 41:100-115, 1954); what is unknown leaves it as it is."""
    values = np.nan_to_num(x)
    out = np.empty(x.shape)
    total = np.zeros(x.shape[0])
    for day in range(x.shape[1]):
        total = np.clip(total + values[:, day], 0.0, most)
        out[:, day] = total
    return out


def _trailing_sum(x: Floats, days: int, until: int) -> Floats:
    n, d = x.shape
    total = np.concatenate([np.zeros((n, 1)), np.cumsum(x, axis=1)], axis=1)
    end = np.clip(np.arange(1, d + 1) - until, 0, d)
    return np.asarray(total[:, end] - total[:, np.clip(end - days, 0, d)])


def _median(x: Floats, least: int) -> Floats:
    """Median along the last axis of what is known."""
    ordered = np.sort(x, axis=-1)  # NaN last
    count = (~np.isnan(x)).sum(axis=-1)
    low = np.maximum(count - 1, 0) // 2
    high = np.maximum(count, 1) // 2
    both = [np.take_along_axis(ordered, at[..., None], axis=-1)[..., 0] for at in (low, high)]
    with np.errstate(invalid="ignore"):
        return np.where(count >= least, (both[0] + both[1]) / 2, np.nan)
