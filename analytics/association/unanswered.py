"""What if the pain on unanswered days was worse? A sensitivity analysis beside the main result.

The main result takes complete days alone. That is right when whether a patient answers has nothing to do with
the pain of that day beyond what x says of it. It may have: people in much pain answer less. So the days on
which x is known and y is not are given the pain that patient would be expected to have with that x, plus
`delta` points, and the link is reckoned again: a pattern mixture model (Little, JASA 88:125, 1993), for
several deltas.

The expected sums are in closed form, so nothing is drawn: with u = x about the patient's mean of answered
days, an unanswered day has y = mean + slope u + delta + e, e with the variance that is left on answered
days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analytics.association.panel import Panel
from analytics.association.patients import DRAWS, LEAST_PATIENTS, patient_weights

Values = NDArray[np.float64]
DELTAS = (0.0, 0.5, 1.0, 2.0)
TIPPING = np.arange(0.0, 5.05, 0.1)  #: deltas that are tried for the tipping point
SEED = 20_260_504


@dataclass(frozen=True)
class Supposed:
    """The link within patients if unanswered days were `delta` points above what is expected of them."""

    delta: float
    r: float | None
    ci: tuple[float, float] | None  #: 95 %, by a bootstrap of patients


@dataclass(frozen=True)
class Sensitivity:
    """How the link depends on what is not known."""

    n_unanswered: int  #: days with x and without y, of patients with two or more complete days
    n_patients: int  #: who have such days
    share: float | None  #: of all days with x
    supposed: tuple[Supposed, ...]
    tipping_delta: float | None  #: the smallest delta at which the interval holds 0
    reasons: dict[str, str]


def sensitivity(
    panel: Panel, deltas: tuple[float, ...] = DELTAS, draws: int = DRAWS, seed: int = SEED
) -> Sensitivity:
    """The link of `x` and `y` on the same day under each delta, in units of y, and where a finding tips.

    `delta` 0 is "missing at random". Patients with fewer than two complete days tell nothing. Intervals need
    eight patients. There is no p: it is no test, but a look at what the answer rests on.
    """
    parts = _parts(panel.without(2))
    n_unanswered, n_known = int(parts.unanswered.sum()), int(parts.answered.sum())
    people = int((parts.unanswered > 0).sum())
    share = n_unanswered / (n_unanswered + n_known) if n_known else None
    if n_unanswered == 0 or not parts.xx.sum() > 0:
        why = "no day has x and lacks y" if n_known else "too little data: no patient has two complete days"
        none = tuple(Supposed(delta, None, None) for delta in deltas) if not n_known else ()
        return Sensitivity(n_unanswered, people, share, none, None, {"supposed": why, "tipping_delta": why})
    patients = len(parts.xx)
    reasons = {}
    drawn = None
    if patients >= LEAST_PATIENTS:
        drawn = parts.drawn(patient_weights(patients, draws, seed))
    else:
        reasons["ci"] = f"too few patients: {patients}; an interval needs {LEAST_PATIENTS}"
    whole = parts.drawn(np.ones((1, patients)))
    supposed = tuple(_supposed(whole, delta, drawn) for delta in deltas)
    tipping = None
    if drawn is None:
        reasons["tipping_delta"] = reasons["ci"]
    elif _holds_zero(_supposed(whole, 0.0, drawn)):
        reasons["tipping_delta"] = "the interval holds 0 already where nothing is supposed"
    else:
        tipping = next((float(d) for d in TIPPING if _holds_zero(_supposed(whole, float(d), drawn))), None)
        if tipping is None:
            reasons["tipping_delta"] = f"the interval stays away from 0 up to {TIPPING[-1]:g}"
    return Sensitivity(n_unanswered, people, share, supposed, tipping, reasons)


class _Parts(NamedTuple):
    """Of each patient (P,): sums of the answered days, and what the unanswered ones add to them."""

    one: Values
    answered: Values
    unanswered: Values
    xx: Values
    xy: Values
    yy: Values
    c: Values  # adds slope c to xy, slope^2 c to yy, and c to xx
    d: Values  # adds delta d to xy, 2 slope delta d to yy
    e: Values  # adds delta^2 e to yy
    f: Values  # adds variance f to yy

    def drawn(self, weights: Values) -> _Parts:
        """Summed over the patients of each draw (draws, P)."""
        return _Parts(*(weights @ np.stack(self, axis=1)).T)


def _parts(panel: Panel) -> _Parts:
    there = ~np.isnan(panel.x)
    answered, unanswered = there & ~np.isnan(panel.y), there & np.isnan(panel.y)
    n_a, n_u = answered.sum(axis=1).astype(float), unanswered.sum(axis=1).astype(float)
    n = np.maximum(n_a + n_u, 1)
    x, y = np.where(there, panel.x, 0), np.where(answered, panel.y, 0)
    u = x - ((x * answered).sum(axis=1) / np.maximum(n_a, 1))[:, None]
    v = (y - (y.sum(axis=1) / np.maximum(n_a, 1))[:, None]) * answered
    of_u = (u * unanswered).sum(axis=1)
    own = u * answered
    return _Parts(
        np.ones_like(n),
        n_a,
        n_u,
        np.vecdot(own, own),
        np.vecdot(own, v),
        np.vecdot(v, v),
        (u * u * unanswered).sum(axis=1) - of_u**2 / n,
        of_u * n_a / n,
        n_u * n_a / n,
        n_u * (n - 1) / n,
    )


def _r(of: _Parts, delta: float) -> Values:
    """(draws,) the link under `delta`; slope and variance are found anew from the patients of each draw."""
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = of.xy / of.xx
        variance = np.maximum(of.yy - slope * of.xy, 0) / np.maximum(of.answered - of.one - 1, 1)
        yy = of.yy + slope**2 * of.c + 2 * slope * delta * of.d + delta**2 * of.e + variance * of.f
        return np.asarray((of.xy + slope * of.c + delta * of.d) / np.sqrt((of.xx + of.c) * yy))


def _supposed(whole: _Parts, delta: float, drawn: _Parts | None) -> Supposed:
    (r,) = _r(whole, delta)
    if not np.isfinite(r):
        return Supposed(delta, None, None)
    if drawn is None:
        return Supposed(delta, float(r), None)
    z = np.arctanh(np.clip(_r(drawn, delta), -1 + 1e-12, 1 - 1e-12))
    z = z[np.isfinite(z)]
    reach = float(special.stdtrit(float(whole.one[0]) - 1, 0.975) * z.std(ddof=1))
    middle = float(np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)))
    return Supposed(delta, float(r), (float(np.tanh(middle - reach)), float(np.tanh(middle + reach))))


def _holds_zero(one: Supposed) -> bool:
    return one.ci is None or one.ci[0] <= 0 <= one.ci[1]
