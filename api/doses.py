"""What a patient took of opioids, as oral morphine equivalents."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from api.auth import Db
from api.paging import Cursor, Limit, PatientPage, cut, place_of
from api.problems import documented
from api.visible import PatientZone, VisiblePatient
from api.windows import FromDay, ToDay, days_of
from days.cut import day_of, day_start
from opioids.convert import Dose, convert
from opioids.daily import LocalDay, day_sums, once, read_entry
from opioids.table import METHOD, STATEMENT, TABLE
from store.database import now
from store.doses import diary_doses
from store.zones import name_at

router = APIRouter(prefix="/api/v1/patients", tags=["doses"], responses=documented(401, 403, 404, 422))
MOST_DAYS = 400


class DoseOut(BaseModel):
    """One dose of the diary; without `ome_mg` there is an `ome_reason`. Of a patch it is that of a day."""

    entry: str
    day: date
    at: datetime
    drug: str
    dose: float
    unit: str
    route: str
    rescue: bool
    ome_mg: float | None
    ome_per: Literal["dose", "day worn"]
    ome_reason: str | None


class DaySumOut(BaseModel):
    """The opioids of one local day; without `ome_mg` there is an `ome_reason`, and it is not 0."""

    day: date
    ome_mg: float | None
    ome_rescue_mg: float | None
    ome_reason: str | None


class DosesOut(PatientPage[DoseOut]):
    """A page of doses, and the sums of all days in the window."""

    table: str = TABLE
    method: str = METHOD
    statement: str = STATEMENT
    days: list[DaySumOut]


@router.get("/{patient}/doses")
def doses(
    db: Db,
    patient: VisiblePatient,
    zone: PatientZone,
    first: FromDay = None,
    last: ToDay = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> DosesOut:
    """Doses by the day of their own time, and the sum of each day; the last 30 days unless you say which.

    Oral morphine equivalents are for analytics and research, never for converting a patient from one opioid
    to another.
    """
    first, last = days_of(first, last, zone, 30, MOST_DAYS)
    place = place_of(cursor, int)
    said = diary_doses(db, patient.id)
    entries = [read_entry(one.at, one.doses, one.shift, str(one.entry)) for one in said]
    dates = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    days = [LocalDay(day, day_start(day, zone), day_start(day + timedelta(days=1), zone)) for day in dates]
    own = [dose for dose in once(entries) if days[0].start <= dose.at < days[-1].end]
    numbered = list(enumerate(own))[0 if place is None else int(place[0]) + 1 :]
    page, further = cut(numbered[: limit + 1], limit, lambda one: (one[0],))
    return DosesOut(
        patient=patient.code,
        tz=name_at(zone, now()),
        items=[_shown(dose, day_of(dose.at, zone)) for _, dose in page],
        next=further,
        days=[
            DaySumOut(day=one.day, ome_mg=one.mg, ome_rescue_mg=one.rescue_mg, ome_reason=one.reason)
            for one in day_sums(entries, days)
        ],
    )


def _shown(dose: Dose, day: date) -> DoseOut:
    found = convert(dose)
    return DoseOut(
        entry=dose.entry,
        day=day,
        at=dose.at,
        drug=dose.drug,
        dose=dose.dose,
        unit=dose.unit,
        route=dose.route,
        rescue=dose.rescue,
        ome_mg=found.mg,
        ome_per="day worn" if found.patch else "dose",
        ome_reason=found.reason,
    )
