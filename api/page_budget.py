"""How many pages a ward bears, and what that is expected to miss. Every figure here is simulated."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from analytics.escalation.operating_curve import OperatingCurve
from api.auth import AsWardUser, Db
from api.budget_steps import Step, bounds_of, may_be_chosen, steps_of
from api.problems import Problem, documented
from store.access import LONGEST_REASON, User, reason_given, record, visible_patients
from store.database import StoreError, now
from store.page_budgets import budget_of, set_budget
from store.people import Patient

router = APIRouter(prefix="/api/v1/sites", tags=["sites"], responses=documented(401, 403, 404, 409, 422))
NO_CURVE = "What a budget would miss is not known for this version of the detector: the shipped score holds."
Pages = Annotated[float, Field(gt=0, le=7, allow_inf_nan=False)]


class BudgetIn(BaseModel):
    """Pages for each patient and week, of stable patients and without the floor's; null: as shipped."""

    pages_per_patient_week: Pages | None
    reason: Annotated[
        str | None, Field(max_length=LONGEST_REASON, description="why, in one line, for the audit")
    ] = None


class ExpectedOut(BaseModel):
    """What a choice does in simulated patients; it was not measured on real ones."""

    pages_per_patient_week: Annotated[float | None, Field(description="the choice; null: as shipped")]
    page_score: float
    calm_per_week: float
    floor_per_week: Annotated[float, Field(description="pages that cannot be switched off, on top")]
    check_ins_per_week: float
    sensitivity: Annotated[dict[str, float], Field(description="by kind of event, 0 to 1; and the mean")]
    delay_days: dict[str, float]

    @classmethod
    def of(cls, step: Step) -> ExpectedOut:
        """What is said of a step."""
        expected = step.expected
        return cls(
            pages_per_patient_week=step.pages,
            page_score=expected.page_score,
            calm_per_week=expected.calm_per_week,
            floor_per_week=expected.floor_per_week,
            check_ins_per_week=expected.check_ins_per_week,
            sensitivity=dict(expected.sensitivity),
            delay_days=dict(expected.delay_days),
        )


class BudgetOut(BaseModel):
    """The budget of a site with what is expected of it, and the choices that there are."""

    site: str
    pages_per_patient_week: float | None
    set_by: str | None
    set_at: datetime | None
    patients: Annotated[int, Field(description="of the site, as far as the user may see them")]
    label: Annotated[str, Field(description="of every figure below")] = "simulated"
    settings: str | None
    seeds: list[int]
    family: str | None
    expected: ExpectedOut | None
    steps: list[ExpectedOut]
    reason: Annotated[str | None, Field(description="why nothing is expected")]


def own_site(user: AsWardUser, site: Annotated[str, Path(max_length=64)]) -> str:
    """The site in the path, if it is the user's. Another one is not found, like one that does not exist."""
    if site != user.site:
        raise Problem(404, "There is no such site.", "no_such_site")
    return site


OwnSite = Annotated[str, Depends(own_site)]


def curve_in_use(request: Request) -> OperatingCurve | None:
    """What budgets are turned into page scores by; None: there is none for this detector."""
    curve: OperatingCurve | None = request.app.state.settings.curve
    return curve


CurveInUse = Annotated[OperatingCurve | None, Depends(curve_in_use)]


@router.get("/{site}/budget")
def budget(db: Db, user: AsWardUser, site: OwnSite, curve: CurveInUse) -> BudgetOut:
    """How many pages the own site bears, and the expected sensitivity beside it (simulated)."""
    record(db, now(), user.name, "budget.view", detail=f"site {site}")
    return _shown(db, user, site, curve)


@router.put("/{site}/budget")
def put_budget(db: Db, user: AsWardUser, site: OwnSite, curve: CurveInUse, wanted: BudgetIn) -> BudgetOut:
    """Choose how many pages the own site bears. Holds from the next judgement of each patient on; pages of
    the floor (average pain of 7, worst pain of 9 and more) stay. The same again changes nothing."""
    if not choose(db, user, curve, wanted.pages_per_patient_week, now(), wanted.reason):
        record(db, now(), user.name, "budget.view", detail=f"site {site}")
    return _shown(db, user, site, curve)


def choose(
    session: Session,
    user: User,
    curve: OperatingCurve | None,
    pages: float | None,
    at: datetime,
    why: str | None = None,
) -> bool:
    """Set the budget of the user's site; whether that is new. Raises `Problem`."""
    if pages is not None:
        if curve is None:
            raise Problem(409, NO_CURVE, "no_curve")
        if not may_be_chosen(curve, pages):
            low, high = bounds_of(curve)
            detail = f"A budget lies between {low:.2g} and {high:.2g} pages for each patient and week."
            raise Problem(422, detail, "budget_out_of_range")
    try:
        reason = reason_given(why)
    except StoreError as error:
        raise Problem(422, str(error), "no_reason") from error
    return set_budget(session, user.site, pages, user.name, at, reason)


def patients_of_ward(session: Session, user: User) -> int:
    """How many patients of the own site this user may see."""
    own = visible_patients(user).where(Patient.site == user.site).subquery()
    return session.scalar(sa.select(sa.func.count()).select_from(own)) or 0


def _shown(session: Session, user: User, site: str, curve: OperatingCurve | None) -> BudgetOut:
    chosen = budget_of(session, site)
    pages = None if chosen is None else chosen.pages_per_patient_week
    steps = [] if curve is None else [ExpectedOut.of(step) for step in steps_of(curve, pages)]
    return BudgetOut(
        site=site,
        pages_per_patient_week=pages,
        set_by=None if chosen is None else chosen.set_by,
        set_at=None if chosen is None else chosen.set_at,
        patients=patients_of_ward(session, user),
        settings=None if curve is None else curve.settings,
        seeds=[] if curve is None else list(curve.seeds),
        family=None if curve is None else curve.family,
        expected=next((step for step in steps if step.pages_per_patient_week == pages), None),
        steps=steps,
        reason=NO_CURVE if curve is None else None,
    )
