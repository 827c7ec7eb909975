"""An answer of the diary page into the store: one entry for each local day, changed answers as revisions."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy.orm import Session

from api.diary.answer_days import instant_of
from api.entries import DiaryIn, touch
from days.cut import day_of
from store.access import record
from store.diary import NRS_FIELDS, PainReport, add_ward_report
from store.diary_answers import answers_of, entry_of_day, hold_diary
from store.people import Patient

ASKED = (*NRS_FIELDS, "breakthrough", "rescue_doses", "skipped")  #: columns; sites and note are in `detail`


class AnsweredMeanwhile(Exception):
    """Another answer for that day was saved since the form was made: perhaps on another phone."""


def mark_of(day: date, answer: PainReport | None) -> str:
    """Which form of the day's answer a page was made from: goes out with it and comes back with it."""
    return f"{day}:{'none' if answer is None else answer.seq}"


def save(
    session: Session,
    patient: Patient,
    zone: tzinfo,
    day: date,
    said: dict[str, Any],
    seen: str,
    by: str,
    at: datetime,
) -> bool:
    """Store what was said for `day`; whether anything changed. The same again changes nothing.

    Raises `AnsweredMeanwhile` when it would replace an answer that the form did not show.
    """
    hold_diary(session, patient.id)  # before looking: a double tap comes as two requests at once
    last = answers_of(session, patient, [day]).get(day)
    today = day == day_of(at, zone)
    # Of today: what is changed now is said now, since the question looks back over 24 h.
    given = instant_of(day, at, zone) if last is None or today else last.at
    row = report_row(patient, day, given, at, said, last, today)
    if last is not None:
        if all(getattr(last, key) == row[key] for key in (*ASKED, "detail")):
            return False  # the same again is no new answer, though it comes later
        if seen != mark_of(day, last):
            raise AnsweredMeanwhile
    add_ward_report(session, patient.id, row)
    touch(session, patient, zone, given, at)
    record(session, at, by, "pain.add", patient.id, str(row["entry"]))
    return True


def report_row(
    patient: Patient,
    day: date,
    given: datetime,
    received: datetime,
    said: dict[str, Any],
    last: PainReport | None,
    today: bool,
) -> dict[str, Any]:
    """The columns of `pain_report`. What the page does not ask stays: doses and, of a past day, pain now."""
    entry = DiaryIn(id=entry_of_day(patient, day), at=given, **said)
    kept = {} if last is None else {k: v for k, v in last.detail.items() if k not in ("sites", "note")}
    row: dict[str, Any] = {name: getattr(entry, name) for name in ASKED}
    if last is not None and not today and entry.skipped is None:
        row["now"] = last.now
    own = entry.model_dump(mode="json", include={"sites", "note"}, exclude_none=True)
    row |= {"entry": entry.id, "at": entry.at, "entered_at": received, "received_at": received}
    return row | {"detail": kept | own}
