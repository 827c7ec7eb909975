"""What data of a patient is there, day by day, and what is known to be missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.clocks import WORN_EPOCHS, reach
from store.zones import local_day, zone_at

MOST_GAPS = 1000


@dataclass(frozen=True, slots=True)
class CoveredDay:
    """Minutes of one local day for which one device and source have epochs."""

    day: date
    device: str
    source: str
    minutes: float
    worn_min: float  #: said to be worn
    not_worn_min: float  #: said to be not worn; the rest says nothing


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages that a device numbered and that never came."""

    device: str
    stream: str
    boot: int
    first_missing: int
    last_missing: int
    seen_at: datetime


def covered_days(session: Session, patient_id: int, start: datetime, end: datetime) -> list[CoveredDay]:
    """The local days with epochs in [start, end), in order; a day without any is absent."""
    rows = session.execute(
        sa.text(
            f"""
            SELECT {local_day("e.t + w.shift")}, d.name, e.source, sum(e.epoch_s) / 60,
                   coalesce(sum(e.epoch_s) FILTER (WHERE e.worn), 0) / 60,
                   coalesce(sum(e.epoch_s) FILTER (WHERE NOT e.worn), 0) / 60
            FROM {WORN_EPOCHS}
            JOIN patient p ON p.id = w.patient_id {zone_at("e.t + w.shift")}
            JOIN device d ON d.id = w.device_id
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """
        ),
        reach(session, patient_id, start, end),
    )
    return [CoveredDay(*row) for row in rows]


def gaps_of(session: Session, patient_id: int, start: datetime, end: datetime) -> list[Gap]:
    """What is missing from the devices that the patient wore at some time in [start, end)."""
    rows = session.execute(
        sa.text(
            """
            SELECT g.device, g.stream, g.boot, g.first_missing, g.last_missing, g.seen_at
            FROM reading.gaps g
            WHERE g.device IN (
                SELECT d.name FROM wearing w JOIN device d ON d.id = w.device_id
                WHERE w.patient_id = :patient AND w.during && tstzrange(:start, :end))
            ORDER BY 1, 2, 3, 4 LIMIT :most
            """
        ),
        {"patient": patient_id, "start": start, "end": end, "most": MOST_GAPS},
    )
    return [Gap(*row) for row in rows]
