"""One measure of one patient in buckets of time, put together by the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from days.cut import day_start
from store.clocks import WORN_EPOCHS, reach
from store.zones import local_day, zone_at, zone_of_patient

#: How each measure is put together, and its unit. A minute that the device called not worn is no movement.
METRICS = {
    "enmo_mg": ("avg(e.enmo_mg) FILTER (WHERE e.worn IS NOT FALSE)", "mg"),
    "mad_mg": ("avg(e.mad_mg) FILTER (WHERE e.worn IS NOT FALSE)", "mg"),
    "anglez_deg": ("avg(e.anglez_deg) FILTER (WHERE e.worn IS NOT FALSE)", "degree"),
    "counts": ("avg(e.counts) FILTER (WHERE e.worn IS NOT FALSE)", "counts in an epoch, mean"),
    "steps": ("sum(e.steps) FILTER (WHERE e.worn IS NOT FALSE)", "steps, sum"),
    "hr_bpm": ("avg(e.hr_bpm) FILTER (WHERE e.worn IS NOT FALSE)", "1/min"),
    "worn": ("avg(e.worn::int)", "share of the epochs that say it"),
}


@dataclass(frozen=True, slots=True)
class Bucket:
    """What one device and source have for [start, next start). `value` None: nothing was measured."""

    start: datetime
    device: str
    source: str  #: `device`, or `raw`: made from its blocks
    value: float | None
    minutes: float  #: with a value


def read_buckets(
    session: Session,
    patient_id: int,
    metric: str,
    start: datetime,
    end: datetime,
    every: timedelta,
) -> list[Bucket]:
    """The measure (a key of `METRICS`) in [start, end), oldest first; a bucket without epochs is absent.

    Buckets of whole days are the patient's local days, shorter ones count from midnight UTC.
    """
    value, _ = METRICS[metric]
    counts = f"e.{metric} IS NOT NULL" + ("" if metric == "worn" else " AND e.worn IS NOT FALSE")
    if every % timedelta(days=1):
        binned = "date_bin(:every, e.t + w.shift, 'epoch'::timestamptz)"
    else:
        binned = f"date_bin(:every, {local_day('e.t + w.shift')}::timestamp, timestamp '2001-01-01')::date"
    rows = session.execute(
        sa.text(
            f"""
            SELECT {binned}, d.name, e.source, {value},
                   coalesce(sum(e.epoch_s) FILTER (WHERE {counts}), 0) / 60
            FROM {WORN_EPOCHS}
            JOIN patient p ON p.id = w.patient_id {zone_at("e.t + w.shift")}
            JOIN device d ON d.id = w.device_id
            GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            """
        ),
        {**reach(session, patient_id, start, end), "every": every},
    )
    zone = zone_of_patient(session, patient_id)
    return [
        Bucket(start if isinstance(start, datetime) else day_start(start, zone), *rest)
        for start, *rest in rows
    ]
