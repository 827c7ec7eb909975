"""What was decided of patients: stored once, and found again as the newest, or as taken."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from store.database import Base, notify, one_of

TIERS = ("page", "review", "check_in", "technical")  #: most urgent first
SEVERITY_RANK = {"low": 0, "medium": 1, "high": 2}
#: Why nobody is told of a decision that says again, in other words, what a case stood for that is closed by
#: now: it is in no case, so what there is of it is the decision.
WITHOUT_CASE = "the same was told before, and its case is closed"
MOST_LOOKED_AT = 400  #: decisions of a patient: some for each day of several weeks


class Decision(Base):
    """What was said of one patient up to one local day; the newest row counts.

    `verdict` says whether a case is opened or joined (`fire`), `tier` whom it reaches; a null tier is a day
    that reaches nobody, or a decision of `worst_pain 1`, which knew no tiers.
    """

    __tablename__ = "decision"
    __table_args__ = (
        sa.Index("ix_decision_untold", "id", postgresql_where=sa.text("NOT told")),  # alerting's list
        sa.Index("ix_decision_patient", "patient_id", "id"),  # the newest of a patient
        sa.Index(  # what of a patient is to be reviewed
            "ix_decision_review", "patient_id", "id", postgresql_where=sa.text("verdict = 'review'")
        ),
        sa.Index(  # of whom nobody was told, and why
            "ix_decision_nobody_told", "patient_id", "day", postgresql_where=sa.text("untold IS NOT NULL")
        ),
        sa.CheckConstraint(f"tier IS NULL OR {one_of('tier', TIERS)}", name="tier"),
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    patient_id: Mapped[int] = mapped_column(sa.ForeignKey("patient.id"))
    day: Mapped[date]
    verdict: Mapped[str] = mapped_column(comment="fire, review, quiet, no evidence")
    severity: Mapped[str | None]
    tier: Mapped[str | None] = mapped_column(comment="page, review, check_in, technical; none: nobody")
    score: Mapped[float | None] = mapped_column(sa.Double, comment="log10 of the odds of an escalation")
    reason: Mapped[str]
    evidence: Mapped[dict[str, Any]] = mapped_column(pg.JSONB)
    rule: Mapped[str] = mapped_column(comment="name and version")
    reported_at: Mapped[datetime | None] = mapped_column(comment="the report that it rests on")
    decided_at: Mapped[datetime]
    asked_at: Mapped[datetime | None] = mapped_column(comment="the last time the same was decided again")
    told: Mapped[bool] = mapped_column(default=False, comment="alerting has seen it")
    untold: Mapped[str | None] = mapped_column(comment="why nobody was told, of one that fires")


def newest_decision(session: Session, patient_id: int) -> Decision | None:
    """The one that counts."""
    return session.scalar(
        sa.select(Decision).where(Decision.patient_id == patient_id).order_by(Decision.id.desc()).limit(1)
    )


def untold_decisions(session: Session, patient_id: int, first: date, most: int = 20) -> list[Decision]:
    """Those for days from `first` on that fired and of which nobody was told, the newest first."""
    query = sa.select(Decision).where(
        Decision.patient_id == patient_id, Decision.untold.is_not(None), Decision.day >= first
    )
    return list(session.scalars(query.order_by(Decision.id.desc()).limit(most)))


def add_decision(session: Session, decision: Decision) -> bool:
    """Store a decision unless the patient's newest one says the same; whether it was new."""
    last = newest_decision(session, decision.patient_id)
    same = ("day", "verdict", "severity", "tier", "score", "reason", "rule", "reported_at", "evidence")
    if last is not None and all(getattr(last, name) == getattr(decision, name) for name in same):
        last.asked_at = decision.decided_at
        return False
    session.add(decision)
    session.flush()
    notify(session, "decision")
    return True


def is_taken_back(decision: Any) -> sa.ColumnElement[bool]:
    """Whether a later decision of the patient takes `decision` back (the table or an alias of it).

    It says so in its evidence, `withdraws`: a list of decision, day and why.
    """
    later = aliased(Decision)
    number = sa.func.jsonb_build_array(sa.func.jsonb_build_object("decision", decision.id))
    return sa.exists().where(
        later.patient_id == decision.patient_id,
        later.id > decision.id,
        later.evidence["withdraws"].op("@>")(number),
    )


def taken_before(session: Session, ids: Collection[int]) -> set[int]:
    """For which of these decisions a case was opened or joined before for the same, no less severe: the same
    report, or the same judged day of one that fires by its score (medium)."""
    earlier = aliased(Decision)
    rank = _rank(Decision)
    same = sa.or_(
        earlier.reported_at.is_not_distinct_from(Decision.reported_at),
        sa.and_(rank == SEVERITY_RANK["medium"], earlier.severity == "medium"),
    )
    taken = sa.exists().where(
        earlier.patient_id == Decision.patient_id,
        earlier.id < Decision.id,
        earlier.day == Decision.day,
        earlier.verdict == "fire",
        earlier.told,
        _rank(earlier) >= rank,
        same,
        ~is_taken_back(earlier),
    )
    return set(session.scalars(sa.select(Decision.id).where(Decision.id.in_(ids), taken)))


def _rank(decision: Any) -> sa.ColumnElement[int]:
    return sa.case(SEVERITY_RANK, value=sa.func.coalesce(decision.severity, "medium"))
