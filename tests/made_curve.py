"""A small operating curve with round numbers about the shipped page score, for whoever needs one.

Made up: it says nothing of the detector.
"""

from __future__ import annotations

from typing import Any

from analytics.escalation.operating_curve import OperatingCurve, curve_of
from analytics.escalation.settings import SHIPPED

USUAL = SHIPPED.page_score


def point(score: float, calm: float, flare: float, drift: float, delay: float) -> dict[str, Any]:
    return {
        "page_score": score,
        "calm_per_week": calm,
        "all_per_week": calm + 0.05,
        "check_ins_per_week": 0.2,
        "sensitivity": {"flare": flare, "drift": drift, "mean": (flare + drift) / 2},
        "delay_days": {"flare": delay, "drift": 10 * delay},
    }


def document(**other: Any) -> dict[str, Any]:
    points = [
        point(USUAL + 1.4, 0.005, 0.60, 0.40, 2.0),
        point(USUAL + 0.4, 0.02, 0.90, 0.80, 1.0),
        point(USUAL - 0.6, 0.10, 0.95, 0.90, 0.5),
        point(USUAL - 1.6, 0.30, 0.97, 0.96, 0.0),
    ]
    return {"settings": SHIPPED.label, "seeds": [11, 12], "family": "plain", "points": points} | other


CURVE: OperatingCurve = curve_of(document())
