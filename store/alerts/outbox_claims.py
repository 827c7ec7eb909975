"""What of the outbox is due, and whose turn it is: urgent messages first, then the oldest.

A claim moves `next_attempt_at`, so that whoever dies while sending is followed by somebody else with the same
idempotency key. Claims take messages and never a case: they wait for nobody.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.alerts.outbox import Delivery, DeliveryState

HOLDING = timedelta(seconds=60)  #: how long a worker may hold a message; longer than any time-out
#: Nothing waits for longer than this between two attempts, by whether it is urgent: what does was given its
#: time by a clock that has been set back since.
FARTHEST = {True: timedelta(minutes=2), False: timedelta(minutes=20)}
MOST_TOGETHER = 1000  #: messages of one digest


class To(NamedTuple):
    """To whom, and by which of the recipient's channels."""

    site: str
    recipient: str
    rank: int
    channel: str


class Group(NamedTuple):
    """Messages that are not urgent and due to the same one. `digest`: these go out together, as before."""

    to: To
    digest: uuid.UUID | None
    size: int


_TO = (Delivery.site, Delivery.recipient, Delivery.rank, Delivery.channel)


def to_of(delivery: Delivery) -> To:
    """To whom a message goes."""
    return To(delivery.site, delivery.recipient, delivery.rank, delivery.channel)


def urgent_due(
    session: Session,
    at: datetime,
    most: int,
    but: Collection[To] = (),
    only: Collection[To] | None = None,
) -> list[tuple[int, To]]:
    """Urgent messages that are due, oldest first, locked; those that somebody else has are left to them."""
    return _due(session, at, most, [Delivery.urgent.is_(True)], but, only)


def due_to(
    session: Session, at: datetime, most: int, to: To, digest: uuid.UUID | None = None
) -> list[tuple[int, To]]:
    """Messages that are not urgent, to one recipient by one channel."""
    of_digest = Delivery.digest.is_(None) if digest is None else Delivery.digest == digest
    return _due(session, at, most, [Delivery.urgent.is_(False), of_digest], (), [to])


def groups_due(session: Session, at: datetime) -> list[Group]:
    """To whom messages that are not urgent are due, the longest waiting first."""
    found = session.execute(
        sa.select(*_TO, Delivery.digest, sa.func.count())
        .where(_pending(at), Delivery.urgent.is_(False))
        .group_by(*_TO, Delivery.digest)
        .order_by(sa.func.min(Delivery.next_attempt_at))
    )
    return [Group(To(*row[:4]), row[4], row[5]) for row in found]


def claim(
    session: Session, ids: Collection[int], at: datetime, digest: uuid.UUID | None = None
) -> Sequence[Delivery]:
    """Take locked messages, for at most `HOLDING`; the caller commits before it sends."""
    values: dict[str, object] = {"attempts": Delivery.attempts + 1, "next_attempt_at": at + HOLDING}
    if digest is not None:
        values["digest"] = digest
    return sorted(
        session.scalars(
            sa.update(Delivery)
            .where(Delivery.id == sa.any_(sa.cast(list(ids), sa.ARRAY(sa.BigInteger))))
            .values(**values)
            .returning(Delivery)
            .execution_options(synchronize_session=False, populate_existing=True)
        ),
        key=lambda one: (not one.urgent, one.decided_at, one.id),
    )


def keep(session: Session, ids: Collection[int], at: datetime) -> None:
    """Hold on to messages that a worker still has in hand."""
    if ids:
        session.execute(_later(sa.and_(Delivery.id.in_(list(ids)), _PENDING), at + HOLDING))


def bring_back(session: Session, at: datetime) -> None:
    """What a clock that was set back would keep waiting is due when a claim of it, if there is one, has run
    out."""
    for urgent, farthest in FARTHEST.items():
        stray = sa.and_(_PENDING, Delivery.urgent.is_(urgent), Delivery.next_attempt_at > at + farthest)
        session.execute(_later(stray, at + HOLDING))


def digest_key(session: Session, ids: Sequence[int]) -> uuid.UUID:
    """The key of a new digest: the same for whoever groups the same messages again."""
    first = session.scalars(sa.select(Delivery.idempotency_key).where(Delivery.id == min(ids))).one()
    return uuid.uuid5(first, f"and {len(ids) - 1} more")


def still_pending(session: Session, ids: Collection[int]) -> set[int]:
    """Which of them are to be sent: nobody has answered, and nobody has sent them."""
    wanted = Delivery.id == sa.any_(sa.cast(list(ids), sa.ARRAY(sa.BigInteger)))
    return set(session.scalars(sa.select(Delivery.id).where(wanted, Delivery.state == DeliveryState.PENDING)))


_PENDING = Delivery.state == sa.literal_column("'pending'")  # as the index has it


def _later(which: sa.ColumnElement[bool], until: datetime) -> sa.Update:
    change = sa.update(Delivery).where(which).values(next_attempt_at=until)
    return change.execution_options(synchronize_session=False)


def _pending(at: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(_PENDING, Delivery.next_attempt_at <= at)


def _due(
    session: Session,
    at: datetime,
    most: int,
    kind: list[sa.ColumnElement[bool]],
    but: Collection[To],
    only: Collection[To] | None,
) -> list[tuple[int, To]]:
    wanted = [_pending(at), *kind]
    if but:
        wanted.append(sa.tuple_(*_TO).not_in([tuple(to) for to in but]))
    if only is not None:
        wanted.append(sa.tuple_(*_TO).in_([tuple(to) for to in only]))
    found = session.execute(
        sa.select(Delivery.id, *_TO)
        .where(*wanted)
        .order_by(Delivery.next_attempt_at, Delivery.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [(row[0], To(*row[1:])) for row in found]
