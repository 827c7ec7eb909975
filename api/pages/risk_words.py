"""How likely a flare within seven days is, in words for a nurse, with what that is not. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from api.pages.why_paged import risk_in_words
from store.flare_risks import FlareRisk

#: A night that was not judged yet, and one that failed: what is older is not shown as of now.
OLDEST = timedelta(days=2)
NOTE = (
    "By a model that was made and checked with simulated patients only. Nobody is called because of it, and "
    "a low number does not say that the patient is well."
)
_TOO_LITTLE = "too little data: "


@dataclass(frozen=True, slots=True)
class RiskWords:
    """`said` stands out; `more` comes after it. `note` belongs to a number only."""

    said: str
    more: str
    note: str | None
    made_by: str


def risk_words(risk: FlareRisk | None, today: date) -> RiskWords | None:
    """What is said on the patient's day `today`; None where nothing was ever told."""
    if risk is None:
        return None
    made_by = f"{risk.model} {risk.model_version}, {risk.model_sha256[:12]}"
    day = f"{risk.day:%a} {risk.day.day} {risk.day:%b}"
    if today - risk.day > OLDEST:
        return RiskWords("not known now", f"it was last told for {day}", None, made_by)
    if risk.p_flare_7d is None:
        why = str(risk.reason).removeprefix(_TOO_LITTLE)
        return RiskWords("too little data", f"for {day}: {why}", None, made_by)
    return RiskWords(risk_in_words(risk.p_flare_7d), f"told at the end of {day}", NOTE, made_by)
