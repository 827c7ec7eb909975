"""The link of two daily measures within patients, at several lags, with what chance and other patients leave.

`p` and `ci` allow for days in a row being alike: p by turning one measure against the other in circles
(`shifts`), the interval by a bootstrap of whole patients (`patients`). The textbook values stand beside them
under their own names and are no finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analytics.association.families import benjamini_hochberg
from analytics.association.panel import Panel
from analytics.association.patients import LEAST_PATIENTS, patient_interval, patient_weights
from analytics.association.shifts import DRAWS, random_shifts, shift_p, shifted_strength, strength
from analytics.association.sums import Sums, lagged_sums, shifted_sums

Values = NDArray[np.float64]
METHOD = "links 2"
LAGS = tuple(range(-3, 8))
SEED = 20_260_504  #: the same question gets the same answer
LEAST_DAYS = 30  #: complete days in all, and
LEAST_SPAN = 14  #: days from first to last of a patient: shorter, hardly any turn is another one
P_METHOD = f"circular shifts of each patient's days, {DRAWS} draws"
CI_BY_PATIENTS = f"studentized bootstrap of patients on Fisher's z, {DRAWS} draws"
CI_BY_DAYS = "Fisher's z with the effective number of days"


@dataclass(frozen=True)
class Link:
    """One lag: x on a day with y `lag` days later. A null value has its sentence in `reasons`."""

    lag: int
    n: int  #: pairs of days
    n_patients: int  #: who have such a pair
    n_eff: float | None  #: that many independent pairs would leave r as uncertain
    r: float | None
    p: float | None
    p_adjusted: float | None  #: over the lags that were asked together
    ci: tuple[float, float] | None  #: 95 %
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Links:
    """All lags of one question."""

    lags: tuple[Link, ...]
    n_patients: int  #: with two or more complete days
    n_days: int  #: complete days of those patients
    p_method: str
    ci_method: str


def links(panel: Panel, lags: Sequence[int] = LAGS, draws: int = DRAWS, seed: int = SEED) -> Links:
    """Link of `x` and `y` within patients at each lag, with p and interval that allow for serial dependence.

    There is no p below `LEAST_DAYS` complete days in all, or where no patient spans `LEAST_SPAN` days;
    patients who span fewer give to r and not to p. No r where the pairs of a lag leave no degree of freedom
    beside a level for each patient. With fewer than eight patients the interval is that of Fisher's z with
    the effective number of days (`n_eff`), less those that the levels of the patients take, and takes the
    link as the same in all patients.
    """
    rng = np.random.default_rng(seed)
    panel = panel.without(2)
    of_lags = lagged_sums(panel.x, panel.y, tuple(lags))
    total = Sums(*(part.sum(axis=0) for part in of_lags))
    levels = (of_lags.n > 0).sum(axis=0)  # rows that have a level at this lag
    enough = total.n - levels - 1 >= 1
    # Of two pairs r is 1 or -1 whatever they are: what no degree of freedom is left for is not told.
    total = total._replace(xy=np.where(enough, total.xy, np.nan))
    effective = effective_days(panel, total.n)
    n_days = int((~np.isnan(panel.x) & ~np.isnan(panel.y)).sum())
    why = _too_little(panel, n_days)
    p = np.full(len(lags), np.nan)
    if why is None:
        # What was adjusted away is missing in r and not in the turns, which are no longer without it.
        left = np.sqrt(np.clip(1 - panel.spent / np.maximum(total.n, 1), 0, 1))
        p = np.maximum(shift_p(strength(total) * left, chance(panel, draws, rng)), 1 / turns(panel))
    names, whose = np.unique(np.array(panel.patients, dtype=np.str_), return_inverse=True)
    by_patients = len(names) >= LEAST_PATIENTS
    own = _of_patients(of_lags, whose, len(names))
    people = (own.n > 0).sum(axis=0)
    if by_patients:
        low, high = patient_interval(own, patient_weights(len(names), draws, seed))
    else:
        low, high = _fisher(total.r, effective * (1 - np.maximum(levels - 1, 0) / np.maximum(total.n, 1)))
    adjusted = benjamini_hochberg(p)
    return Links(
        tuple(
            _link(
                lag,
                (int(total.n[k]), int(people[k])),
                effective[k],
                total.r[k],
                p[k],
                adjusted[k],
                (low[k], high[k]),
                bool(enough[k]),
                why,
            )
            for k, lag in enumerate(lags)
        ),
        len(names),
        n_days,
        P_METHOD,
        CI_BY_PATIENTS if by_patients else CI_BY_DAYS,
    )


def _of_patients(sums: Sums, whose: NDArray[np.intp], patients: int) -> Sums:
    """The rows of each patient together."""
    found = np.zeros((4, patients, sums.n.shape[1]))
    for total, part in zip(found, sums, strict=True):
        np.add.at(total, whose, part)
    return Sums(*found)


def chance(panel: Panel, draws: int, rng: np.random.Generator) -> Values:
    """(draws,) strength of the link of unrelated measures that are each by itself as they are here."""
    long = _long(panel)
    x, y, spans = panel.x[long], panel.y[long], panel.spans[long]
    return shifted_strength(shifted_sums(x, y, spans), random_shifts(spans, draws, rng))


def turns(panel: Panel) -> float:
    """In how many different ways the days can be turned: no p can be smaller than one in so many, however
    many draws there are. It tells where few are long enough to be turned: of one patient of 14 days among 20
    of 13 a p without this bound was 0.001 in 9 of 100 unrelated cohorts."""
    return float(np.exp(np.log(panel.spans[_long(panel)]).sum().clip(0, 100)))


def _long(panel: Panel) -> NDArray[np.bool_]:
    return panel.spans >= LEAST_SPAN


def effective_days(panel: Panel, n: Values) -> Values:
    """n (1 - ab) / (1 + ab), a and b the lag-1 autocorrelations within patients of x and y, at most n [1]_.

    NaN where an autocorrelation is unknown.

    References
    ----------
    .. [1] M. S. Bartlett, "Some aspects of the time-correlation problem in regard to tests of significance,"
       J. R. Stat. Soc. 98:536-543, 1935; C. S. Bretherton et al., J. Climate 12:1990-2009, 1999.
    """
    own = [lagged_sums(v, v, (1,)) for v in (panel.x, panel.y)]
    a, b = (float(Sums(*(part.sum(axis=0) for part in sums)).r[0]) for sums in own)
    return np.asarray(n * min((1 - a * b) / (1 + a * b), 1.0) if a * b > -1 else n * np.nan)


def _fisher(r: Values, n_eff: Values) -> tuple[Values, Values]:
    with np.errstate(divide="ignore", invalid="ignore"):
        z, half = np.arctanh(r), float(special.ndtri(0.975)) / np.sqrt(n_eff - 3)
        known = np.isfinite(z) & np.isfinite(half)
        return tuple(np.where(known, np.tanh(z + sign * half), np.nan) for sign in (-1, 1))  # type: ignore[return-value]


def _too_little(panel: Panel, n_days: int) -> str | None:
    if n_days < LEAST_DAYS:
        return f"too little data: {n_days} complete days; a p value needs {LEAST_DAYS}"
    if not _long(panel).any():
        return f"too little data: no patient has {LEAST_SPAN} days from first to last"
    return None


def _link(
    lag: int,
    pairs: tuple[int, int],
    n_eff: float,
    r: float,
    p: float,
    adjusted: float,
    ci: tuple[float, float],
    free: bool,
    why: str | None,
) -> Link:
    n, people = pairs
    reasons: dict[str, str] = {}
    if np.isnan(r):
        nothing = "x or y never varies within a patient"
        if not free:
            nothing = f"too little data: {n} pairs of days leave no degree of freedom"
        reasons |= dict.fromkeys(("r", "p", "p_adjusted", "ci"), nothing)
    elif why is not None:
        reasons |= dict.fromkeys(("p", "p_adjusted"), why)
    if np.isnan(r) or np.isnan(ci[0]):
        reasons.setdefault("ci", "too little data, or a perfect link: no interval can be given")
    if np.isnan(n_eff):
        reasons["n_eff"] = "the autocorrelation within patients is unknown"
    interval = None if np.isnan(r) or np.isnan(ci[0]) else (float(ci[0]), float(ci[1]))
    return Link(lag, n, people, _known(n_eff), _known(r), _known(p), _known(adjusted), interval, reasons)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
