"""A patient's movement by the hour, put together by the database: what a chart of weeks needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.clocks import WORN_EPOCHS, reach


@dataclass(frozen=True, slots=True)
class HourRow:
    """One hour (UTC) of one source. Means leave out what was not worn; None: no value."""

    start: datetime
    source: str
    counts: float | None  #: mean
    counts_min: float  #: minutes with a value
    enmo_mg: float | None  #: mean
    enmo_min: float
    off_min: float  #: minutes that the device, or the wear rule for raw samples, called not worn


_HOURS = sa.text(
    f"""
    SELECT date_bin('1 hour', e.t + w.shift, 'epoch'::timestamptz) AS start, e.source,
           avg(e.counts) FILTER (WHERE e.worn IS NOT FALSE),
           coalesce(sum(e.epoch_s) FILTER (WHERE e.worn IS NOT FALSE AND e.counts IS NOT NULL), 0) / 60,
           avg(e.enmo_mg) FILTER (WHERE e.worn IS NOT FALSE),
           coalesce(sum(e.epoch_s) FILTER (WHERE e.worn IS NOT FALSE AND e.enmo_mg IS NOT NULL), 0) / 60,
           coalesce(sum(e.epoch_s) FILTER (WHERE e.worn IS FALSE), 0) / 60
    FROM {WORN_EPOCHS}
    GROUP BY 1, 2 ORDER BY 1, 2
    """
)


def read_hours(session: Session, patient_id: int, start: datetime, end: datetime) -> list[HourRow]:
    """The hours in [start, end) in which any device that the patient wore has epochs, oldest first."""
    rows = session.execute(_HOURS, reach(session, patient_id, start, end))
    return [HourRow(row[0], row[1], *row[2:]) for row in rows]
