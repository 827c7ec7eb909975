"""The clocks of devices: the offset at each instant of device time. What proves it: `store/clock_proof.py`.

Stored times stay those of the device. Whoever reads them joins `clock` (or `device_clock`) and adds the
offset: true time = device time + offset.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.database import Base


class ClockRun(Base):
    """A stretch of statuses of one device in which one offset holds. Rows are made again from evidence."""

    __tablename__ = "clock_run"

    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), primary_key=True)
    boot: Mapped[int] = mapped_column(primary_key=True, comment="of the status that shows it first")
    seq: Mapped[int] = mapped_column(primary_key=True)
    offset_us: Mapped[int] = mapped_column(comment="true time = device time + offset")
    since_us: Mapped[int] = mapped_column(comment="device time from which it can have held")
    first_us: Mapped[int] = mapped_column(comment="device time of the first status")
    last_us: Mapped[int] = mapped_column(comment="of the last that agreed when this was decided")
    heard_us: Mapped[int] = mapped_column(comment="when that came, by our clock")
    statuses: Mapped[int] = mapped_column(sa.Integer, comment="how many agreed when this was decided")
    firm: Mapped[bool] = mapped_column(comment="not the word of a single status")
    decided_at: Mapped[datetime]


class DeviceClock(Base):
    """The offset in [starts, ends) of device time. A device whose clock was never wrong has no rows, any
    other has rows for all of device time."""

    __tablename__ = "device_clock"
    __table_args__ = (sa.CheckConstraint("starts < ends", name="starts_first"),)

    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"), primary_key=True)
    starts: Mapped[datetime] = mapped_column(primary_key=True, comment="device time, or -infinity")
    ends: Mapped[datetime] = mapped_column(comment="device time, or infinity")
    offset_us: Mapped[int] = mapped_column(comment="true time = device time + offset")


#: The view: for every device all of device time. `shift` is the offset as an interval.
CLOCK = sa.table(
    "clock",
    sa.column("device_id", sa.BigInteger),
    sa.column("starts", sa.DateTime(timezone=True)),
    sa.column("ends", sa.DateTime(timezone=True)),
    sa.column("shift", sa.Interval),
)

#: What follows FROM, with the parameters of `reach`: the epochs `e` that the patient wore in [start, end) of
#: true time, which is `e.t + w.shift`; `w` has `patient_id` and `device_id`. The bounds are on `e.t` itself,
#: so its index is walked. Without the fences (OFFSET 0) the planner filters all epochs of a device once for
#: each of its offsets: 28 days of a device with 121 of them took 3 s.
WORN_EPOCHS = """
    (
        SELECT w.patient_id, w.device_id, c.shift,
               greatest(c.starts, lower(w.during) - c.shift, :start - c.shift) AS starts,
               least(c.ends, coalesce(upper(w.during), 'infinity') - c.shift, :end - c.shift) AS ends
        FROM wearing w JOIN clock c ON c.device_id = w.device_id WHERE w.patient_id = :patient OFFSET 0
    ) w
    JOIN LATERAL (
        SELECT * FROM epoch WHERE device_id = w.device_id AND t >= w.starts AND t < w.ends
           AND t >= :low AND t < :high OFFSET 0
    ) e ON w.starts < w.ends
"""


def reach(session: Session, patient_id: int, start: datetime, end: datetime) -> dict[str, Any]:
    """Parameters for `WORN_EPOCHS`: [low, high) is all device time that can lie in [start, end).

    As constants they let a database that cuts tables by time leave out what is older or newer.
    """
    least_us, most_us = session.execute(
        sa.text(
            """
            SELECT coalesce(min(c.offset_us), 0), coalesce(max(c.offset_us), 0)
            FROM wearing w LEFT JOIN device_clock c ON c.device_id = w.device_id
            WHERE w.patient_id = :patient
            """
        ),
        {"patient": patient_id},
    ).one()
    low = start - timedelta(microseconds=max(0, most_us))
    high = end - timedelta(microseconds=min(0, least_us))
    return {"patient": patient_id, "start": start, "end": end, "low": low, "high": high}


def offsets_bounds(session: Session, device_id: int) -> tuple[int, int]:
    """The least and the most offset that the device's clock ever had [us]; 0 is among them."""
    bounds = sa.text(
        """
        SELECT least(min(offset_us), 0), greatest(max(offset_us), 0) FROM device_clock WHERE device_id = :d
        """
    )
    least_us, most_us = session.execute(bounds, {"d": device_id}).one()
    return least_us, most_us


def offsets_of(session: Session, device_ids: Iterable[int]) -> dict[int, timedelta]:
    """The newest offset of each of these devices whose clock was ever wrong; the others are absent."""
    rows = session.execute(
        sa.text(
            """
            SELECT DISTINCT ON (device_id) device_id, offset_us FROM clock_run
            WHERE device_id = ANY(:d) ORDER BY device_id, boot DESC, seq DESC
            """
        ),
        {"d": list(device_ids)},
    )
    return {device_id: timedelta(microseconds=offset_us) for device_id, offset_us in rows}


def offsets_at(session: Session, instants: Sequence[tuple[int, datetime]]) -> list[timedelta]:
    """The offset of each device at its own device time: data of an earlier clock keeps that clock's."""
    rows = session.scalars(
        sa.text(
            """
            SELECT coalesce(c.offset_us, 0)
            FROM unnest(:d ::bigint[], :t ::timestamptz[]) WITH ORDINALITY AS k(d, t, n)
            LEFT JOIN device_clock c ON c.device_id = k.d AND k.t >= c.starts AND k.t < c.ends
            ORDER BY k.n
            """
        ),
        {"d": [d for d, _ in instants], "t": [t for _, t in instants]},
    )
    return [timedelta(microseconds=offset_us) for offset_us in rows]


@dataclass(frozen=True, slots=True)
class ShownClock:
    """What is known of the clock of one device."""

    device: str
    offset: timedelta | None  #: added to its times; 0: right within 5 s; None: never proven
    checked_at: datetime | None  #: when the newest status came, the only thing that proves it


def clocks_worn(session: Session, patient_id: int, start: datetime, end: datetime) -> list[ShownClock]:
    """The clocks of the devices that the patient wore at some time in [start, end), by name."""
    rows = session.execute(
        sa.text(
            """
            SELECT d.name, s.received_at,
                   CASE WHEN s.received_at IS NOT NULL THEN coalesce(r.offset_us, 0) END
            FROM device d
            LEFT JOIN LATERAL (
                SELECT received_at FROM device_status WHERE device_id = d.id
                ORDER BY boot DESC, seq DESC LIMIT 1
            ) s ON true
            LEFT JOIN LATERAL (
                SELECT offset_us FROM clock_run WHERE device_id = d.id ORDER BY boot DESC, seq DESC LIMIT 1
            ) r ON true
            WHERE d.id IN (SELECT device_id FROM wearing
                           WHERE patient_id = :patient AND during && tstzrange(:start, :end))
            ORDER BY d.name
            """
        ),
        {"patient": patient_id, "start": start, "end": end},
    )
    return [
        ShownClock(name, None if offset_us is None else timedelta(microseconds=offset_us), checked_at)
        for name, checked_at, offset_us in rows
    ]


def length(span: timedelta) -> str:
    """The two largest units of a span that are not 0: `2 h 3 min`, `26 y 124 d`; `0 s`."""
    left, parts = round(span.total_seconds()), []
    for seconds, unit in ((365 * 86400, "y"), (86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def offset_in_words(offset: timedelta) -> str:
    """An offset that is not 0, in words: `3 h 12 min ahead`."""
    return f"{length(abs(offset))} {'behind' if offset > timedelta() else 'ahead'}"
