"""What stands of one patient when a judgement is made, beside rows and answers: in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.decisions import MOST_LOOKED_AT


@dataclass(frozen=True, slots=True)
class FiredBefore:
    """A decision of before that opened or joined a case."""

    day: date
    reported_at: datetime | None
    tier: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one patient at one instant."""

    fired: list[FiredBefore]  #: of the days asked for, the oldest decision first
    open_case: bool  #: a clinical case is open of which there was a message
    has_diary_link: bool  #: one that opens the diary page now


def standing(session: Session, patient_id: int, first: date, at: datetime) -> Standing:
    """What stands of the patient at `at`, with what fired for days from `first` on.

    That is looked for among the newest decisions of the patient, so the look does not grow with the history.
    """
    given = {"patient": patient_id, "first": first, "at": at, "most": MOST_LOOKED_AT}
    rows = session.execute(_STANDING, given).all()
    return Standing(
        [FiredBefore(row.day, row.reported_at, row.tier) for row in rows if row.day is not None],
        rows[0].open_case,
        rows[0].has_diary_link,
    )


_STANDING = sa.text(
    """
    SELECT f.day, f.reported_at, f.tier,
           EXISTS (
               SELECT FROM "case" c WHERE c.patient_id = :patient AND c.kind = 'clinical'
                 AND c.state <> 'resolved' AND EXISTS (SELECT FROM delivery WHERE case_id = c.id)
           ) AS open_case,
           EXISTS (
               SELECT FROM diary_link WHERE patient_id = :patient AND revoked_at IS NULL AND expires_at > :at
           ) AS has_diary_link
    FROM (VALUES (1)) AS once
    LEFT JOIN (
        SELECT id, day, reported_at, tier, verdict FROM decision
        WHERE patient_id = :patient ORDER BY id DESC LIMIT :most
    ) f ON f.verdict = 'fire' AND f.day >= :first
    ORDER BY f.id
    """
)
