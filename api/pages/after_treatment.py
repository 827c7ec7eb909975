"""What became of a patient after each treatment of the last months, a sentence each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy.orm import Session

from api.pages.treatment_words import word
from api.pages.words import sentence
from days.cut import day_of
from store.responses import Shown, responses_of

SEEN = timedelta(days=114)  #: twelve weeks and a month
MOST = 5
WORDS = {
    "complete": "pain gone (complete response)",
    "partial": "better (partial response)",
    "progression": "worse (pain progression)",
    "indeterminate": "no clear change (indeterminate)",
}


def after_treatments(session: Session, patient_id: int, zone: tzinfo, now: datetime) -> list[str]:
    """A sentence or two for each, the latest treatment first."""
    found = responses_of(session, [patient_id], now - SEEN, now + timedelta(days=2), most=MOST)
    return [told(one, zone) for one in sorted(found, key=lambda one: one.done.at, reverse=True)]


def told(one: Shown, zone: tzinfo) -> str:
    """`Radiotherapy (8 Gy) on 4 May: better (partial response) since 11 May. Worst pain 7 before, 4 now.`"""
    technique = f" ({one.done.technique})" if one.done.technique else ""
    what = sentence(word(one.done.kind)) + technique
    head = f"{what} on {_day(day_of(one.done.at, zone))}"
    if one.result is None:
        return f"{head}: not judged yet."
    result = one.result
    endpoint = str(result["endpoint"])
    if endpoint not in WORDS:
        said = f"cannot be judged: {result['reason']}"
    else:
        said = WORDS[endpoint]
        if endpoint in ("complete", "partial") and result["responded_on"] is not None and result["censored"]:
            said += f" since {_day(date.fromisoformat(result['responded_on']))}"
    return " ".join([f"{head}: {said}.", *_pain(result), *_meanwhile(result["others"])])


def _pain(result: dict[str, Any]) -> list[str]:
    before, last = result["baseline"]["pain"], result["last"]
    if before is None or last is None:
        return []
    when = _day(date.fromisoformat(last["date"]))
    return [f"Worst pain {before:g} before, {last['pain']:g} in the week up to {when}."]


def _meanwhile(others: Sequence[dict[str, Any]]) -> list[str]:
    if not others:
        return []
    kinds = dict.fromkeys(word(str(one["kind"])) for one in others)
    return [f"Near it there was also: {', '.join(kinds)}."]


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
