"""The probability of a flare within seven days, as it was told at the end of a patient's days."""

from __future__ import annotations

from datetime import date, datetime

from fastapi import APIRouter
from pydantic import BaseModel

from api.auth import Db
from api.paging import Cursor, Limit, PatientPage, cut, place_of
from api.problems import documented
from api.visible import PatientZone, VisiblePatient
from api.windows import FromDay, ToDay, days_of
from store.database import now
from store.flare_risks import FlareRisk, risks_of
from store.zones import name_at

router = APIRouter(prefix="/api/v1/patients", tags=["risk"], responses=documented(401, 403, 404, 422))
MOST_DAYS = 8000
STATEMENT = (
    "Fitted to and checked with simulated patients only: no forecast to act on by itself. No page rests on "
    "it, and a low number does not say that the patient is well."
)


class FlareRiskOut(BaseModel):
    """One local day that is over; without `p_flare_7d` there is a `reason`, and it is not 0.

    `computed_at` is the last time that it came out otherwise: data that came late change it for two weeks.
    """

    day: date
    p_flare_7d: float | None
    reason: str | None
    model: str
    model_version: int
    model_sha256: str
    rule: str
    computed_at: datetime


class FlareRisksOut(PatientPage[FlareRiskOut]):
    """A page of days, and what the numbers are not."""

    statement: str = STATEMENT


@router.get("/{patient}/risk")
def risk(
    db: Db,
    patient: VisiblePatient,
    zone: PatientZone,
    first: FromDay = None,
    last: ToDay = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> FlareRisksOut:
    """How likely it is that one of the seven days after each day lies in a flare, one in progress included;
    the last 30 days unless you say which.

    The model was fitted to simulated patients and never validated with real ones.
    """
    first, last = days_of(first, last, zone, 30, MOST_DAYS)
    place = place_of(cursor, str)
    found = risks_of(db, patient.id, first, last)
    if place is not None:
        found = [one for one in found if one.day.isoformat() > str(place[0])]
    page, further = cut(found[: limit + 1], limit, lambda one: (one.day.isoformat(),))
    return FlareRisksOut(
        patient=patient.code,
        tz=name_at(zone, now()),
        items=[_shown(one) for one in page],
        next=further,
    )


def _shown(one: FlareRisk) -> FlareRiskOut:
    return FlareRiskOut(
        day=one.day,
        p_flare_7d=one.p_flare_7d,
        reason=one.reason,
        model=one.model,
        model_version=one.model_version,
        model_sha256=one.model_sha256,
        rule=one.rule,
        computed_at=one.computed_at,
    )
