"""What stands of one patient when a judgement is made, beside rows and answers: in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.decisions import MOST_LOOKED_AT


@dataclass(frozen=True, slots=True)
class Before:
    """A decision of before that opened or joined a case, or is for review, and was not taken back."""

    id: int
    day: date
    reported_at: datetime | None
    tier: str | None
    fired: bool
    about: str | None  #: `silence`, where it was about that
    silent_on: date | None  #: the day up to which there was no answer
    silent_days: int | None
    unasked: bool  #: there was no page on which to ask the patient again


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one patient at one instant."""

    before: list[Before]  #: of the days asked for, the oldest decision first
    open_case: bool  #: a clinical case is open that somebody is to be told of
    has_diary_link: bool  #: one that opens the diary page now


def standing(session: Session, patient_id: int, first: date, at: datetime) -> Standing:
    """What stands of the patient at `at`, with the decisions for days from `first` on.

    They are looked for among the newest of the patient, so the look does not grow with the history.
    """
    given = {"patient": patient_id, "first": first, "at": at, "most": MOST_LOOKED_AT}
    rows = session.execute(_STANDING, given).all()
    told = [row for row in rows if row.id is not None]
    gone = {one["decision"] for row in told for one in row.withdraws or ()}
    before = [
        Before(
            row.id, row.day, row.reported_at, row.tier, row.verdict == "fire", row.about,
            None if row.silent_on is None else date.fromisoformat(row.silent_on), row.silent_days,
            row.unasked,
        )
        for row in told
        if row.verdict in ("fire", "review") and row.id not in gone
    ]  # fmt: skip
    return Standing(before, rows[0].open_case, rows[0].has_diary_link)


_STANDING = sa.text(
    """
    SELECT d.id, d.day, d.reported_at, d.tier, d.verdict, d.evidence -> 'withdraws' AS withdraws,
           d.evidence ->> 'about' AS about, d.evidence ->> 'silent_on' AS silent_on,
           CAST(d.evidence ->> 'days_without_answer' AS integer) AS silent_days,
           coalesce(CAST(d.evidence ->> 'no_diary_page' AS boolean), false) AS unasked,
           EXISTS (
               SELECT FROM "case" c WHERE c.patient_id = :patient AND c.kind = 'clinical'
                 AND c.state <> 'resolved' AND c.paged
           ) AS open_case,
           EXISTS (
               SELECT FROM diary_link WHERE patient_id = :patient AND revoked_at IS NULL AND expires_at > :at
           ) AS has_diary_link
    FROM (VALUES (1)) AS once
    LEFT JOIN (
        SELECT id, day, reported_at, tier, verdict, evidence FROM decision
        WHERE patient_id = :patient ORDER BY id DESC LIMIT :most
    ) d ON d.day >= :first AND (d.verdict IN ('fire', 'review') OR jsonb_exists(d.evidence, 'withdraws'))
    ORDER BY d.id
    """
)
