"""How sure a link is, when other patients might have been asked: a bootstrap of whole patients."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from analytics.association.sums import Sums

Values = NDArray[np.float64]
DRAWS = 1000
LEVEL = 0.95
LEAST_PATIENTS = 8  #: with fewer there are too few different bootstraps to trust


@lru_cache(maxsize=2)
def patient_weights(patients: int, draws: int, seed: int) -> Values:
    """(draws, P) how often each patient is drawn; kept, as each index of a question asks for the same."""
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(patients, np.full(patients, 1 / patients), size=draws).astype(np.float64)
    weights.flags.writeable = False
    return weights


def patient_interval(sums: Sums, weights: Values) -> tuple[Values, Values]:
    """95 % interval of the correlation within patients, one for each column of `sums` (P, K).

    Studentized and symmetric on Fisher's z: in each bootstrap the distance from the observed z in standard
    errors of that bootstrap, which follow from the sums of its patients; the interval reaches as far as 95 %
    of these. With 8 to 100 simulated patients, autocorrelation 0.5 and a quarter missing it holds the truth
    in 93 to 96 of 100 cohorts, the plain percentile interval in 88 to 95. NaN where z has no error.
    """
    xx, yy, xy = sums.xx, sums.yy, sums.xy
    total = Sums(*(part.sum(axis=0) for part in sums))
    with np.errstate(divide="ignore", invalid="ignore"):
        r = total.r
        z, error = np.arctanh(r), _error(np.ones((1, len(xx))), xx, yy, xy)[1][0]
        drawn_r, drawn_error = _error(weights, xx, yy, xy)
        away = np.abs(np.arctanh(np.clip(drawn_r, -1 + 1e-12, 1 - 1e-12)) - z) / drawn_error
        reach = np.quantile(np.where(np.isnan(away), np.inf, away), LEVEL, axis=0, method="higher") * error
    known = np.isfinite(reach)
    return tuple(np.where(known, np.tanh(z + sign * np.where(known, reach, 0)), np.nan) for sign in (-1, 1))  # type: ignore[return-value]


def slope_interval(sums: Sums, weights: Values) -> tuple[float, float, float]:
    """(standard error, low, high) of the slope within patients, xy / xx, in the same way; `sums` (P,)."""
    xx, xy = sums.xx, sums.xy
    slope = xy.sum() / xx.sum()
    error = _slope_error(np.ones((1, len(xx))), xx, xy)[1][0]
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn, drawn_error = _slope_error(weights, xx, xy)
        away = np.abs(drawn - slope) / drawn_error
    reach = float(np.quantile(np.where(np.isnan(away), np.inf, away), LEVEL, method="higher") * error)
    return float(error), float(slope - reach), float(slope + reach)


def _slope_error(weights: Values, xx: Values, xy: Values) -> tuple[Values, Values]:
    """(draws,) slope and its standard error, from what each patient adds to it."""
    patients = len(xx)
    total = weights @ xx
    slope = (weights @ xy) / total
    squares = weights @ (xy * xy) - 2 * slope * (weights @ (xy * xx)) + slope**2 * (weights @ (xx * xx))
    return slope, np.sqrt(np.maximum(squares, 0) * patients / max(patients - 1, 1)) / total


def _error(weights: Values, xx: Values, yy: Values, xy: Values) -> tuple[Values, Values]:
    """(draws, K) r and the standard error of its z, from what each patient adds to r (delta method)."""
    patients = len(xx)
    sums = [weights @ part for part in (xy, xx, yy)]
    r = np.clip(sums[0] / np.sqrt(sums[1] * sums[2]), -1, 1)
    # A patient's part in r: xy k - xx p - yy q; its square, summed over the drawn patients.
    k, p, q = 1 / np.sqrt(sums[1] * sums[2]), r / (2 * sums[1]), r / (2 * sums[2])
    squares = (
        k * k * (weights @ (xy * xy))
        + p * p * (weights @ (xx * xx))
        + q * q * (weights @ (yy * yy))
        - 2 * k * p * (weights @ (xy * xx))
        - 2 * k * q * (weights @ (xy * yy))
        + 2 * p * q * (weights @ (xx * yy))
    )
    variance = np.maximum(squares, 0) * patients / max(patients - 1, 1)
    return r, np.sqrt(variance) / (1 - r * r)
