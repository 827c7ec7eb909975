"""What became of messages: taken, to be tried again, given up, or tried by the next channel.

Lock order: the cases first (`lock_cases`), then their messages, as whoever answers a case does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from store.alerts.cases import Case
from store.alerts.outbox import Delivery, DeliveryState, key_of
from store.alerts.wards import Address


def lock_cases(session: Session, ids: Collection[int]) -> dict[int, datetime]:
    """The cases among these that nobody else holds, locked, with the instant at which each was opened."""
    found = session.execute(
        sa.select(Case.id, Case.opened_at)
        .where(Case.id.in_(sorted(ids)))
        .order_by(Case.id)
        .with_for_update(skip_locked=True)
    )
    return {row[0]: row[1] for row in found}


def sent(session: Session, receipts: Mapping[int, str | None], at: datetime) -> None:
    """Channels took these messages. The person was told: the other channels say nothing any more."""
    for receipt in set(receipts.values()):
        ids = [one for one, its in receipts.items() if its == receipt]
        session.execute(
            sa.update(Delivery)
            .where(Delivery.id.in_(ids))
            # A reason of one that was cancelled while it was on its way is no reason any more.
            .values(state=DeliveryState.SENT, sent_at=at, last_error=None, receipt=receipt, reason=None),
            execution_options={"synchronize_session": False},
        )
    other, taken = sa.orm.aliased(Delivery), Delivery.__table__.alias("taken")
    session.execute(
        sa.update(other)
        .where(
            taken.c.id.in_(list(receipts)),
            taken.c.recipient != "",
            other.case_id == taken.c.case_id,
            other.step == taken.c.step,
            other.recipient == taken.c.recipient,
            other.state == DeliveryState.PENDING,
        )
        .values(state=DeliveryState.CANCELLED, reason="told by another channel"),
        execution_options={"synchronize_session": False},
    )


def pending(session: Session, ids: Collection[int]) -> Sequence[Delivery]:
    """Those that are to be sent still, as they are now."""
    return session.scalars(
        sa.select(Delivery)
        .where(Delivery.id.in_(list(ids)), Delivery.state == DeliveryState.PENDING)
        .order_by(Delivery.id)
        .execution_options(populate_existing=True)
    ).all()


def not_taken(delivery: Delivery, error: str, again_at: datetime | None) -> None:
    """A channel did not take the message of a locked case: again then, or never (None)."""
    delivery.last_error = error[:500]
    if again_at is None:
        delivery.state = DeliveryState.FAILED
    else:
        delivery.next_attempt_at = again_at


def back(session: Session, ids: Collection[int], at: datetime) -> None:
    """Nothing was sent: they are due as before."""
    session.execute(
        sa.update(Delivery)
        .where(Delivery.id.in_(list(ids)), Delivery.state == DeliveryState.PENDING)
        .values(next_attempt_at=at, attempts=sa.func.greatest(Delivery.attempts - 1, 0)),
        execution_options={"synchronize_session": False},
    )


def put_next(session: Session, tried: Sequence[tuple[Delivery, str, datetime]], at: datetime) -> None:
    """The same by the next channel of the recipient: (message, kind of that channel, when the case opened).

    What is there already stays as it is: the key is the same.
    """
    if not tried:
        return
    rows = [
        {
            "case_id": one.case_id,
            "step": one.step,
            "site": one.site,
            "urgent": one.urgent,
            "channel": channel,
            "recipient": one.recipient,
            "rank": one.rank + 1,
            "idempotency_key": key_of(
                one.case_id, opened_at, one.step, Address(one.recipient, channel, one.rank + 1)
            ),
            "state": DeliveryState.PENDING,
            "attempts": 0,
            "decided_at": at,
            "next_attempt_at": at,
        }
        for one, channel, opened_at in tried
    ]
    session.execute(pg.insert(Delivery).on_conflict_do_nothing(index_elements=["idempotency_key"]), rows)
