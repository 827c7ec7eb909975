"""The rhythm indices of many patients at once, from matrices of clock minutes.

Rows are whole local days on which the clock does not change; columns are the minutes of the wall clock from
00:00. Values are those of the functions for one timeline to rounding; tests compare them. What has too
little data is NaN here, without its reason.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.indices.cosinor import FLAT
from analytics.indices.day_to_day import NOT_SCORED
from analytics.indices.persistence import Sums, most_likely
from analytics.indices.relative_amplitude import L5_HOURS, M10_HOURS, TIE, window_means
from analytics.indices.scales import DAY_MIN, Bins, bins_of_all_lengths, centred, moments, shares
from analytics.indices.timeline import Values
from analytics.indices.validity import LEAST_NEIGHBOURS, LEAST_PAIR_HOURS, LEAST_STABILITY_HOURS

TOGETHER = 160_000  #: epochs worked on at once: they fit the processor's cache
Table = dict[str, Values]


def rhythm_of_many(x: Values) -> Table:
    """L5, M10, their onsets [min], RA, IS, IV, ISm, IVm, the cosinor, r24 and phi of each patient.

    `x` is (patients, days, 1440), NaN is missing or not worn. Each array has one value for each patient.
    """
    if x.ndim != 3 or x.shape[2] != DAY_MIN:
        raise ValueError("minutes must come as (patients, days, 1440)")
    step = max(TOGETHER // max(x.shape[1] * DAY_MIN, 1), 1)
    parts = [_rhythm(x[at : at + step]) for at in range(0, len(x), step)] or [_rhythm(x)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def regularity_of_many(states: NDArray[np.int8]) -> Values:
    """SRI of each patient from sleep states by minute (patients, days, 1440)."""
    first, second = states[:, :-1], states[:, 1:]
    both = (first != NOT_SCORED) & (second != NOT_SCORED)
    n = both.sum(axis=(1, 2))
    same = ((first == second) & both).sum(axis=(1, 2))
    share = same / np.maximum(n, 1)
    return np.where(n >= LEAST_PAIR_HOURS * 60, 200 * share - 100, np.nan)


def _rhythm(x: Values) -> Table:
    level, mean, largest = centred(x)
    sums = np.zeros((2, len(x)))
    n_lengths = 0
    for bins in bins_of_all_lengths(level, 60.0):
        hourly = shares(moments(bins), largest)
        sums += hourly
        n_lengths += 1
    # The last bins are the hours.
    clock_hours = (bins.counts.sum(axis=1) > 0).all(axis=1)
    n_hours = bins.counts.sum(axis=(1, 2))
    many = clock_hours & (n_hours >= LEAST_STABILITY_HOURS)
    return {
        **_extremes(x, clock_hours),
        "IS": np.where(many, hourly.explained, np.nan),
        "IV": hourly.stepped,
        "ISm": np.where(many, sums[0] / n_lengths, np.nan),
        "IVm": sums[1] / n_lengths,
        **_cosinor(level, mean, largest, clock_hours),
        "r24": _r24(level, largest),
        "phi": _phi(bins, largest),
    }


def _extremes(x: Values, clock_hours: NDArray[np.bool_]) -> Table:
    valid = ~np.isnan(x)
    n = valid.sum(axis=1)
    profile = np.where(n > 0, np.where(valid, x, 0.0).sum(axis=1) / np.maximum(n, 1), np.nan)
    found: Table = {}
    for name, hours, sign in (("L5", L5_HOURS, 1.0), ("M10", M10_HOURS, -1.0)):
        size = hours * 60
        means = window_means(np.concatenate([profile, profile[:, : size - 1]], axis=1), size)
        ranked = np.where(np.isnan(means), np.inf, sign * means)
        value = sign * ranked.min(axis=1)
        with np.errstate(invalid="ignore"):
            near = np.abs(means - value[:, None]) <= TIE * np.abs(value)[:, None]
        found[name] = np.where(clock_hours, value, np.nan)
        found[f"{name}_onset"] = np.where(clock_hours, near.argmax(axis=1).astype(float), np.nan)
    total = found["M10"] + found["L5"]
    contrast = (found["M10"] - found["L5"]) / np.where(total != 0, total, 1)
    return {**found, "RA": np.where(total != 0, contrast, np.nan)}


def _cosinor(level: Values, mean: Values, largest: Values, clock_hours: NDArray[np.bool_]) -> Table:
    valid = ~np.isnan(level)
    n = valid.sum(axis=1).astype(float)
    total = np.where(valid, level, 0.0).sum(axis=1)
    angle = 2 * np.pi * np.arange(DAY_MIN) / DAY_MIN
    basis = np.stack([np.ones(DAY_MIN), np.cos(angle), np.sin(angle)])
    squares = np.einsum("pm,im,jm->pij", n, basis, basis, optimize=True)
    squares[~clock_hours] = np.eye(3)
    fit = np.linalg.solve(squares, (total @ basis.T)[:, :, None])[:, :, 0]
    amplitude = np.hypot(fit[:, 1], fit[:, 2])
    phase = np.arctan2(fit[:, 2], fit[:, 1]) * 12 / np.pi % 24 % 24
    return {
        "mesor": np.where(clock_hours, fit[:, 0] + mean, np.nan),
        "amplitude": np.where(clock_hours, amplitude, np.nan),
        "acrophase_h": np.where(clock_hours & (amplitude > FLAT * largest), phase, np.nan),
    }


def _r24(level: Values, largest: Values) -> Values:
    valid = ~np.isnan(level)
    z, w = np.where(valid, level, 0.0), valid.astype(float)
    a, b, wa, wb = z[:, :-1], z[:, 1:], w[:, :-1], w[:, 1:]
    n = np.einsum("pdm,pdm->p", wa, wb)
    some = np.maximum(n, 1)
    sum_a, sum_b = np.einsum("pdm,pdm->p", a, wb), np.einsum("pdm,pdm->p", wa, b)
    sq_a, sq_b = np.einsum("pdm,pdm,pdm->p", a, a, wb), np.einsum("pdm,pdm,pdm->p", wa, b, b)
    product = np.einsum("pdm,pdm->p", a, b) - sum_a * sum_b / some
    spread = np.stack([sq_a - sum_a**2 / some, sq_b - sum_b**2 / some])
    enough = (n >= LEAST_PAIR_HOURS * 60) & (spread > n * (1e-12 * largest) ** 2).all(axis=0)
    root = np.sqrt(np.where(enough, spread[0] * spread[1], 1.0))
    return np.where(enough, np.clip(product / root, -1, 1), np.nan)


def _phi(hours: Bins, largest: Values) -> Values:
    people, days, of_a_day = hours.mean.shape
    v = hours.mean.reshape(people, days * of_a_day)
    w = hours.counts.reshape(people, days * of_a_day)
    n = np.maximum(w.sum(axis=1), 1)
    v = (v - (v.sum(axis=1) / n)[:, None]) * w
    begins = w.copy()
    begins[:, 1:] *= 1 - w[:, :-1]
    both = w[:, 1:] * w[:, :-1]
    a, b = v[:, :-1], v[:, 1:]
    sums = Sums(
        begins.sum(axis=1),
        (v * begins).sum(axis=1),
        (v**2 * begins).sum(axis=1),
        both.sum(axis=1),
        (a * both).sum(axis=1),
        (b * both).sum(axis=1),
        (a**2 * both).sum(axis=1),
        (b**2 * both).sum(axis=1),
        (a * b).sum(axis=1),
    )
    varies = np.einsum("pi,pi->p", v, v) > n * (1e-12 * largest) ** 2
    enough = (sums.pairs >= LEAST_NEIGHBOURS) & varies
    found = np.full(people, np.nan)
    if enough.any():
        found[enough] = most_likely(Sums(*(part[enough] for part in sums)))
    return found
