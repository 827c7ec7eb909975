"""A sign of life of each part: when it last made progress, and what it counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base


class Heartbeat(Base):
    """The newest sign of life of one part."""

    __tablename__ = "heartbeat"

    part: Mapped[str] = mapped_column(primary_key=True, comment="ingest, analytics, alerting")
    at: Mapped[datetime]
    healthy: Mapped[bool] = mapped_column(comment="false: alive, but what it needs is away")
    counts: Mapped[dict[str, Any]] = mapped_column(pg.JSONB, comment="since the part started")


def beat(session: Session, part: str, at: datetime, healthy: bool, counts: dict[str, Any]) -> None:
    """Say that `part` lives."""
    insert = pg.insert(Heartbeat).values(part=part, at=at, healthy=healthy, counts=counts)
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["part"], set_={"at": at, "healthy": healthy, "counts": counts}
        )
    )


def heartbeats(session: Session) -> list[Heartbeat]:
    """The newest sign of life of every part that ever ran."""
    return list(session.scalars(sa.select(Heartbeat).order_by(Heartbeat.part)))
