"""How the system is doing, in figures; nothing in here is about one patient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ladder.words import SEVERITIES
from store.watch.reserved import SINK


@dataclass(frozen=True, slots=True)
class Figures:
    """Work that waits, and what is open."""

    stale_days: int  #: patient-days whose results do not fit the data yet
    oldest_stale_s: float  #: age of the oldest of them; 0 when there is none
    outbox_due: int
    questions_waiting: int
    quarantined: int
    open_cases: dict[str, int]  #: clinical ones, by severity
    technical_cases: int  #: open ones


def figures(session: Session, at: datetime) -> Figures:
    """Counted now."""
    row = session.execute(
        sa.text(
            """
            SELECT (SELECT count(*) FROM stale_day
                    WHERE patient_id NOT IN (SELECT id FROM patient WHERE synthetic)),
                   coalesce((SELECT extract(epoch FROM :at - min(since)) FROM stale_day
                             WHERE patient_id NOT IN (SELECT id FROM patient WHERE synthetic)), 0)::float8,
                   (SELECT count(*) FROM delivery
                    WHERE state = 'pending' AND next_attempt_at <= :at AND channel <> :sink),
                   (SELECT count(*) FROM association WHERE computed_at IS NULL),
                   (SELECT count(*) FROM quarantine),
                   (SELECT count(*) FROM "case" WHERE kind = 'technical' AND state <> 'resolved'
                    AND patient_id NOT IN (SELECT id FROM patient WHERE synthetic))
            """
        ),
        {"at": at, "sink": SINK},
    ).one()
    cases = session.execute(
        sa.text(
            """
            SELECT severity, count(*) FROM "case"
            WHERE kind = 'clinical' AND state <> 'resolved'
              AND patient_id NOT IN (SELECT id FROM patient WHERE synthetic)
            GROUP BY 1
            """
        )
    )
    open_cases = dict.fromkeys(SEVERITIES, 0)
    open_cases.update({severity: count for severity, count in cases})  # noqa: C416 - rows are no pairs to mypy
    return Figures(row[0], row[1], row[2], row[3], row[4], open_cases, row[5])
