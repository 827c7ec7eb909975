"""The outbox: messages about cases, written with the case and sent afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.alerts.cases import Case
from store.alerts.wards import Address
from store.database import Base, one_of
from store.people import Patient

URGENT = "high"  #: the severity whose messages go first, each on its own


class DeliveryState(StrEnum):
    """What became of a message."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


class Delivery(Base):
    """One message about a case through one channel: written with the case, sent afterwards."""

    __tablename__ = "delivery"
    __table_args__ = (
        sa.CheckConstraint(one_of("state", list(DeliveryState)), name="state"),
        sa.Index(  # the list of `store.alerts.outbox_claims`
            "ix_delivery_due", "urgent", "next_attempt_at", postgresql_where=sa.text("state = 'pending'")
        ),
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("case.id"), index=True)
    step: Mapped[int] = mapped_column(sa.Integer, comment="of the ladder")
    site: Mapped[str] = mapped_column(default="", comment="of the patient: whose plan names the recipient")
    urgent: Mapped[bool] = mapped_column(
        default=False, comment="the case was high: never held back, never grouped"
    )
    channel: Mapped[str] = mapped_column(comment="log, smtp, webhook")
    recipient: Mapped[str] = mapped_column(
        default="", comment="a person of the ward's plan; empty: the installation's channel"
    )
    rank: Mapped[int] = mapped_column(sa.Integer, default=1, comment="of the channel among the recipient's")
    idempotency_key: Mapped[uuid.UUID] = mapped_column(unique=True, comment="a receiver sees one incident")
    state: Mapped[str] = mapped_column(default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    decided_at: Mapped[datetime]
    next_attempt_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(comment="of the channel; nothing clinical")
    reason: Mapped[str | None] = mapped_column(comment="why it was suppressed")
    receipt: Mapped[str | None] = mapped_column(comment="what the channel calls it")
    digest: Mapped[uuid.UUID | None] = mapped_column(comment="key of the message it went out in")


def put(
    session: Session,
    case_id: int,
    opened_at: datetime,
    step: int,
    to: Sequence[Address],
    at: datetime,
    *,
    suppressed: str | None = None,
) -> None:
    """One message for each address, as that step of the case; `suppressed` says why none of them is sent."""
    state = DeliveryState.PENDING if suppressed is None else DeliveryState.SUPPRESSED
    case = session.get_one(Case, case_id)
    site = session.get_one(Patient, case.patient_id).site
    for address in to:
        session.add(
            Delivery(
                case_id=case_id,
                step=step,
                site=site,
                urgent=case.severity == URGENT,
                channel=address.channel,
                recipient=address.recipient,
                rank=address.rank,
                idempotency_key=key_of(case_id, opened_at, step, address),
                state=state,
                reason=suppressed,
                decided_at=at,
                next_attempt_at=at,
            )
        )


def key_of(case_id: int, opened_at: datetime, step: int, to: Address) -> uuid.UUID:
    """The same message has the same key, whoever writes it: the database refuses it a second time.

    The instant at which the case was opened keeps apart installations that number their cases alike.
    """
    where = to.recipient or to.channel
    return uuid.uuid5(_MESSAGES, f"{opened_at.isoformat()} {case_id} {step} {where} {to.rank}")


_MESSAGES = uuid.UUID("6c7a1f0e-6b0a-5d0c-9a54-1d9d0d6c8f11")


def cancel(session: Session, case_id: int, why: str) -> None:
    """What waits to be sent is not sent any more: somebody has answered, or wants nobody told."""
    session.execute(
        sa.update(Delivery)
        .where(Delivery.case_id == case_id, Delivery.state == DeliveryState.PENDING)
        .values(state=DeliveryState.CANCELLED, reason=why)
    )


def recipients(session: Session, case_id: int, step: int) -> set[str]:
    """Whom that step of the case tells."""
    found = sa.select(Delivery.recipient).where(Delivery.case_id == case_id, Delivery.step == step)
    return set(session.scalars(found))
