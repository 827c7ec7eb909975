"""What predicted risks are worth where they are asked: the document of a validation.

Figures come with intervals by drawing whole patients. With too few events a figure is None with its reason:
too little data is an answer, a number would be read as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.patient_bootstrap import DRAWS, clustered_intervals
from analytics.escalation.validation import (
    THRESHOLDS,
    Values,
    Yes,
    auroc,
    average_precision,
    brier,
    calibration,
    expected_calibration_error,
    net_benefit,
    reliability,
    scaled_brier,
)

LEAST_WITH_EVENT, LEAST_WITHOUT = 10, 10  #: patients; with fewer a figure says more of them than of the model
#: For a validation that is to be trusted: 100 events and 100 others (Y. Vergouwe et al., J. Clin. Epidemiol.
#: 58:475-483, 2005; G. S. Collins et al., Stat. Med. 35:214-226, 2016).
ENOUGH_EVENTS = 100
FIGURES = (
    "auroc",
    "auprc",
    "calibration_slope",
    "calibration_intercept",
    "calibration_in_the_large",
    "brier",
    "scaled_brier",
    "ece",
)
SMALL_FIGURES = ("auroc", "calibration_slope", "calibration_in_the_large")


@dataclass(frozen=True)
class Asked:
    """m days with a risk and an outcome that is known."""

    p: Values
    comes: Yes  #: one of the next seven days lies in an event
    begins: Yes  #: an event begins on one of them
    running: Yes  #: the day itself lies in one
    patient: NDArray[np.int64]
    groups: Mapping[str, NDArray[np.str_]]  #: by name: what each day's patient is; "" is not known


def validation(asked: Asked, *, draws: int = DRAWS, seed: int = 0) -> dict[str, Any]:
    """The document, ready for JSON."""
    counts = _counts(asked)
    cautions = _cautions(counts)
    reason = _too_little(asked.comes, asked.patient)
    calm = ~asked.running
    onset_reason = _too_little(asked.begins[calm], asked.patient[calm])
    return {
        "counts": counts,
        "cautions": cautions,
        "figures": _figures(asked, FIGURES, reason, draws, seed),
        "onset_auroc": _onset(asked, calm, onset_reason, draws, seed),
        "reliability": None if reason else [asdict(one) for one in reliability(asked.p, asked.comes)],
        "reliability_reason": reason,
        "net_benefit": None if reason else _net_benefit(asked, draws, seed),
        "net_benefit_reason": reason,
        "subgroups": {
            name: {
                value: _subgroup(asked, of == value, draws, seed)
                for value in sorted(set(of.tolist()))
                if value
            }
            for name, of in asked.groups.items()
        },
        "intervals": f"95 %, {draws} bootstraps of whole patients",
    }


def _counts(asked: Asked) -> dict[str, int]:
    return {
        "patients": len(np.unique(asked.patient)),
        "patients_with_event": len(np.unique(asked.patient[asked.comes])),
        "days": len(asked.p),
        "days_before_or_in_event": int(asked.comes.sum()),
        "days_in_event": int(asked.running.sum()),
    }


def _cautions(counts: dict[str, int]) -> list[str]:
    events, others = counts["patients_with_event"], counts["patients"] - counts["patients_with_event"]
    found = []
    if min(events, others) < ENOUGH_EVENTS:
        found.append(
            f"{events} patients with an event and {others} without: {ENOUGH_EVENTS} of each are asked of a "
            "validation that is to be trusted; take these figures as a first look"
        )
    return found


def _too_little(comes: Yes, patient: NDArray[np.int64]) -> str | None:
    """Why nothing can be told of these days, or None."""
    events = len(np.unique(patient[comes]))
    if events < LEAST_WITH_EVENT:
        return f"too little data: {events} patients with an event, {LEAST_WITH_EVENT} are needed"
    calm = len(np.unique(patient[~comes]))
    if calm < LEAST_WITHOUT:
        return f"too little data: {calm} patients with a day before no event, {LEAST_WITHOUT} are needed"
    return None


def _figures(
    asked: Asked, names: tuple[str, ...], reason: str | None, draws: int, seed: int
) -> dict[str, dict[str, Any]]:
    if reason:
        return {name: {"value": None, "ci": None, "reason": reason} for name in names}

    def told(p: Values, y: Yes, w: Values | None = None) -> list[float]:
        cox = calibration(p, y, w)
        given = {
            "calibration_slope": cox.slope,
            "calibration_intercept": cox.intercept,
            "calibration_in_the_large": cox.in_the_large,
        }
        return [given[name] if name in given else _ALONE[name](p, y, w) for name in names]

    values = told(asked.p, asked.comes)
    intervals = clustered_intervals(asked.p, asked.comes, asked.patient, told, draws=draws, seed=seed)
    return {
        name: _figure(value, interval) for name, value, interval in zip(names, values, intervals, strict=True)
    }


_ALONE: dict[str, Any] = {
    "auroc": auroc,
    "auprc": average_precision,
    "brier": brier,
    "scaled_brier": scaled_brier,
    "ece": expected_calibration_error,
}


def _figure(value: float, interval: tuple[float, float] | None) -> dict[str, Any]:
    if np.isnan(value):
        return {"value": None, "ci": None, "reason": "cannot be told: risks or outcomes are all alike"}
    return {"value": value, "ci": None if interval is None else list(interval)}


def _onset(asked: Asked, calm: Yes, reason: str | None, draws: int, seed: int) -> dict[str, Any]:
    """Of days outside of events: does the risk tell an event that is to begin?"""
    if reason:
        return {"value": None, "ci": None, "reason": reason}
    p, y, who = asked.p[calm], asked.begins[calm], asked.patient[calm]
    (interval,) = clustered_intervals(p, y, who, lambda *of: [auroc(*of)], draws=draws, seed=seed)
    return _figure(auroc(p, y), interval)


def _net_benefit(asked: Asked, draws: int, seed: int) -> list[dict[str, Any]]:
    found = net_benefit(asked.p, asked.comes)
    intervals = clustered_intervals(
        asked.p,
        asked.comes,
        asked.patient,
        lambda *of: [one.model - max(one.treat_all, 0.0) for one in net_benefit(*of)],
        draws=draws,
        seed=seed,
    )
    return [
        {
            **asdict(one),
            "treat_none": 0.0,
            "over_the_better": one.model - max(one.treat_all, 0.0),
            "over_the_better_ci": None if interval is None else list(interval),
        }
        for one, interval in zip(found, intervals, strict=True)
    ]


def _subgroup(asked: Asked, mask: Yes, draws: int, seed: int) -> dict[str, Any]:
    part = Asked(
        asked.p[mask], asked.comes[mask], asked.begins[mask], asked.running[mask], asked.patient[mask], {}
    )
    reason = _too_little(part.comes, part.patient)
    return {
        "counts": _counts(part),
        "event_rate": float(part.comes.mean()) if len(part.p) else None,
        "mean_risk": float(part.p.mean()) if len(part.p) else None,
        "figures": _figures(part, SMALL_FIGURES, reason, draws, seed),
    }


__all__ = ["FIGURES", "SMALL_FIGURES", "THRESHOLDS", "Asked", "validation"]
