"""The audit to read: entries of people and programs, and traces of what the database saw, in one list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.access import AuditEntry
from store.audit.seals import AuditSeal
from store.audit.traces import AuditTrace
from store.people import Patient


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the audit. `beside` names who left an entry in the transaction that a trace is of."""

    source: str
    id: int
    at: datetime
    actor: str
    beside: str | None
    action: str
    patient: str | None  #: the code, where the patient is still there
    detail: str | None
    reason: str | None
    seal: int | None


def told(
    session: Session,
    *,
    patient_id: int | None = None,
    actor: str | None = None,
    since: datetime | None = None,
    most: int = 100,
) -> list[Told]:
    """The newest `most` lines that fit, the oldest of them first.

    An actor is found by the traces of the own transactions, too.
    """
    with_entry = (
        sa.select(sa.func.string_agg(sa.distinct(AuditEntry.actor), ", "))
        .where(AuditEntry.tx == AuditTrace.tx)
        .correlate(AuditTrace)
        .scalar_subquery()
    )
    row = sa.func.concat(AuditTrace.tbl, " ", AuditTrace.key, sa.func.concat_ws(": ", "", AuditTrace.columns))
    entries = sa.select(
        sa.literal("entry").label("source"), AuditEntry.id, AuditEntry.at, AuditEntry.actor,
        sa.null().cast(sa.Text).label("beside"), AuditEntry.action, AuditEntry.patient_id, AuditEntry.detail,
        AuditEntry.reason,
    )  # fmt: skip
    traces = sa.select(
        sa.literal("trace"), AuditTrace.id, AuditTrace.at, AuditTrace.actor, with_entry,
        sa.func.concat(AuditTrace.tbl, ".", AuditTrace.op), AuditTrace.patient_id,
        sa.func.concat_ws(" | ", row, AuditTrace.detail), AuditTrace.reason,
    )  # fmt: skip
    if patient_id is not None:
        entries = entries.where(AuditEntry.patient_id == patient_id)
        traces = traces.where(AuditTrace.patient_id == patient_id)
    if since is not None:
        entries, traces = entries.where(AuditEntry.at >= since), traces.where(AuditTrace.at >= since)
    if actor is not None:
        own = sa.select(AuditEntry.tx).where(AuditEntry.actor == actor)
        entries = entries.where(AuditEntry.actor == actor)
        traces = traces.where(sa.or_(AuditTrace.actor == actor, AuditTrace.tx.in_(own)))
    newest = [
        query.order_by(table.id.desc()).limit(most).subquery()
        for query, table in ((entries, AuditEntry), (traces, AuditTrace))
    ]
    lines = sa.union_all(*(sa.select(one) for one in newest)).subquery()
    query = (
        sa.select(lines, Patient.code, AuditSeal.n)
        .outerjoin(Patient, Patient.id == lines.c.patient_id)
        .outerjoin(AuditSeal, sa.and_(AuditSeal.source == lines.c.source, AuditSeal.entry == lines.c.id))
        .order_by(lines.c.at.desc(), lines.c.source, lines.c.id.desc())
        .limit(most)
    )
    return [
        Told(
            source=row.source, id=row.id, at=row.at, actor=row.actor, beside=row.beside, action=row.action,
            patient=row.code, detail=row.detail, reason=row.reason, seal=row.n,
        )
        for row in reversed(session.execute(query).all())
    ]  # fmt: skip
