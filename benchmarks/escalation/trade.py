"""The operating curve: what each page score costs in pages and finds, on the tuning seeds alone.

A ward that chooses its budget of pages reads it (`analytics.escalation.operating_curve`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from analytics.escalation.filter import filter_states
from analytics.escalation.operating_curve import SHIPPED_CURVE, curve_of
from analytics.escalation.screening import RULE, Tier, screen
from analytics.escalation.settings import SHIPPED
from benchmarks.escalation.figures import BESIDE, MEAN_OF, NEVER, Figures
from benchmarks.escalation.run import Spread
from benchmarks.escalation.seeds import DAYS, HEADING, TUNING
from benchmarks.escalation.tally import Tally, calls, tally
from benchmarks.escalation.trials import trial
from benchmarks.table import Table

#: log10 of odds from the strictest on.
SCORES = (
    *(3.0, 2.5, 2.0, 1.6, 1.3, 1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1),
    *(0.0, -0.1, -0.2, -0.3, -0.4, -0.6, -0.8),
)
_KINDS = (*MEAN_OF, *BESIDE)


def curve(patients: int, scores: Sequence[float] = SCORES, spread: Spread = map) -> dict[str, Any]:
    """A document with a point for each page score."""
    wanted = sorted({*scores, SHIPPED.page_score}, reverse=True)
    todo = [(name, patients, tuple(wanted)) for name in ("stable", *_KINDS)]
    found = dict(spread(_at_each_score, todo))
    return {
        "note": HEADING,
        "settings": SHIPPED.label,
        "rule": RULE,
        "fingerprint": fingerprint(),
        "seeds": list(TUNING),
        "family": "plain",
        "patients": patients,
        "days": DAYS,
        "points": [
            _point(score, Figures({name: tallies[place] for name, tallies in found.items()}))
            for place, score in enumerate(wanted)
        ],
    }


def _at_each_score(todo: tuple[str, int, tuple[float, ...]]) -> tuple[str, list[Tally]]:
    scenario, patients, scores = todo
    made = trial(scenario, "nominal", TUNING, patients, DAYS)
    filtered = filter_states(made.rows)
    return scenario, [
        tally(made, calls(screen(made.rows, replace(SHIPPED, page_score=score), filtered)))
        for score in scores
    ]


def _point(score: float, of: Figures) -> dict[str, Any]:
    sensitivity = {kind: of.sensitivity(kind).value for kind in _KINDS}
    delays = {kind: of.delay((kind,)).value for kind in _KINDS}
    return {
        "page_score": score,
        "calm_per_week": round(of.rate("stable", "calm").value, 5),
        "all_per_week": round(of.rate("stable", "paged").value, 5),
        "check_ins_per_week": round(of.rate("stable", "check_ins").value, 5),
        "sensitivity": {
            **{kind: round(share, 4) for kind, share in sensitivity.items()},
            "mean": round(of.mean_sensitivity().value, 4),
        },
        "delay_days": {kind: days for kind, days in delays.items() if not isnan(days) and days < NEVER},
    }


def scores_for(document: dict[str, Any], rates: Sequence[float]) -> dict[float, float]:
    """The lowest page score that keeps to each of these rates of calm pages; rates beyond the curve are
    left out."""
    curve = curve_of(document)
    return {rate: curve.at_budget(rate).page_score for rate in rates if curve.least <= rate <= curve.most}


def stored() -> dict[str, Any] | None:
    """The curve that is shipped, if it is of the screen as it is now."""
    if not SHIPPED_CURVE.exists():
        return None
    document: dict[str, Any] = json.loads(SHIPPED_CURVE.read_text(encoding="utf-8"))
    return document if document["fingerprint"] == fingerprint() else None


def fingerprint() -> str:
    """What the screen says of a few days, in short: another one has another curve."""
    said = []
    for scenario in ("mnar_flare", "btp_rise"):
        found = screen(trial(scenario, "nominal", TUNING[:1], 8).rows)
        counts = np.bincount(found.tier.ravel(), minlength=len(Tier))
        said.append(f"{'/'.join(map(str, counts))} {np.nanmean(found.score):.2f}")
    return f"{SHIPPED.label}: {', '.join(said)}"


def write(document: dict[str, Any], path: Path = SHIPPED_CURVE) -> None:
    """Replace the stored curve."""
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def table(document: dict[str, Any]) -> Table:
    """The curve for people."""
    header = ("Page score", "calm pages a week", "all", "check-ins a week", "mean sensitivity", *_KINDS)
    return Table(
        f"Operating curve, tuning seeds, settings {document['settings']} ({HEADING})",
        header,
        [
            [
                f"{point['page_score']:g}",
                f"{point['calm_per_week']:.3f}",
                f"{point['all_per_week']:.3f}",
                f"{point['check_ins_per_week']:.2f}",
                *(f"{point['sensitivity'][kind]:.2f}" for kind in ("mean", *_KINDS)),
            ]
            for point in document["points"]
        ],
    )
