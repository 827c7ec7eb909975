"""Figures of the days up to each day: means, medians and counts over trailing windows, NaN left out.

All take (n, d) and give (n, d); the figure of day k rests on days up to k alone, so leaving out later days
changes no earlier value. Days before the first are unknown. Asked for the `last` days alone, they give those
columns, to the last bit the same.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from analytics.escalation.rows import Floats

#: Patients whose windows are unfolded at once: bounds memory, changes nothing.
_AT_ONCE = 256


def last_of(x: Floats, last: int | None) -> Floats:
    """The last so many columns, or all of them."""
    return x if last is None else x[:, max(0, x.shape[1] - last) :]


def trailing_count(known: NDArray[np.bool_], days: int, until: int = 0, *, last: int | None = None) -> Floats:
    """How many of the `days` days up to and with `until` days ago are True."""
    return _trailing_sum(known.astype(np.float64), days, until, last)


def trailing_mean(x: Floats, days: int, until: int = 0, *, least: int = 1, last: int | None = None) -> Floats:
    """Mean of what is known of these days; NaN where fewer than `least` are."""
    known = ~np.isnan(x)
    count = trailing_count(known, days, until, last=last)
    total = _trailing_sum(np.where(known, x, 0.0), days, until, last)
    return np.asarray(np.where(count >= least, total / np.maximum(count, 1), np.nan))


def trailing_max(x: Floats, days: int, *, last: int | None = None) -> Floats:
    """Highest known value of the last `days` days; NaN where none is."""
    x = last_of(x, None if last is None else last + days - 1)
    best = x.copy()
    for back in range(1, min(days, x.shape[1])):
        best[:, back:] = np.fmax(best[:, back:], x[:, : x.shape[1] - back])
    return last_of(best, last)


def trailing_median(
    x: Floats, days: int, until: int = 0, *, least: int = 1, last: int | None = None
) -> tuple[Floats, Floats]:
    """(median, median distance from it) of what is known of these days; NaN where fewer than `least` are."""
    n, d = x.shape
    asked = d if last is None else min(last, d)
    middle, away = np.full((n, asked), np.nan), np.full((n, asked), np.nan)
    for first in range(0, n, _AT_ONCE):
        part = slice(first, min(first + _AT_ONCE, n))
        padded = np.concatenate([np.full((part.stop - first, days + until - 1), np.nan), x[part]], axis=1)
        seen = sliding_window_view(padded, days, axis=1)[:, d - asked : d]
        middle[part] = _median(seen, least)
        away[part] = _median(np.abs(seen - middle[part][:, :, None]), least)
    return middle, away


def carried(x: Floats, days: int, *, last: int | None = None) -> Floats:
    """The last known value, if it is less than `days` days old."""
    x = last_of(x, None if last is None else last + days - 1)
    found = x.copy()
    for back in range(1, min(days, x.shape[1])):
        gap = np.isnan(found[:, back:])
        found[:, back:][gap] = x[:, : x.shape[1] - back][gap]
    return last_of(found, last)


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
    totals, weights = np.empty(x.shape), np.empty(x.shape)
    if len(x) == 1:  # the same sums a number at a time: arrays of one number cost more than their sum
        one, of = 0.0, 1.0
        for day, (value, told) in enumerate(zip(values[0].tolist(), known[0].tolist(), strict=True)):
            one, of = keep * one + value, keep * of + told
            totals[0, day], weights[0, day] = one, of
    else:
        total, weight = np.zeros(x.shape[0]), np.ones(x.shape[0])
        for day in range(x.shape[1]):
            total = keep * total + values[:, day]
            weight = keep * weight + known[:, day]
            totals[:, day], weights[:, day] = total, weight
    out = totals / np.maximum(weights, 1e-6)
    return np.asarray(np.where(np.cumsum(known, axis=1) > 0, out, np.nan))


def raised_sum(x: Floats, most: float) -> Floats:
    """Sum of the past that never falls below 0 nor rises above `most` (a one-sided CUSUM, E. S. Page,
    Biometrika 41:100-115, 1954); what is unknown leaves it as it is."""
    values = np.nan_to_num(x)
    out = np.empty(x.shape)
    if len(x) == 1:
        one = 0.0
        for day, value in enumerate(values[0].tolist()):
            one = min(max(one + value, 0.0), most)
            out[0, day] = one
        return out
    total = np.zeros(x.shape[0])
    for day in range(x.shape[1]):
        total = np.clip(total + values[:, day], 0.0, most)
        out[:, day] = total
    return out


def _trailing_sum(x: Floats, days: int, until: int, last: int | None) -> Floats:
    n, d = x.shape
    # From the first day on, whatever is asked for: sums that begin elsewhere round differently.
    total = np.zeros((n, d + 1))
    np.cumsum(x, axis=1, out=total[:, 1:])
    end, begin = _bounds(d, days, until, last)
    return np.asarray(total[:, end] - total[:, begin])


@lru_cache(maxsize=4096)
def _bounds(d: int, days: int, until: int, last: int | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each asked day: (the day after its window, the first of its window)."""
    first = 0 if last is None else max(0, d - last)
    end = np.clip(np.arange(first + 1, d + 1) - until, 0, d)
    return end, np.clip(end - days, 0, d)


def _median(x: Floats, least: int) -> Floats:
    """Median along the last axis of what is known."""
    ordered = np.sort(x, axis=-1).reshape(-1, x.shape[-1])  # NaN last
    count = (~np.isnan(x)).sum(axis=-1).ravel()
    row = np.arange(len(ordered))
    low = ordered[row, np.maximum(count - 1, 0) // 2]
    high = ordered[row, np.maximum(count, 1) // 2]
    with np.errstate(invalid="ignore"):
        return np.where(count >= least, (low + high) / 2, np.nan).reshape(x.shape[:-1])
