"""How indices and daily pain move together within patients: asked here, computed by analytics.

This process has no statistics in it. A question is stored and answered within seconds; until then it is 202
with `state` "asked". Figures are made with the answer and only handed out here.
"""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from api.association_answers import (
    MOST_DAYS,
    USUAL_DAYS,
    AboutIn,
    AssociationOut,
    is_hidden,
    refuse_too_many,
    shown,
    state_of,
)
from api.auth import AsWardUser, CurrentUser, Db
from api.problems import Problem, documented
from api.windows import days_of, whole_buckets
from store import associations as store
from store.access import Role, User, record, visible_patients
from store.associations import Association
from store.cohorts import TOO_FEW, researched_patients
from store.database import now
from store.people import Patient

router = APIRouter(prefix="/api/v1", tags=["associations"], responses=documented(401, 403, 404, 422, 429))
AssociationId = Annotated[int, Path(ge=1, lt=2**63)]
OneIndex = Annotated[str | None, Query(max_length=40, description="of a family; else its first")]
SVG = "image/svg+xml"


class AssociationIn(AboutIn):
    """A question: these patients, or all that you may see; a researcher asks for everybody, unnamed."""

    patients: list[Annotated[str, Field(max_length=64)]] | None = Field(None, max_length=1000)
    site: Literal["all visible"] | None = None
    demonstration: bool = Field(False, description="for researchers: simulated people, not real ones")


class SvgResponse(Response):
    """A figure."""

    media_type = SVG


@router.post("/cohorts/associations", status_code=202)
def ask(db: Db, user: CurrentUser, asked: AssociationIn, response: Response) -> AssociationOut:
    """Ask; `Location` is where the answer will be. A researcher's window is widened to whole months."""
    indices = asked.family()
    first, last = days_of(asked.first, asked.last, UTC, USUAL_DAYS, MOST_DAYS)
    if user.role is Role.RESEARCHER:  # of two windows that differ by a day, the difference would be that day
        first, last = whole_buckets(first, last, "month")
    patients = _patients(db, user, asked)
    refuse_too_many(db, user)
    kept = store.request_association(
        db,
        patients,
        indices,
        first,
        last,
        user.name,
        now(),
        pain=asked.pain,
        aggregate=user.role is Role.RESEARCHER,
    )
    record(db, now(), user.name, "association.ask", detail=f"association {kept.id} index={','.join(indices)}")
    response.headers["Location"] = f"/api/v1/cohorts/associations/{kept.id}"
    return shown(kept)


@router.get(
    "/cohorts/associations/{association}",
    responses={202: {"description": "not yet", "model": AssociationOut}},
)
def answer(db: Db, user: CurrentUser, association: AssociationId, response: Response) -> AssociationOut:
    """The answer, or 202 while there is none yet."""
    found = _found(db, user, association)
    _look(db, user, found, "")
    response.status_code = 200 if found.computed_at else 202
    return shown(found)


@router.get("/cohorts/associations/{association}/lags.svg", response_class=SvgResponse)
def lags(db: Db, user: CurrentUser, association: AssociationId, index: OneIndex = None) -> Response:
    """r at each lag with its interval, of one index."""
    return _figure(db, user, _found(db, user, association), index, "lags")


@router.get("/cohorts/associations/{association}/within.svg", response_class=SvgResponse)
def within(db: Db, user: AsWardUser, association: AssociationId, index: OneIndex = None) -> Response:
    """A line and the days of each patient, for those who may see all of these patients."""
    return _figure(db, user, _found(db, user, association), index, "within")


def _figure(db: Db, user: User, found: Association, index: str | None, kind: str) -> Response:
    chosen = index or found.indices[0]
    document = next((one for one in found.documents or [] if one["index"] == chosen), None)
    if state_of(found) == "suppressed" or (document is not None and is_hidden(document, found)):
        raise Problem(403, f"This is not shown: {TOO_FEW}.", "suppressed")
    svg = store.figure_of(db, found.id, chosen, kind)
    if svg is None:
        waits = found.computed_at is None
        why = "it is not computed yet" if waits else "it has no number to draw, or not of this index"
        raise Problem(404, f"This association has no such figure: {why}.", "no_such_figure")
    _look(db, user, found, f" {kind}.svg")
    return SvgResponse(svg)


def _found(db: Db, user: User, number: int) -> Association:
    visible = None
    if user.role is not Role.RESEARCHER:
        visible = visible_patients(user).with_only_columns(Patient.id)
    found = store.association(db, number, visible)
    if found is None:
        raise Problem(404, "There is no such association.", "no_such_association")
    return found


def _look(db: Db, user: User, found: Association, part: str) -> None:
    alone = found.patient_ids[0] if len(found.patient_ids) == 1 and not found.aggregate else None
    record(db, now(), user.name, "association.view", alone, f"association {found.id}{part}")


def _patients(db: Db, user: User, asked: AssociationIn) -> list[int]:
    if user.role is Role.RESEARCHER:
        if asked.patients is not None:
            raise Problem(403, "A researcher asks for everybody: leave `patients` out.", "no_names")
        return researched_patients(db, demonstration=asked.demonstration)
    visible: sa.Select[Patient] = visible_patients(user)
    if (asked.patients is None) == (asked.site is None):
        raise Problem(422, 'Give `patients`, or `site` as "all visible".', "which_patients")
    if asked.patients is None:
        return list(db.scalars(visible.with_only_columns(Patient.id)))
    wanted = set(asked.patients)
    found = db.scalars(visible.with_only_columns(Patient.id).where(Patient.code.in_(wanted))).all()
    if len(found) < len(wanted) or not wanted:
        raise Problem(404, "One of these patients does not exist.", "no_such_patient")
    return list(found)
