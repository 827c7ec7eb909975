"""The page of a ward's plan: who is on duty, the coming week, and whom a case reaches, in words."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.auth import AsWardUser, Db
from api.diary.words import languages
from api.pages.render import any_simulated, page
from api.ward_plan import NO_PLAN, readable
from ladder.after_hours import is_after_hours
from ladder.calendar import days_of_duty, duty_at
from ladder.coverage import warnings
from ladder.document import document_of, masked_document
from ladder.in_words import ladders_in_words
from ladder.usual import usual_in_words
from store.access import record
from store.alerts.report import zone_of_site
from store.alerts.ward_plans import saved_plans
from store.database import now

router = APIRouter(include_in_schema=False)


@router.get("/plan")
def plan_page(request: Request, db: Db, user: AsWardUser) -> Response:
    """The plan that holds at the own site."""
    at = now()
    record(db, at, user.name, "plan.view", detail=f"site {user.site}")
    history = saved_plans(db, user.site)
    plan = readable(history[0]) if history else None
    return page(
        request,
        "plan.html",
        user,
        demonstration=any_simulated(db),
        here="plan",
        at=at,
        plan=plan,
        zone=zone_of_site(db, user.site) if plan is None else plan.tz,
        history=history,
        no_plan=NO_PLAN,
        ladders=usual_in_words() if plan is None else ladders_in_words(plan),
        persons=[] if plan is None else masked_document(plan)["persons"],
        quiet=None if plan is None else document_of(plan).get("quiet_hours"),
        warnings=[] if plan is None else warnings(plan, tuple(languages())),
        on_duty=[] if plan is None else duty_at(plan, at),
        week=[] if plan is None else days_of_duty(plan, at),
        after_hours=plan is not None and is_after_hours(plan, at),
    )
