"""What corrects the acceleration of a device: versions, each from one instant of its clock on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.arrays import int8s
from store.copying import driver_cursor
from store.database import Base

Axes = tuple[float, float, float]


class CalibrationRow(Base):
    """One calibration of one device. A row never changes; it holds until `from_t` of the next version."""

    __tablename__ = "calibration"
    __table_args__ = (
        # Also the way from a device to its versions: ingest takes it with every batch.
        sa.UniqueConstraint("device_id", "version"),
    )

    id: Mapped[int] = mapped_column(sa.Identity(always=True), primary_key=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("device.id"))
    version: Mapped[int] = mapped_column(sa.Integer, comment="1, 2, ... of the device")
    from_t: Mapped[datetime] = mapped_column(comment="device time, a whole minute: the first it corrects")
    scale: Mapped[list[float]] = mapped_column(pg.ARRAY(sa.Double), comment="x, y, z: (a + offset) * scale")
    offset_g: Mapped[list[float]] = mapped_column(pg.ARRAY(sa.Double), comment="x, y, z")
    points: Mapped[int] = mapped_column(sa.Integer, comment="still windows of 10 s it was fitted to")
    error_before_mg: Mapped[float] = mapped_column(sa.Double)
    error_after_mg: Mapped[float] = mapped_column(sa.Double)
    method: Mapped[str] = mapped_column(comment="how it was fitted")
    fitted_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class HeldCalibration:
    """A calibration as it is applied, `analytics.signal.samples.Correction`."""

    id: int
    version: int
    from_us: int  #: device time
    scale: Axes
    offset: Axes


# In binary form: as text, six numbers a device would take as long as everything else here together.
_OF_DEVICES = """
    SELECT device_id, id, version, (extract(epoch FROM from_t) * 1000000)::bigint, scale, offset_g
    FROM calibration WHERE device_id = ANY(%s ::bigint[]) ORDER BY device_id, version
"""


def calibrations_of(session: Session, device_ids: Collection[int]) -> dict[int, list[HeldCalibration]]:
    """All versions of each of these devices in order; a device without any is absent."""
    found: dict[int, list[HeldCalibration]] = {}
    ids = int8s(np.array(sorted(device_ids), np.int64))
    with driver_cursor(session, _OF_DEVICES, binary=True) as cursor:
        rows = cursor.execute(_OF_DEVICES.encode(), (ids,)).fetchall()
    for device_id, id_, version, from_us, scale, offset in rows:
        held = HeldCalibration(id_, version, from_us, tuple(scale), tuple(offset))
        found.setdefault(device_id, []).append(held)
    return found


def add_calibration(session: Session, row: CalibrationRow) -> None:
    """Store a new version. Two that fit the same device at once: the second fails, and looks again."""
    session.add(row)
    session.flush()


@dataclass(frozen=True, slots=True)
class ShownCalibration:
    """How far a device that streams raw acceleration is calibrated."""

    device: str
    version: int | None  #: the newest; None: not calibrated
    since: datetime | None  #: true time of the first minute that it corrects
    error_before_mg: float | None
    error_after_mg: float | None
    reason: str | None  #: why there is none, or no new one though the device has drifted


def calibrations_worn(
    session: Session, patient_id: int, start: datetime, end: datetime
) -> list[ShownCalibration]:
    """Those of the devices with raw acceleration that the patient wore at some time in [start, end)."""
    rows = session.execute(
        sa.text(
            """
            SELECT d.name, c.version, c.from_t + k.shift, c.error_before_mg, c.error_after_mg,
                   CASE WHEN s.looked_at IS NULL THEN 'its data was not looked at yet' ELSE s.reason END
            FROM still_points s JOIN device d ON d.id = s.device_id
            LEFT JOIN LATERAL (
                SELECT * FROM calibration WHERE device_id = d.id ORDER BY version DESC LIMIT 1
            ) c ON true
            LEFT JOIN clock k ON k.device_id = d.id AND c.from_t >= k.starts AND c.from_t < k.ends
            WHERE s.device_id IN (SELECT device_id FROM wearing
                                  WHERE patient_id = :patient AND during && tstzrange(:start, :end))
            ORDER BY d.name
            """
        ),
        {"patient": patient_id, "start": start, "end": end},
    )
    return [ShownCalibration(*row) for row in rows]


def calibrations_began(session: Session, device_ids: Collection[int]) -> dict[int, list[tuple[int, int]]]:
    """Of each of these devices that has any: (true time [us] of the first minute, version), in order."""
    rows = session.execute(
        sa.text(
            """
            SELECT c.device_id, (extract(epoch FROM c.from_t + k.shift) * 1000000)::bigint, c.version
            FROM calibration c
            JOIN clock k ON k.device_id = c.device_id AND c.from_t >= k.starts AND c.from_t < k.ends
            WHERE c.device_id = ANY(:ids ::bigint[]) ORDER BY 1, 3
            """
        ),
        {"ids": list(device_ids)},
    )
    found: dict[int, list[tuple[int, int]]] = {}
    for device_id, from_us, version in rows:
        found.setdefault(device_id, []).append((from_us, version))
    return found
