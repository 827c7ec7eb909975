"""What was said of a patient for being silent, and does not hold any more: answers came late, or there is a
page now on which the patient can be asked again. Pure.

Only silence is taken back: an answer that was given stays given, but that there was none was a guess about
what had not arrived yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from analytics.escalation.evidence import Evidence
from analytics.escalation.screening import Screened
from analytics.escalation.thresholds import Thresholds
from analytics.escalation.tiers import Tier

SILENCE = "silence"  #: what such a decision is `about` in its evidence


@dataclass(frozen=True, slots=True)
class Said:
    """A decision of before, about silence up to `silent_on`, that stands."""

    number: int  #: of the decision
    fired: bool  #: it opened or joined a case; else it is for review
    silent_on: date
    silent_days: int  #: up to that day, as far as was known
    unasked: bool  #: for review because the patient had no page on which to be asked again


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A decision that is taken back, and why in one sentence for a clinician."""

    number: int
    day: date  #: up to which there was no answer
    why: str
    fired: bool = False  #: as said of `Said`


def withdrawn(
    screened: Screened | None, said: Sequence[Said], can_be_asked: bool, by: Thresholds
) -> list[Withdrawn]:
    """Those of `said` that do not hold any more. What cannot be looked at again stands, and so does a silence
    that hid severe pain."""
    found = []
    for one in said:
        if one.unasked and can_be_asked:
            why = "the patient has a diary page now and can be asked again there"
            found.append(Withdrawn(one.number, one.silent_on, why))
        elif screened is not None and _was_answered(screened, one, by):
            counted = "1 day" if one.silent_days == 1 else f"{one.silent_days} days"
            why = (
                f"no answer for {counted} was known on {one.silent_on}; answers that came later show "
                "otherwise, and with them that day does not stand out"
            )
            found.append(Withdrawn(one.number, one.silent_on, why, one.fired))
    return found


def _was_answered(screened: Screened, said: Said, by: Thresholds) -> bool:
    """The silence was shorter, and with what is known now nothing of it would be told."""
    place = (said.silent_on - screened.rows.first_day[0]).days
    if not 0 <= place < int(screened.rows.days[0]) or screened.tier[0, place] < 0:
        return False
    if Evidence(screened.rows, screened.filtered, 0, place).silent_days >= said.silent_days:
        return False
    silence = slice(max(0, place - said.silent_days + 1), place + 1)
    for name in ("worst", "average"):
        if (screened.rows.of(name)[0, silence] >= by.severe).any():
            return False
    tier = Tier(int(screened.tier[0, place]))
    if said.fired:
        return tier != Tier.PAGE and not screened.score[0, place] >= screened.settings.page_score
    return tier not in (Tier.PAGE, Tier.REVIEW, Tier.CHECK_IN)
