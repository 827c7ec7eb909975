"""The outbox: messages about cases, written with the case and sent afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base, one_of
from store.wards import Address


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
        sa.Index("ix_delivery_due", "next_attempt_at", postgresql_where=sa.text("state = 'pending'")),
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    case_id: Mapped[int] = mapped_column(sa.ForeignKey("case.id"), index=True)
    step: Mapped[int] = mapped_column(sa.Integer, comment="of the ladder")
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
    for address in to:
        session.add(
            Delivery(
                case_id=case_id,
                step=step,
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
    session.flush()


def key_of(case_id: int, opened_at: datetime, step: int, to: Address) -> uuid.UUID:
    """The same message has the same key, whoever writes it: the database refuses it a second time.

    The instant at which the case was opened keeps apart installations that number their cases alike.
    """
    where = to.recipient or to.channel
    return uuid.uuid5(_MESSAGES, f"{opened_at.isoformat()} {case_id} {step} {where} {to.rank}")


_MESSAGES = uuid.UUID("6c7a1f0e-6b0a-5d0c-9a54-1d9d0d6c8f11")


def due(session: Session, at: datetime, holding: timedelta) -> Delivery | None:
    """Take one message that is due, for at most `holding`; the caller commits before it sends.

    The claim moves `next_attempt_at`, so a worker that dies while sending is followed by another with
    the same idempotency key.
    """
    delivery = session.scalar(
        sa.select(Delivery)
        .where(Delivery.state == DeliveryState.PENDING, Delivery.next_attempt_at <= at)
        .order_by(Delivery.next_attempt_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if delivery is not None:
        delivery.attempts += 1
        delivery.next_attempt_at = at + holding
        session.flush()
    return delivery


def sent(session: Session, delivery_id: int, at: datetime) -> None:
    """A channel took the message."""
    session.execute(
        sa.update(Delivery)
        .where(Delivery.id == delivery_id)
        .values(state=DeliveryState.SENT, sent_at=at, last_error=None)
    )


def failed(session: Session, delivery_id: int, error: str, again_at: datetime | None) -> None:
    """A channel did not take the message: again at `again_at`, or never (None)."""
    values: dict[str, object] = {"last_error": error[:500]}
    if again_at is None:
        values["state"] = DeliveryState.FAILED
    else:
        values["next_attempt_at"] = again_at
    session.execute(
        sa.update(Delivery)
        .where(Delivery.id == delivery_id, Delivery.state == DeliveryState.PENDING)
        .values(**values)
    )


def cancel(session: Session, case_id: int) -> None:
    """Somebody has answered: what waits to be sent is not sent any more."""
    session.execute(
        sa.update(Delivery)
        .where(Delivery.case_id == case_id, Delivery.state == DeliveryState.PENDING)
        .values(state=DeliveryState.CANCELLED)
    )
