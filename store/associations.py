"""Asked and answered: how indices and daily pain move together within some patients, or within one.

Whoever asks adds a row; analytics claims it, computes, and fills it. The answer is kept with what it was
computed from, so that it can be read again and doubted. `store.days_together` reads the days themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base, notify, one_of

PAIN = ("worst", "average", "least", "now", "breakthrough", "rescue_doses", "interference")
MOST_INDICES = 20
CLAIM_LASTS = timedelta(minutes=3)
MOST_CLAIMS = 3  #: a question that ended as many workers is answered with that
MOST_SVG_BYTES = 500_000


class Association(Base):
    """One question, and its answer once `computed_at` is set: documents, or the reason why there are none."""

    __tablename__ = "association"
    __table_args__ = (
        sa.CheckConstraint("first <= last", name="window"),
        sa.CheckConstraint("(computed_at IS NULL) = (method IS NULL)", name="computed_says_how"),
        sa.CheckConstraint(
            "computed_at IS NULL OR num_nonnulls(documents, reason) >= 1", name="says_something"
        ),
        sa.CheckConstraint(one_of("pain", PAIN), name="pain"),
        sa.CheckConstraint(f"cardinality(indices) BETWEEN 1 AND {MOST_INDICES}", name="family"),
        sa.Index("ix_association_waiting", "id", postgresql_where=sa.text("computed_at IS NULL")),
        sa.Index("ix_association_patients", "patient_ids", postgresql_using="gin"),  # those with a patient
        # The newest about one patient alone, past whatever was asked about cohorts with that patient.
        sa.Index(
            "ix_association_alone",
            "patient_ids",
            "computed_at",
            "id",
            postgresql_where=sa.text("cardinality(patient_ids) = 1 AND NOT aggregate"),
        ),
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    aggregate: Mapped[bool] = mapped_column(comment="asked by a researcher: shown as an aggregate only")
    patient_ids: Mapped[list[int]] = mapped_column(pg.ARRAY(sa.BigInteger))
    indices: Mapped[list[str]] = mapped_column(pg.ARRAY(sa.Text))
    pain: Mapped[str] = mapped_column(
        server_default="worst", comment="column of pain_report that the indices are held against"
    )
    first: Mapped[date] = mapped_column(comment="first local day of the window")
    last: Mapped[date] = mapped_column(comment="last local day of the window")
    claims: Mapped[int] = mapped_column(sa.Integer, server_default="0", comment="how often a worker took it")
    claimed_until: Mapped[datetime | None] = mapped_column(comment="a worker has it; a dead worker's lapses")
    computed_at: Mapped[datetime | None]
    method: Mapped[str | None] = mapped_column(comment="name and version")
    n_patients: Mapped[int | None] = mapped_column(sa.Integer, comment="with two or more complete days")
    n_days: Mapped[int | None] = mapped_column(sa.Integer, comment="complete days of those patients")
    documents: Mapped[list[dict[str, Any]] | None] = mapped_column(
        pg.JSONB(none_as_null=True), comment="one of each index, in the order of `indices`"
    )
    reason: Mapped[str | None] = mapped_column(comment="why there is no number at all")


class AssociationFigure(Base):
    """One picture of an answer, made with it: `lags`, or `within`, which shows single people."""

    __tablename__ = "association_figure"
    __table_args__ = (
        sa.CheckConstraint("kind IN ('lags', 'within')", name="kind"),
        sa.CheckConstraint(f"octet_length(svg) <= {MOST_SVG_BYTES}", name="bounded"),
    )

    association_id: Mapped[int] = mapped_column(
        sa.ForeignKey("association.id", ondelete="CASCADE"), primary_key=True
    )
    index: Mapped[str] = mapped_column("index", primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True, comment="lags, or within: that shows single people")
    svg: Mapped[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What analytics has to say: `documents` in the order of the indices, or a reason, or both."""

    documents: list[dict[str, Any]] | None
    reason: str | None
    n_patients: int  #: of the index that has most
    n_days: int
    method: str
    figures: dict[tuple[str, str], str]  #: by index and kind


def request_association(
    session: Session,
    patient_ids: Iterable[int],
    indices: Sequence[str],
    first: date,
    last: date,
    by: str,
    at: datetime,
    *,
    pain: str = "worst",
    aggregate: bool = False,
) -> Association:
    """Ask for associations over the local days [first, last]; analytics is woken at the commit."""
    asked = Association(
        asked_at=at,
        asked_by=by,
        aggregate=aggregate,
        patient_ids=sorted(set(patient_ids)),
        indices=list(dict.fromkeys(indices)),
        pain=pain,
        first=first,
        last=last,
        claims=0,
    )
    session.add(asked)
    session.flush()
    notify(session, "association")
    return asked


def claim_association(session: Session, at: datetime) -> Association | None:
    """The oldest question that has no answer and no worker; None when there is none.

    Commit at once, compute without a transaction (nobody waits for a lock meanwhile, and no vacuum is held
    up), and `save_association` in another. What a dead worker had is anybody's after `CLAIM_LASTS`.
    """
    asked = session.scalar(
        sa.select(Association)
        .where(
            Association.computed_at.is_(None),
            sa.or_(Association.claimed_until.is_(None), Association.claimed_until < at),
        )
        .order_by(Association.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if asked is not None:
        asked.claims, asked.claimed_until = asked.claims + 1, at + CLAIM_LASTS
        session.flush()
    return asked


def give_back(session: Session, asked: Association) -> None:
    """End a claim without an answer: the next worker need not wait until it lapses."""
    session.execute(sa.update(Association).where(*_still_ours(asked)).values(claimed_until=None))


def save_association(session: Session, asked: Association, answer: Answer, at: datetime) -> bool:
    """Answer a question; False when it is not ours any more, because the claim lapsed and another took it."""
    saved = session.execute(
        sa.update(Association)
        .where(*_still_ours(asked))
        .values(
            documents=answer.documents,
            reason=answer.reason,
            n_patients=answer.n_patients,
            n_days=answer.n_days,
            method=answer.method,
            computed_at=at,
            claimed_until=None,
        )
        .returning(Association.id)
    ).first()
    if saved is None:
        return False
    session.add_all(
        AssociationFigure(association_id=asked.id, index=index, kind=kind, svg=svg)
        for (index, kind), svg in answer.figures.items()
    )
    session.flush()
    notify(session, "association")
    return True


def waiting_of(session: Session, by: str) -> int:
    """How many questions of one person or program wait for an answer."""
    count = sa.select(sa.func.count()).select_from(Association)
    return session.scalar(count.where(Association.asked_by == by, Association.computed_at.is_(None))) or 0


def association(session: Session, association_id: int, visible: sa.Select[Any] | None) -> Association | None:
    """The question of that id if all of its patients are among `visible` (a select of patient ids).

    Without `visible` only what was asked for as an aggregate is found.
    """
    found = sa.select(Association).where(Association.id == association_id)
    return session.scalar(_readable(found, visible))


def associations_of(
    session: Session,
    patient_id: int,
    visible: sa.Select[Any],
    index: str | None,
    before: int | None,
    most: int,
) -> list[Association]:
    """The newest questions, with id below `before`, that include this patient and only visible ones."""
    found = sa.select(Association).where(Association.patient_ids.contains([patient_id]))
    if index is not None:
        found = found.where(Association.indices.contains([index]))
    if before is not None:
        found = found.where(Association.id < before)
    return list(session.scalars(_readable(found, visible).order_by(Association.id.desc()).limit(most)))


def newest_alone(
    session: Session, patient_id: int, index: str | None = None, pain: str | None = None
) -> tuple[Association | None, Association | None]:
    """The newest answer about this patient alone, and the newest question that still waits for one."""
    found = sa.select(Association).where(
        Association.patient_ids == [patient_id],
        # What the index of single patients is made of: said to the letter, or it is not used.
        sa.text("cardinality(association.patient_ids) = 1 AND NOT association.aggregate"),
    )
    if index is not None:
        found = found.where(Association.indices.contains([index]))
    if pain is not None:
        found = found.where(Association.pain == pain)
    answered = found.where(Association.computed_at.is_not(None)).order_by(
        Association.computed_at.desc(), Association.id.desc()
    )
    waits = found.where(Association.computed_at.is_(None)).order_by(Association.id.desc())
    return session.scalar(answered.limit(1)), session.scalar(waits.limit(1))


def figure_of(session: Session, association_id: int, index: str, kind: str) -> str | None:
    """The picture of one index of an answer."""
    return session.scalar(
        sa.select(AssociationFigure.svg).where(
            AssociationFigure.association_id == association_id,
            AssociationFigure.index == index,
            AssociationFigure.kind == kind,
        )
    )


def _still_ours(asked: Association) -> tuple[sa.ColumnElement[bool], ...]:
    """The claim that was taken is the newest one: each raises the count."""
    return (
        Association.id == asked.id,
        Association.claims == asked.claims,
        Association.computed_at.is_(None),
    )


def _readable(found: sa.Select[Association], visible: sa.Select[Any] | None) -> sa.Select[Association]:
    if visible is None:
        return found.where(Association.aggregate)
    return found.where(
        ~Association.aggregate,
        Association.patient_ids.contained_by(sa.func.array(visible.scalar_subquery())),
    )
