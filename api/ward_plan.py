"""A ward's plan over HTTP: who is told of a case and who is on duty. Addresses are masked, always."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.auth import AsAdministrator, AsWardUser, Db
from api.diary.words import languages
from api.page_budget import OwnSite
from api.problems import Problem, answer, documented
from ladder.apprise_address import unknown_services
from ladder.calendar import Duty, duty_at
from ladder.coverage import warnings
from ladder.document import masked_document, with_kept_addresses
from ladder.in_words import ladders_in_words
from ladder.plan import Plan
from ladder.reading import BadPlan, plan_of
from ladder.usual import usual_in_words
from store.access import record
from store.alerts.ward_plans import LONGEST_REASON, UnreadablePlan, WardPlan, plan_in, save_plan, saved_plan
from store.database import now

router = APIRouter(prefix="/api/v1/sites", tags=["sites"], responses=documented(401, 403, 404, 409, 422))
NO_PLAN = "This site has saved no plan: messages go to the channels of the installation."


class PlanIn(BaseModel):
    """A plan to save. A masked address as it was shown stays the one that it was made from."""

    plan: Annotated[dict[str, Any], Field(description="as docs/plan.example.toml, in JSON")]
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]
    after: Annotated[int | None, Field(ge=0, description="the version that it replaces, 0 for none")] = None


class HandOverOut(BaseModel):
    """Who is on duty next; nobody where there are no names."""

    at: datetime
    persons: list[str]


class DutyOut(BaseModel):
    """Who is on duty in a role now."""

    role: str
    persons: list[str]
    until: Annotated[datetime | None, Field(description="null: nothing changes in the next 15 days")]
    next: HandOverOut | None

    @classmethod
    def of(cls, duty: Duty) -> DutyOut:
        """What is said of a role."""
        then = [HandOverOut(at=one.start, persons=list(one.persons)) for one in duty.then]
        return cls(
            role=duty.role, persons=list(duty.persons), until=duty.until, next=then[0] if then else None
        )


class PlanOut(BaseModel):
    """The plan that holds at a site, what it says in words, and what it does not cover."""

    site: str
    version: int | None
    saved_by: str | None
    saved_at: datetime | None
    reason: str | None
    note: Annotated[str | None, Field(description="why there is no plan")]
    plan: Annotated[dict[str, Any] | None, Field(description="addresses are masked")]
    ladders: Annotated[dict[str, list[str]], Field(description="by severity, rung by rung, in words")]
    warnings: list[str]
    zone: str | None
    on_duty: list[DutyOut]


@router.get("/{site}/plan")
def ward_plan(db: Db, user: AsWardUser, site: OwnSite) -> PlanOut:
    """Who is told of a case at the own site, in which order, and who is on duty now. Addresses are masked."""
    at = now()
    record(db, at, user.name, "plan.view", detail=f"site {site}")
    return shown(db, site, at)


@router.put("/{site}/plan", response_model=PlanOut)
def put_ward_plan(
    request: Request, db: Db, site: OwnSite, user: AsAdministrator, wanted: PlanIn
) -> PlanOut | Response:
    """Save a plan for the own site; it holds at once. What cannot work is refused, with every reason in
    `errors`. The same again changes nothing."""
    at = now()
    try:
        plan = plan_of(with_kept_addresses(wanted.plan, readable(saved_plan(db, site))))
        if unknown := unknown_services(plan):
            raise BadPlan(unknown)
    except BadPlan as refusal:
        errors = [{"field": "plan", "code": "bad_plan", "message": one} for one in refusal.sentences]
        return answer(request, Problem(422, str(refusal), "bad_plan"), errors=errors)
    if not wanted.reason.strip() or not wanted.reason.isprintable():
        raise Problem(422, "Give the reason in one line.", "no_reason")
    if not save_plan(db, site, plan, user.name, wanted.reason, at, wanted.after):
        record(db, at, user.name, "plan.view", detail=f"site {site}")
    return shown(db, site, at)


def readable(saved: WardPlan | None) -> Plan | None:
    """The plan that was saved; None where there is none, or none that this version reads."""
    try:
        return None if saved is None else plan_in(saved)
    except UnreadablePlan:
        return None


def shown(session: Session, site: str, at: datetime) -> PlanOut:
    """What is told of a site's plan."""
    saved = saved_plan(session, site)
    note, plan = (NO_PLAN, None) if saved is None else _read(saved)
    return PlanOut(
        site=site,
        version=None if saved is None else saved.version,
        saved_by=None if saved is None else saved.saved_by,
        saved_at=None if saved is None else saved.saved_at,
        reason=None if saved is None else saved.reason,
        note=note,
        plan=None if plan is None else masked_document(plan),
        ladders=usual_in_words() if plan is None else ladders_in_words(plan),
        warnings=[] if plan is None else warnings(plan, tuple(languages())),
        zone=None if plan is None else plan.tz.key,
        on_duty=[] if plan is None else [DutyOut.of(one) for one in duty_at(plan, at)],
    )


def _read(saved: WardPlan) -> tuple[str | None, Plan | None]:
    try:
        return None, plan_in(saved)
    except UnreadablePlan as error:
        return f"{error} Messages go to the channels of the installation.", None
