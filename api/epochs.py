"""What a patient's devices measured, in buckets of time, and what is missing of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, Field

from api.auth import AsWardUser, Db
from api.paging import PatientPage
from api.problems import Problem, documented
from api.visible import PatientZone, VisiblePatient
from api.windows import FromDay, ToDay, days_of, instants_of
from store import wear_runs, worklist
from store.buckets import METRICS, read_buckets
from store.calibrations import calibrations_worn
from store.clocks import clocks_worn
from store.coverage import covered_days, gaps_of
from store.database import now
from store.zones import name_at

router = APIRouter(prefix="/api/v1/patients", tags=["epochs"], responses=documented(401, 403, 404, 422))
MOST_BUCKETS = 5000
MOST_DAYS = 400
WEAR = ("worn_min", "not_worn_min", "no_data_min", "off_min")
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


class WearDayOut(BaseModel):
    """Minutes of one local day by what the patient's devices were, the best word of all of them.

    Time in which no device was expected is in none of the four; null: computed before there were states."""

    day: date
    worn_min: float
    not_worn_min: float | None
    no_data_min: float | None
    off_min: float | None


class StateOut(BaseModel):
    """In [from, to) a device was worn, not worn, off (battery empty, or started anew afterwards), or sent
    nothing for no known reason (`no_data`: it may still come)."""

    device: str
    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    state: Literal["worn", "not_worn", "off", "no_data"]


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


class CalibrationOut(BaseModel):
    """Of a device that streams raw acceleration. `version` null: its epochs are not calibrated, and `reason`
    says why; with a version, `reason` says why there is no newer one though the device has drifted. Minutes
    from `since` on are corrected. Errors: of gravity at rest, before and after [mg]."""

    device: str
    version: int | None
    since: datetime | None
    error_before_mg: float | None
    error_after_mg: float | None
    reason: str | None


class Coverage(PatientPage[CoveredDayOut]):
    """What is there, what is known to be missing, how far the devices' clocks are off, and how far devices
    with raw acceleration are calibrated.

    `states` are as of when each day was computed, the running day at most hourly; `states_complete` false:
    there are more, and the oldest are left out."""

    days: list[WearDayOut]
    states: list[StateOut]
    states_complete: bool
    gaps: list[GapOut]
    clocks: list[ClockOut]
    calibrations: list[CalibrationOut]
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
    """What data is there, and when each device was worn, not worn, off or silent.

    `items` lack local days without data; gaps are those of the devices worn then.
    """
    first, last = days_of(first, last, zone, 30, 92)
    start, end = instants_of(first, last, zone)
    states, complete = wear_runs.stretches_of(db, patient.id, first, last)
    return Coverage(
        patient=patient.code,
        tz=name_at(zone, now()),
        items=[
            CoveredDayOut.model_validate(day, from_attributes=True)
            for day in covered_days(db, patient.id, start, end)
        ],
        days=[WearDayOut(day=day, **told) for day, told in _wear_days(db, patient.id, first, last)],
        states=[
            StateOut.model_validate({"device": s.device, "from": s.start, "to": s.end, "state": s.state})
            for s in states
        ],
        states_complete=complete,
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
        calibrations=[
            CalibrationOut.model_validate(one, from_attributes=True)
            for one in calibrations_worn(db, patient.id, start, end)
        ],
        last_data_at=worklist.worklist(db, user, now(), patient.code)[0].moved_at,
    )


def _wear_days(db: Db, patient_id: int, first: date, last: date) -> list[tuple[date, dict[str, Any]]]:
    """Of each day with results the four minutes; a day that had no data was not worn for a minute."""
    found = worklist.day_indices(db, patient_id, first, last, WEAR)
    minutes = {key: row.value for key, row in found.items()}
    return [
        (day, {name: minutes.get((day, name), 0.0 if name == "worn_min" else None) for name in WEAR})
        for day in sorted({day for day, _ in found})
    ]


def _utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise Problem(422, "`from` and `to` lie within the calendar.", "window") from error
