"""The pages: worklist, patient, actions on a case. Each works without JavaScript."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, FastAPI, Form, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from api.association_answers import refuse_too_many
from api.auth import AsWardUser, CurrentUser, Db
from api.pages import (
    accounts,
    alert_report,
    budget,
    case_actions,
    day_by_day,
    diary_links,
    entry,
    live,
    plan_page,
    quarantine,
    silences_page,
    treatment_actions,
)
from api.pages.entry import error_page, own_path
from api.pages.holds import marks_of, next_of
from api.pages.patient_page import read_page
from api.pages.render import HERE, is_refresh, page
from api.pages.worklist_page import grouped
from api.problems import Problem
from days.cut import day_of
from ladder.words import CaseState
from store import associations, worklist
from store.access import Role, User, record
from store.alerts.cases import Case
from store.database import now
from store.zones import zone_of_patient, zones_of

STATIC = {
    "pages.css": "text/css",
    "diary.css": "text/css",
    "live.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The pages answer errors as pages, and listen for changes as soon as one is open."""
    app.state.error_page = error_page
    app.state.hints = live.Hints(app.state.settings.database_url)
    yield
    await app.state.hints.close()


router = APIRouter(include_in_schema=False, lifespan=lifespan)
PARTS = (
    accounts,
    alert_report,
    budget,
    case_actions,
    diary_links,
    entry,
    live,
    plan_page,
    quarantine,
    silences_page,
    treatment_actions,
)
for part in PARTS:
    router.include_router(part.router)


def viewer(request: Request, user: CurrentUser, db: Db) -> User:
    """Whoever looks. A page that refreshes itself is nobody at work: the session still runs out."""
    if is_refresh(request):
        db.expire_all()  # drops the new time of use before it is written
    return user


Viewer = Annotated[User, Depends(viewer)]
Back = Annotated[str, Form()]


@router.get("/static/{name}")
def static(name: str) -> Response:
    """Style, script and icon; addresses change with the content."""
    if name not in STATIC:
        raise Problem(404, "There is nothing at this address.")
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(HERE / "static" / name, headers=kept, media_type=STATIC[name])


@router.get("/")
def worklist_page(request: Request, db: Db, user: Viewer) -> Response:
    """The patients of the user, most urgent first."""
    at = now()
    rows = worklist.worklist(db, user, at)
    record(db, at, user.name, "worklist.view", detail="refresh" if is_refresh(request) else None)
    zones = zones_of(db, [row.patient_id for row in rows])
    coming = next_of(
        db, [(case, site, zones[case.patient_id]) for case, site in worklist.open_cases(db, user)], at
    )
    shown = grouped(rows, at, {number for number, one in coming.items() if one.stale})
    return page(
        request,
        "worklist.html",
        user,
        demonstration=any(row.demonstration for row in rows),
        here="worklist",
        live=user.role is not Role.RESEARCHER,
        now=at,
        rows=rows,
        groups=shown.groups,
        coming=coming,
        unheard_cases={number for number, one in coming.items() if one.unheard},
        marks=marks_of(db, user, zones, at),
        banners=silences_page.ward_banners(db, user, at),
        ward_zone=next(iter(zones.values()), UTC),
        gaps=shown.gaps,
        technical=shown.technical,
        own_row=shown.own_row,
        as_of=shown.as_of,
    )


@router.get("/patients/{code:path}")
def patient_page(request: Request, db: Db, user: Viewer, code: str, case: int | None = None) -> Response:
    """Activity and pain of one patient on one time axis, the case and its story; a closed case is folded
    unless a link asks for it."""
    at = now()
    rows = worklist.worklist(db, user, at, code)
    if not rows:
        raise Problem(404, "There is no such patient, or not at your site.")
    record(db, at, user.name, "patient.view", rows[0].patient_id, "refresh" if is_refresh(request) else None)
    shown = read_page(db, rows[0], at, request.app.state.settings.cut_points, user)
    return page(
        request,
        "patient.html",
        user,
        demonstration=rows[0].demonstration,
        live=True,
        now=at,
        page=shown,
        unfolded=case,
    )


@router.post("/patients/{code:path}/day-by-day")
def ask_day_by_day(db: Db, user: AsWardUser, code: str, back: Back = "/") -> Response:
    """Have it computed how the patient's pain and activity go together; asked twice, it is asked once."""
    patient = worklist.patient_of(db, user, code)
    if patient is None:
        raise Problem(404, "There is no such patient, or not at your site.")
    if associations.newest_alone(db, patient.id, day_by_day.INDEX, day_by_day.PAIN)[1] is None:
        refuse_too_many(db, user)
        at = now()
        last = day_of(at, zone_of_patient(db, patient.id))
        first = last - timedelta(days=day_by_day.DAYS - 1)
        asked = associations.request_association(
            db, [patient.id], [day_by_day.INDEX], first, last, user.name, at, pain=day_by_day.PAIN
        )
        detail = f"association {asked.id} index={day_by_day.INDEX}"
        record(db, at, user.name, "association.ask", patient.id, detail)
    return RedirectResponse(own_path(back) + "#day-by-day", 303)


@router.get("/cases/{case_id}")
def case_page(db: Db, user: AsWardUser, case_id: int) -> Response:
    """The link in a message: leads to the patient, at this case."""
    case, code = _case(db, user, case_id)
    record(db, now(), user.name, "case.view", case.patient_id, f"case {case.id} link")
    asked = f"?case={case_id}" if case.state == CaseState.RESOLVED else ""
    return RedirectResponse(f"/patients/{quote(code, safe='')}{asked}#case-{case_id}", 303)


def _case(db: Db, user: User, case_id: int) -> tuple[Case, str]:
    """The case and its patient's code. Raises 404 for a case of another site."""
    found = worklist.case_of(db, user, case_id)
    if found is None:
        raise Problem(404, "There is no such case, or not at your site.")
    return found[0], found[1].code
