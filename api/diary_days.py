"""How a patient's diary was kept, day by day: who was asked, who answered, what was missed."""

from __future__ import annotations

from datetime import date
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from api.auth import Db
from api.paging import Cursor, Limit, PatientPage, behind, cut, place_of
from api.problems import documented
from api.severities import CutPointsInUse, CutPointsOut
from api.visible import PatientZone, VisiblePatient
from api.windows import FromDay, ToDay, days_of
from severity.cut_points import CutPoints, Severity, severity
from store.database import now
from store.diary_days import DiaryDay, diary_days, kept
from store.zones import name_at

router = APIRouter(prefix="/api/v1/patients", tags=["pain"], responses=documented(401, 403, 404, 422))
MOST_DAYS = 400
State = Literal["answered", "late", "backfilled", "corrected", "skipped", "missed", "not_asked", "open"]


class DiaryDayOut(BaseModel):
    """One local day. `severity` is that of `worst`; null was not said."""

    day: date
    state: State
    asked: bool
    entries: int
    worst: int | None
    severity: Severity | None
    average: int | None
    least: int | None
    now: int | None
    interference: int | None
    breakthrough: int | None
    rescue_doses: int | None


class DiaryOut(PatientPage[DiaryDayOut]):
    """Days of a window. What is counted is the whole window, also where `items` is a page of it."""

    counts: dict[str, int]
    asked_days: int
    answered_share: float | None
    cut_points: CutPointsOut


@router.get("/{patient}/diary")
def diary(
    db: Db,
    patient: VisiblePatient,
    zone: PatientZone,
    cut_points: CutPointsInUse,
    first: FromDay = None,
    last: ToDay = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> DiaryOut:
    """The days of the diary, from the first asked day or entry up to today; the last 30 unless you say which.

    `asked_days` are those on which the patient was asked and that are over or have an entry;
    `answered_share` is how many of these have an answer, null where there are none.
    """
    at = now()
    first, last = days_of(first, last, zone, 30, MOST_DAYS)
    found = diary_days(db, patient.id, first, last, at)
    how = kept(found)
    rows = behind(found, place_of(cursor, str), lambda d: (d.day.isoformat(),))
    page, further = cut(rows, limit, lambda d: (d.day.isoformat(),))
    return DiaryOut(
        patient=patient.code,
        tz=name_at(zone, at),
        items=[_shown(day, cut_points) for day in page],
        next=further,
        counts=how.states,
        asked_days=how.asked,
        answered_share=how.share,
        cut_points=CutPointsOut.of(cut_points),
    )


def _shown(day: DiaryDay, cut_points: CutPoints) -> DiaryDayOut:
    said = {name: getattr(day, name) for name in DiaryDayOut.model_fields if name != "severity"}
    return DiaryDayOut(severity=severity(day.worst, cut_points), **said)
