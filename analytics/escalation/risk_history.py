"""Drift of the risk over stored history: month by month, with what became of the days where that is known.

What became of a day is told by cases. A case on which a clinician acted is a flare that began on the day of
its opening; one that was for nothing, or at a level that was expected, is none. Days on which a case is open
are left out: for how long pain was raised, no case says. On the others the risk is that of a flare that
begins. A day is known if all of its next seven days are over and no case of unknown outcome opened on them.
Cases are what the rules of the time opened: what nobody noticed is in none. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.risk import came_within, outcome_known
from analytics.escalation.risk_drift import Drift, InTheLarge, drift, in_the_large
from analytics.escalation.risk_model import RiskModel
from analytics.escalation.rows import DailyRows
from analytics.escalation.validation import Values, Yes

RISK = "p_flare_7d"
ACTED = "acted"
NO_FLARE = ("false", "no_action", "expected_level")  #: every other outcome says nothing either way


@dataclass(frozen=True, slots=True)
class Span:
    """A clinical case, from the local day of its opening to that of its closing; open: neither is known."""

    opened: date
    closed: date | None
    outcome: str | None


@dataclass(frozen=True)
class PastDays:
    """m days that could be judged; arrays are (m,)."""

    day: NDArray[np.int64]  #: 1 is 0001-01-01
    patient: NDArray[np.int64]
    figures: dict[str, Values]  #: features of the model and the risk, NaN where missing
    known: Yes  #: what became of the day is known
    comes: Yes  #: a case that was acted on opens on one of the next seven days


def became(rows: DailyRows, spans: Sequence[Sequence[Span]]) -> tuple[Yes, Yes]:
    """(n, d) each: what became of the day is known, and whether a flare began within seven days."""
    begins, unknown, running = (np.zeros(rows.shape, dtype=bool) for _ in range(3))
    for patient, own in enumerate(spans):
        first, days = rows.first_day[patient], int(rows.days[patient])
        for span in own:
            opened = (span.opened - first).days
            end = days if span.closed is None else (span.closed - first).days + 1
            running[patient, max(0, opened) : max(0, end)] = True
            if 0 <= opened < days:
                begins[patient, opened] |= span.outcome == ACTED
                unknown[patient, opened] |= span.outcome != ACTED and span.outcome not in NO_FLARE
    known = outcome_known(rows) & ~running & ~came_within(unknown)
    return known, came_within(begins)


def document(model: RiskModel, days: PastDays) -> dict[str, Any]:
    """The report, ready for JSON: all days together, then each month."""
    months = np.array([date.fromordinal(day).isoformat()[:7] for day in days.day.tolist()], dtype=np.str_)
    whole = np.ones(len(days.day), dtype=bool)
    return {
        "days": len(days.day),
        "patients": len(np.unique(days.patient)),
        "figures": [_shown(one) for one in drift(model, days.figures)],
        "in_the_large": asdict(_large(days, whole)),
        "months": [_month(model, days, month, months == month) for month in sorted(set(months.tolist()))],
    }


def _month(model: RiskModel, days: PastDays, month: str, of: Yes) -> dict[str, Any]:
    told = drift(model, {name: values[of] for name, values in days.figures.items()})
    risk = next(one for one in told if one.name == RISK)
    return {
        "month": month,
        "days": int(of.sum()),
        "patients": len(np.unique(days.patient[of])),
        "mean_risk": float(days.figures[RISK][of].mean()),
        "risk": _shown(risk),
        "figures": [_shown(one) for one in told if one is not risk],
        "in_the_large": asdict(_large(days, of)),
    }


def _large(days: PastDays, of: Yes) -> InTheLarge:
    used = of & days.known
    return in_the_large(days.figures[RISK][used], days.comes[used], len(np.unique(days.patient[used])))


def _shown(one: Drift) -> dict[str, Any]:
    return {**asdict(one), "verdict": one.verdict}
