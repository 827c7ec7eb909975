"""What clinicians said of the cases that there were, for whoever asks what other settings would have done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from days.cut import day_of
from store.alerts.cases import SYSTEM, Case
from store.people import Patient
from store.zones import local_day, zone_at, zones_of


@dataclass(frozen=True, slots=True)
class CaseSpan:
    """A clinical case by the patient's local days; while it is open, it has neither end nor outcome."""

    opened: date
    closed: date | None
    outcome: str | None


def outcomes_since(
    session: Session, patient_ids: Sequence[int], since: date
) -> dict[int, list[tuple[date, str | None]]]:
    """Of each patient the clinical cases opened on the local day `since` or later, in order: the local day of
    the opening, and the outcome; None while a case is open. Patients without any are absent."""
    rows = session.execute(
        _CASES,
        {
            "patients": list(patient_ids),
            "since": since,
            "low": datetime.combine(since, time(), UTC) - timedelta(days=1),
        },
    )
    found: dict[int, list[tuple[date, str | None]]] = {}
    for patient_id, day, outcome in rows:
        found.setdefault(patient_id, []).append((day, outcome))
    return found


def case_spans(session: Session, patient_ids: Sequence[int], since: date) -> dict[int, list[CaseSpan]]:
    """Of each patient the clinical cases that were open on the local day `since` or opened later, in order.
    Patients without any are absent."""
    low = datetime.combine(since, time(), UTC) - timedelta(days=1)
    rows = session.execute(
        sa.select(Case.patient_id, Case.opened_at, Case.resolved_at, Case.outcome)
        .where(Case.patient_id.in_(list(patient_ids)), Case.kind == "clinical")
        .where(sa.or_(Case.resolved_at.is_(None), Case.resolved_at >= low))
        .order_by(Case.patient_id, Case.opened_at)
    ).all()
    zones = zones_of(session, {row.patient_id for row in rows})
    found: dict[int, list[CaseSpan]] = {}
    for patient_id, opened_at, resolved_at, outcome in rows:
        zone = zones[patient_id]
        closed = None if resolved_at is None else day_of(resolved_at, zone)
        if closed is None or closed >= since:
            found.setdefault(patient_id, []).append(CaseSpan(day_of(opened_at, zone), closed, outcome))
    return found


def people_with_history(session: Session, site: str | None) -> tuple[list[int], bool]:
    """(ids of the patients, whether they are simulated): real people, or simulated ones where there are no
    others, never both. With `site`, those of one site."""
    query = sa.select(Patient.id, Patient.demonstration).where(~Patient.synthetic).order_by(Patient.id)
    if site is not None:
        query = query.where(Patient.site == site)
    all_of_them = session.execute(query).all()
    real = [row.id for row in all_of_them if not row.demonstration]
    return (real, False) if real else ([row.id for row in all_of_them], bool(all_of_them))


_CASES = sa.text(
    f"""
    SELECT c.patient_id, {local_day("c.opened_at")} AS day, c.outcome
    FROM "case" c JOIN patient p ON p.id = c.patient_id {zone_at("c.opened_at")}
    WHERE c.patient_id = ANY(CAST(:patients AS bigint[])) AND c.kind = 'clinical' AND c.opened_at >= :low
      AND {local_day("c.opened_at")} >= :since
      AND c.resolved_by IS DISTINCT FROM '{SYSTEM}' -- taken back: nobody said anything of it
    ORDER BY c.patient_id, c.opened_at
    """
)
