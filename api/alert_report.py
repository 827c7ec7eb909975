"""How useful the pages of a ward were, by what clinicians said of their cases."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.alert_table import COLUMNS, rows_of
from api.auth import AsWardUser, Db
from api.page_budget import OwnSite
from api.problems import documented
from api.spreadsheet import csv_of
from api.windows import FromDay, ToDay, days_of
from groups.alert_report import Definitions, ForReview, Group, Report, definitions, report
from groups.paged import Figures
from store.access import User, record, visible_patients
from store.alerts.report import Beside, PagedCase, read_period, zone_of_site
from store.database import now
from store.people import Patient

router = APIRouter(prefix="/api/v1/sites", tags=["sites"], responses=documented(401, 403, 404, 422))
USUAL_DAYS, MOST_DAYS = 84, 732
LISTED = 20  #: cases without an outcome, the oldest


class Unclosed(BaseModel):
    """A case of which somebody was told and that has no outcome yet."""

    case: int
    patient: str
    severity: str
    state: str
    paged_at: datetime


class AlertReport(BaseModel):
    """The pages of a period. Aggregates; the cases without an outcome are named to whoever may see them.

    A case counts once, by its first page; what was told of it later is `told_again`. Where a share, a rate or
    a time is null, its reason says why.
    """

    site: str
    first: date
    last: date
    at: datetime
    simulated: Annotated[bool, Field(description="of simulated patients: the ward has no others")]
    patients: Annotated[int, Field(description="watched on one day at least")]
    definitions: Definitions
    whole: Figures
    by_kind: list[Group]
    by_rule: list[Group]
    by_severity: list[Group]
    by_site: list[Group]
    by_hour: list[Group]
    by_weekday: list[Group]
    weekday_hours: list[list[int]]
    for_review: list[ForReview]
    beside: Beside
    without_outcome: list[Unclosed]


@router.get("/{site}/alerts", response_model=AlertReport, responses={200: {"content": {"text/csv": {}}}})
def alerts(
    request: Request,
    db: Db,
    user: AsWardUser,
    site: OwnSite,
    first: FromDay = None,
    last: ToDay = None,
    format: Annotated[Literal["json", "csv"] | None, Query()] = None,
) -> AlertReport | Response:
    """What became of the pages of the own site: how many for each patient and week, how many were useful, how
    soon somebody answered; by rule, severity, weekday and hour (of the ward's clock). `definitions` says by
    which version of the ward's plan this is measured. The last 12 weeks unless you say which. Also
    as CSV, by `Accept: text/csv` or `format=csv`."""
    found, document = read_report(request, db, user, site, (first, last), now())
    if format == "csv" or (format is None and "text/csv" in request.headers.get("accept", "")):
        name = f"pages-{document.first}-{document.last}.csv"
        return Response(
            csv_of(COLUMNS, rows_of(found)),
            media_type="text/csv",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    return document


def read_report(
    request: Request,
    session: Session,
    user: User,
    site: str,
    window: tuple[date | None, date | None],
    at: datetime,
) -> tuple[Report, AlertReport]:
    """The report on a site that the user may see, written down as a look. Raises `Problem` for the window."""
    first, last = days_of(*window, zone_of_site(session, site), USUAL_DAYS, MOST_DAYS)
    record(session, at, user.name, "alerts.report", detail=f"site {site} from={first} to={last}")
    period = read_period(session, site, first, last, at)
    by = definitions(period.paged, list(period.plans.values()), request.app.state.settings.useful_share)
    found = report(period.paged, period.patient_weeks, at, by.review_below)
    return found, AlertReport(
        site=site,
        first=first,
        last=last,
        at=at,
        simulated=bool(period.simulated),
        patients=period.patients,
        definitions=by,
        **{field.name: getattr(found, field.name) for field in fields(found)},
        beside=period.beside,
        without_outcome=_unclosed(session, user, period.paged),
    )


def _unclosed(session: Session, user: User, paged: list[PagedCase]) -> list[Unclosed]:
    """The oldest of those that the user may see; for administrators, none of real patients."""
    unclosed = [one for one in paged if one.outcome is None]
    mine = visible_patients(user).where(Patient.id.in_({one.patient_id for one in unclosed}))
    codes = {patient.id: patient.code for patient in session.scalars(mine)}
    seen = sorted((one for one in unclosed if one.patient_id in codes), key=lambda one: one.paged_at)
    return [
        Unclosed(
            case=one.case_id,
            patient=codes[one.patient_id],
            severity=one.severity,
            state=one.state,
            paged_at=one.paged_at,
        )
        for one in seen[:LISTED]
    ]
