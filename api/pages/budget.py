"""The page on which a ward chooses how many pages it bears. Works without any script."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from api.auth import AsWardUser, Db
from api.budget_steps import steps_of
from api.page_budget import NO_CURVE, CurveInUse, choose, curve_in_use, patients_of_ward
from api.pages import budget_words
from api.pages.render import any_simulated, page
from api.problems import Problem
from store.access import User, record
from store.database import now
from store.page_budgets import budgets_of
from store.site_zones import zone_of_site

router = APIRouter(include_in_schema=False)
UNREADABLE = "Choose one of the steps."


@router.get("/budget")
def budget_page(request: Request, db: Db, user: AsWardUser, saved: str = "") -> Response:
    """What the ward chose, what it may choose, and what each choice is expected to miss."""
    return _page(request, db, user, saved=saved == "1")


@router.post("/budget")
def choose_budget(
    request: Request,
    db: Db,
    user: AsWardUser,
    curve: CurveInUse,
    pages: Annotated[str, Form(max_length=20)],
    reason: Annotated[str, Form()] = "",
) -> Response:
    """Choose; what cannot be chosen comes back with a sentence."""
    try:
        wanted = None if pages == budget_words.AS_SHIPPED else float(pages)
        choose(db, user, curve, wanted, now(), reason)
    except ValueError:
        return _page(request, db, user, error=UNREADABLE, status=422)
    except Problem as problem:
        return _page(request, db, user, error=problem.detail, status=problem.status)
    return RedirectResponse("/budget?saved=1", 303)


def _page(
    request: Request,
    db: Session,
    user: User,
    *,
    saved: bool = False,
    error: str | None = None,
    status: int = 200,
) -> Response:
    record(db, now(), user.name, "budget.view", detail=f"site {user.site}")
    curve = curve_in_use(request)
    history = budgets_of(db, user.site)
    chosen = history[0].pages_per_patient_week if history else None
    patients = patients_of_ward(db, user)
    steps = [] if curve is None else steps_of(curve, chosen)
    return page(
        request,
        "budget.html",
        user,
        demonstration=any_simulated(db),
        status=status,
        here="budget",
        choices=budget_words.choices_of(steps, chosen, patients),
        ward=budget_words.of_ward(patients),
        curve=curve,
        no_curve=NO_CURVE,
        history=history,
        zone=zone_of_site(db, user.site),
        saved=saved,
        error=error,
    )
