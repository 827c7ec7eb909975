"""Rounds of the watchdog: when the whole road was travelled, how long each leg took, and where it ended."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base
from store.heartbeat import Heartbeat

KEPT_FOR = timedelta(days=7)  #: 2,016 rounds of five minutes


class WatchRound(Base):
    """One journey of the synthetic patient's data, from the broker to the test sink."""

    __tablename__ = "watch_round"

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime] = mapped_column(index=True)
    every_s: Mapped[float] = mapped_column(sa.Double, comment="how often there is to be one")
    legs: Mapped[dict[str, Any]] = mapped_column(
        pg.JSONB, comment="leg: seconds from the start until it was reached"
    )
    missing: Mapped[str | None] = mapped_column(comment="the first leg not reached; none: it is good")
    detail: Mapped[str | None] = mapped_column(comment="a sentence about that; nothing clinical")


class WatchMessage(Base):
    """A message that reached the test sink; the next round takes it away."""

    __tablename__ = "watch_message"

    idempotency_key: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Road:
    """What is known of the whole road."""

    good_at: datetime | None  #: the end of the last round that was good
    took_s: float | None  #: of that round
    legs: dict[str, float]  #: of that round: seconds from its start
    since: datetime  #: the start of the oldest round that is kept
    every: timedelta  #: as the newest round says
    missing: str | None  #: of the newest round
    detail: str | None
    waits: tuple[tuple[str, datetime], ...] = ()  #: (what, since when), as the watchdog last said
    said_at: datetime | None = None

    def unmonitored_since(self, at: datetime) -> datetime | None:
        """Since when nobody has got through, where that is longer than two periods; None: it is well.

        An instant that is still to come by more than a period: the clock was put back, and nothing is known.
        """
        last = self.good_at or self.since
        return last if at - last > 2 * self.every or last - at > self.every else None

    def waiting(self, at: datetime) -> tuple[tuple[str, datetime], ...]:
        """What waits though the road is open; nothing where the watchdog is silent, as the road then says."""
        if self.said_at is None or abs(at - self.said_at) > 2 * self.every:
            return ()
        return self.waits


def add_round(
    session: Session,
    started_at: datetime,
    ended_at: datetime,
    every_s: float,
    legs: Mapping[str, float],
    missing: str | None,
    detail: str | None,
) -> None:
    """Write a round down, and forget those of more than a week ago, but for the last good one."""
    session.add(
        WatchRound(
            started_at=started_at,
            ended_at=ended_at,
            every_s=every_s,
            legs=dict(legs),
            missing=missing,
            detail=detail,
        )
    )
    session.flush()
    last_good = sa.select(sa.func.max(WatchRound.id)).where(WatchRound.missing.is_(None)).scalar_subquery()
    session.execute(
        sa.delete(WatchRound).where(
            WatchRound.ended_at < ended_at - KEPT_FOR, WatchRound.id != sa.func.coalesce(last_good, 0)
        )
    )


def road(session: Session) -> Road | None:
    """The whole road by what is written down of it; None where no watchdog has ever made a round.

    The newest is the one that was written last, whatever the clock said then.
    """
    last_first = sa.select(WatchRound).order_by(WatchRound.id.desc()).limit(1)
    newest = session.scalar(last_first)
    if newest is None:
        return None
    good = session.scalar(last_first.where(WatchRound.missing.is_(None)))
    since = session.scalars(sa.select(sa.func.min(WatchRound.started_at))).one()
    said = session.get(Heartbeat, "watchdog")
    return Road(
        good_at=good.ended_at if good else None,
        took_s=(good.ended_at - good.started_at).total_seconds() if good else None,
        legs=dict(good.legs) if good else {},
        since=since,
        every=timedelta(seconds=newest.every_s),
        missing=newest.missing,
        detail=newest.detail,
        waits=tuple(_shown(said.counts.get("shown", []))) if said else (),
        said_at=said.at if said else None,
    )


def _shown(troubles: Iterable[Mapping[str, str]]) -> Iterator[tuple[str, datetime]]:
    for one in troubles:
        yield one["key"], datetime.fromisoformat(one["since"])


def forget_rounds(session: Session) -> None:
    """Nobody watches any more, and nothing is to say so: for an installation that does without a watchdog."""
    session.execute(sa.delete(WatchRound))


def reached_sink(session: Session, key: uuid.UUID, at: datetime) -> None:
    """A message reached the test sink; the same one again changes nothing."""
    row = pg.insert(WatchMessage).values(idempotency_key=key, received_at=at)
    session.execute(row.on_conflict_do_nothing())
