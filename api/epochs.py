"""What a patient's devices measured, in buckets of time, and what is missing of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from api.auth import AsWardUser, Db
from api.paging import PatientPage
from api.problems import Problem, documented
from api.visible import PatientZone, VisiblePatient
from api.windows import FromDay, ToDay, days_of, instants_of
from store import worklist
from store.buckets import METRICS, read_buckets
from store.clocks import clocks_worn
from store.coverage import covered_days, gaps_of
from store.database import now
from store.zones import name_at

router = APIRouter(prefix="/api/v1/patients", tags=["epochs"], responses=documented(401, 403, 404, 422))
MOST_BUCKETS = 5000
MOST_DAYS = 400
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class BucketOut(BaseModel):
    """One device and source in one bucket; `value` null: nothing was measured, or it was not worn."""

    start: datetime
    device: str
    source: str
    value: float | None
    minutes: float


class Buckets(PatientPage[BucketOut]):
    """A measure in buckets of time."""

    metric: str
    unit: str
    every: str


class CoveredDayOut(BaseModel):
    """Minutes of one local day for which one device and source have epochs."""

    day: date
    device: str
    source: str
    minutes: float
    worn_min: float
    not_worn_min: float


class GapOut(BaseModel):
    """Messages that a device numbered and that never came."""

    device: str
    stream: str
    boot: int
    first_missing: int
    last_missing: int
    seen_at: datetime


class ClockOut(BaseModel):
    """What is known of a device's clock. `offset_s` is added to all its times; 0: right within 5 s; null: no
    status has come that could prove it, and its times are taken as they are."""

    device: str
    offset_s: float | None
    checked_at: datetime | None


class Coverage(PatientPage[CoveredDayOut]):
    """What is there, what is known to be missing, and how far the devices' clocks are off."""

    gaps: list[GapOut]
    clocks: list[ClockOut]
    last_data_at: datetime | None


@router.get("/{patient}/epochs")
def epochs(
    db: Db,
    patient: VisiblePatient,
    zone: PatientZone,
    metric: Annotated[
        Literal["enmo_mg", "mad_mg", "anglez_deg", "counts", "steps", "hr_bpm", "worn"], Query()
    ],
    start: Annotated[AwareDatetime, Query(alias="from")],
    end: Annotated[AwareDatetime, Query(alias="to")],
    every: Annotated[str, Query(pattern="^[1-9][0-9]{0,2}[mhd]$", description="5m, 1h, 1d ...")] = "1h",
) -> Buckets:
    """A measure in [from, to), in buckets that the database makes; a bucket without epochs is absent.

    Whole days start at the patient's local midnight, shorter buckets count from midnight UTC.
    """
    step = int(every[:-1]) * UNITS[every[-1]]
    start, end = _utc(start), _utc(end)
    if end <= start:
        raise Problem(422, "`from` is not before `to`.", "window")
    if end - start > timedelta(days=MOST_DAYS) or (end - start) / step > MOST_BUCKETS:
        detail = f"At most {MOST_BUCKETS} buckets and {MOST_DAYS} days at once: take longer buckets."
        raise Problem(422, detail, "window")
    found = read_buckets(db, patient.id, metric, start, end, step)
    return Buckets(
        patient=patient.code,
        tz=name_at(zone, now()),
        metric=metric,
        unit=METRICS[metric][1],
        every=every,
        items=[BucketOut.model_validate(one, from_attributes=True) for one in found],
    )


@router.get("/{patient}/coverage")
def coverage(
    db: Db,
    user: AsWardUser,
    patient: VisiblePatient,
    zone: PatientZone,
    first: FromDay = None,
    last: ToDay = None,
) -> Coverage:
    """What data is there; a local day without any is absent. Gaps are those of the devices worn then."""
    first, last = days_of(first, last, zone, 30, 92)
    start, end = instants_of(first, last, zone)
    return Coverage(
        patient=patient.code,
        tz=name_at(zone, now()),
        items=[
            CoveredDayOut.model_validate(day, from_attributes=True)
            for day in covered_days(db, patient.id, start, end)
        ],
        gaps=[
            GapOut.model_validate(gap, from_attributes=True) for gap in gaps_of(db, patient.id, start, end)
        ],
        clocks=[
            ClockOut(
                device=clock.device,
                offset_s=None if clock.offset is None else clock.offset.total_seconds(),
                checked_at=clock.checked_at,
            )
            for clock in clocks_worn(db, patient.id, start, end)
        ],
        last_data_at=worklist.worklist(db, user, now(), patient.code)[0].moved_at,
    )


def _utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise Problem(422, "`from` and `to` lie within the calendar.", "window") from error
