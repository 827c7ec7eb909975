"""Sums of products within each patient: all that correlations, shifts and bootstraps of patients need."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

Values = NDArray[np.float64]


class Sums(NamedTuple):
    """Of pairs (x, y) about the patient's own means of those pairs; the last axis may hold lags or shifts."""

    n: Values  #: pairs
    xx: Values
    yy: Values
    xy: Values

    def over(self, axis: int) -> Sums:
        """Summed over patients."""
        return Sums(*(part.sum(axis=axis) for part in self))

    @property
    def r(self) -> Values:
        """Correlation within patients; NaN where x or y does not vary."""
        spread = np.sqrt(np.maximum(self.xx, 0) * np.maximum(self.yy, 0))
        return np.where(spread > 0, np.clip(self.xy / np.where(spread > 0, spread, 1), -1, 1), np.nan)


def centred(values: Values) -> tuple[Values, Values]:
    """Each patient's values (P, N) about the own mean, 0 where missing; and 1 where known, else 0."""
    known = ~np.isnan(values)
    n = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known, values, 0).sum(axis=1) / n
    return np.where(known, values - mean[:, None], 0), known.astype(np.float64)


def lagged_sums(x: Values, y: Values, lags: tuple[int, ...]) -> Sums:
    """(P, lags): x on a day with y `lag` days later; columns of `x`, `y` (P, N) are days, NaN is missing."""
    (a, ka), (b, kb) = centred(x), centred(y)
    aa, bb = a * a, b * b
    days = x.shape[1]
    found = np.zeros((4, len(x), len(lags)))
    for place, lag in enumerate(lags):
        if abs(lag) >= days:
            continue
        early, late = slice(max(-lag, 0), days - max(lag, 0)), slice(max(lag, 0), days + min(lag, 0))
        u, ku, v, kv = a[:, early], ka[:, early], b[:, late], kb[:, late]
        found[:, :, place] = _about_means(
            np.vecdot(ku, kv),
            np.vecdot(u, kv),
            np.vecdot(ku, v),
            np.vecdot(aa[:, early], kv),
            np.vecdot(ku, bb[:, late]),
            np.vecdot(u, v),
        )
    return Sums(*found)


def shifted_sums(x: Values, y: Values, spans: NDArray[np.int64]) -> Sums:
    """(P, N): x on a day with y `s` days later, where the days of each patient go round in a circle.

    `spans` (P,) says how many columns are the patient's own days; shifts from there on repeat nothing and are
    not to be used. By Fourier transforms of everything padded to twice its length, from which the circle of
    any span is put together: what runs out at the end comes in again at the beginning.
    """
    (a, ka), (b, kb) = centred(x), centred(y)
    days = x.shape[1]
    size = next_fast_len(2 * days, real=True)
    left = [np.conj(rfft(part, size, axis=1)) for part in (ka, a, a * a)]
    right = [rfft(part, size, axis=1) for part in (kb, b, b * b)]
    shift = np.arange(days)
    again = (shift - spans[:, None]) % size  # the same shift, once round

    def product(i: int, j: int) -> Values:
        line = irfft(left[i] * right[j], size, axis=1)
        return np.asarray(line[:, :days] + np.take_along_axis(line, again, axis=1))

    return Sums(
        *_about_means(
            np.rint(product(0, 0)), product(1, 0), product(0, 1), product(2, 0), product(0, 2), product(1, 1)
        )
    )


def _about_means(
    n: Values, sum_x: Values, sum_y: Values, xx: Values, yy: Values, xy: Values
) -> tuple[Values, Values, Values, Values]:
    some = np.maximum(n, 1)
    return n, xx - sum_x**2 / some, yy - sum_y**2 / some, xy - sum_x * sum_y / some
