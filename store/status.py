"""What devices say about themselves: battery, clock, backlog."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base


class DeviceStatus(Base):
    """One status message; `at` is the device clock at sending and the only proof that it is wrong."""

    __tablename__ = "device_status"
    __table_args__ = (sa.Index("ix_device_status_time", "device_id", "at"),)  # what was said before a silence

    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), primary_key=True)
    boot: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    battery_pct: Mapped[float | None] = mapped_column(sa.REAL)
    firmware: Mapped[str | None]
    backlog: Mapped[int | None]
    worn: Mapped[bool | None]


def add_statuses(session: Session, rows: Sequence[dict[str, object]]) -> None:
    """Store status messages."""
    if rows:
        session.execute(sa.insert(DeviceStatus), list(rows))
