"""Whether the days that are scored now are still like those that a risk model was fitted to.

Three signs: the distribution of each feature and of the risks (population stability index), the share of
days on which a feature is missing, and, where outcomes are known, whether as many events come as risks say. A
model that drifts is told about, not mended: what to do is a person's decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.escalation.patient_bootstrap import LEAST_PATIENTS
from analytics.escalation.risk_model import Reference, RiskModel
from analytics.escalation.validation import Values, Yes, calibration

GROUPS = 10
LEAST_DAYS = 200  #: fewer days have an index that chance alone makes large
LEAST_EVENTS = 10
#: The usual reading: below 0.1 alike, up to 0.25 moved, above that another population (N. Siddiqi, Credit
#: Risk Scorecards, 2006).
MOVED, ANOTHER = 0.10, 0.25
MISSING_MOVED = 0.15  #: the share of days without a feature rose or fell by so much
_LEAST_SHARE = 1e-3  #: an empty group would make the index infinite


def reference_of(values: Values) -> dict[str, Any]:
    """How the known of `values` (m,) are distributed, ready for JSON; equal values share a group."""
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, GROUPS + 1)[1:-1])) if len(known) else np.zeros(1)
    short = [float(f"{edge:.6g}") for edge in edges]
    edges = np.unique(short)
    return {
        "edges": edges.tolist(),
        "shares": [round(float(share), 6) for share in _shares(known, edges)],
        "missing": round(float(np.isnan(values).mean()), 6) if len(values) else 1.0,
    }


@dataclass(frozen=True, slots=True)
class Drift:
    """One figure now and in training. `index` is None where too few days are known, with the reason."""

    name: str
    days: int  #: on which it is known
    index: float | None
    reason: str | None
    missing: float  #: share of the days without it
    missing_before: float

    @property
    def verdict(self) -> str:
        """`alike`, `moved`, `another`, `missing` or `cannot tell`."""
        if abs(self.missing - self.missing_before) > MISSING_MOVED:
            return "missing"
        if self.index is None:
            return "cannot tell"
        return "alike" if self.index < MOVED else "moved" if self.index < ANOTHER else "another"


def drift(model: RiskModel, found: dict[str, Values]) -> list[Drift]:
    """Each figure of the model's reference, the most changed first.

    `found` holds (m,) values by name, NaN where missing; a name that is absent is missing on every day.
    """
    days = max((len(values) for values in found.values()), default=0)
    told = [
        _one(name, before, found.get(name, np.full(days, np.nan))) for name, before in model.reference.items()
    ]
    return sorted(told, key=lambda one: (-(one.index or 0.0), one.name))


def stability_index(before: Values, now: Values) -> float:
    """Sum over groups of (now - before) * log(now / before): 0 for the same shares."""
    a, b = np.maximum(before, _LEAST_SHARE), np.maximum(now, _LEAST_SHARE)
    return float(((b - a) * np.log(b / a)).sum())


@dataclass(frozen=True, slots=True)
class InTheLarge:
    """Events that came beside those that were expected; figures are None with a reason."""

    days: int
    expected: float  #: share of the days, by the risks
    observed: float
    intercept: float | None  #: above 0: risks are too low
    reason: str | None


def in_the_large(p: Values, y: Yes, patients: int) -> InTheLarge:
    """Calibration-in-the-large of recent days; `patients` is how many people they are of."""
    events = int(y.sum())
    why = None
    if events < LEAST_EVENTS or len(y) - events < LEAST_EVENTS or patients < LEAST_PATIENTS:
        why = f"too little data: {events} days before an event, {len(y) - events} others, {patients} patients"
    large = None if why else calibration(p, y).in_the_large
    empty = not len(p)
    return InTheLarge(
        len(p), 0.0 if empty else float(p.mean()), 0.0 if empty else float(y.mean()), large, why
    )


def _one(name: str, before: Reference, values: Values) -> Drift:
    known = values[~np.isnan(values)]
    missing = float(np.isnan(values).mean()) if len(values) else 1.0
    if len(known) < LEAST_DAYS:
        why = f"too little data: {len(known)} days, {LEAST_DAYS} are needed"
        return Drift(name, len(known), None, why, missing, before.missing)
    index = stability_index(before.shares, _shares(known, before.edges))
    return Drift(name, len(known), index, None, missing, before.missing)


def _shares(known: Values, edges: Values) -> Values:
    # A value at an edge lies below it, so that a heap (no episodes at all) is one group.
    counts = np.bincount(np.searchsorted(edges, known, side="left"), minlength=len(edges) + 1)
    return np.asarray(counts / max(len(known), 1))
