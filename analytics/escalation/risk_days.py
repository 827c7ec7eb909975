"""What is said of the risk on each of a patient's last days: a probability, or why there is none. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import isnan

from analytics.escalation.evidence import Evidence, reason_of
from analytics.escalation.risk import p_flare_7d_of_last
from analytics.escalation.risk_model import RiskModel
from analytics.escalation.screening import Screened
from analytics.escalation.tiers import Cause

#: Days that are told again each night: as far back as an answer may be late.
TOLD_AGAIN = 14
CANNOT_JUDGE, TOO_LITTLE = "cannot judge: ", "too little data: "


@dataclass(frozen=True, slots=True)
class DayRisk:
    """One local day that is over: of `p_flare_7d` and `reason` one is None."""

    day: date
    p_flare_7d: float | None
    reason: str | None


def risks_of_ended_days(screened: Screened, today: date, model: RiskModel | None = None) -> list[DayRisk]:
    """The risks of one patient (the first of `screened`) at the end of each of the last days before `today`.

    A day of which the screen holds nothing any more is left out: nothing that it rests on has changed. Raises
    `BadRiskModel`.
    """
    over = min(max(0, (today - screened.rows.first_day[0]).days), int(screened.rows.days[0]))
    if over == 0:
        return []
    first = max(0, over - TOLD_AGAIN)
    found = p_flare_7d_of_last(screened, over, TOLD_AGAIN, model)[0]
    return [
        _told(screened, first + k, float(p)) for k, p in enumerate(found) if screened.tier[0, first + k] >= 0
    ]


def _told(screened: Screened, place: int, p: float) -> DayRisk:
    day = screened.rows.date_of(0, place)
    if not isnan(p):
        return DayRisk(day, p, None)
    seen = Evidence(screened.rows, screened.filtered, 0, place)
    why = reason_of(Cause.NO_DATA, seen, screened.settings)
    return DayRisk(day, None, TOO_LITTLE + why.removeprefix(CANNOT_JUDGE))
