"""The waterfall of a kind of treatment: one bar a patient whom the user may see, so not for researchers."""

from __future__ import annotations

from datetime import UTC

from fastapi import APIRouter

from analytics.figures.waterfall import Bar, waterfall
from api.associations import SvgResponse
from api.auth import AsWardUser, Db
from api.problems import Problem, documented
from api.responses import MOST_DAYS, USUAL_DAYS, Kind
from api.windows import FromDay, ToDay, days_of, instants_of
from store.access import record, visible_patients
from store.database import now
from store.people import Patient
from store.responses import Shown, responses_of

router = APIRouter(prefix="/api/v1", tags=["responses"], responses=documented(401, 403, 404, 422))
MOST_BARS = 200  #: a figure of more is no figure


@router.get("/cohorts/responses/waterfall.svg", response_class=SvgResponse)
def waterfall_of_ward(
    db: Db, user: AsWardUser, kind: Kind, first: FromDay = None, last: ToDay = None
) -> SvgResponse:
    """Change of worst pain and endpoint of each patient, after the first such treatment of the window."""
    first, last = days_of(first, last, UTC, USUAL_DAYS, MOST_DAYS)
    columns = visible_patients(user).with_only_columns(Patient.id, Patient.code)
    codes = {number: code for number, code in db.execute(columns)}  # noqa: C416 - rows are no pairs to mypy
    firsts: dict[int, Shown] = {}
    for one in responses_of(db, list(codes), *instants_of(first, last, UTC), kind=kind):
        held = firsts.get(one.done.patient_id)
        if one.result is not None and (held is None or one.done.at < held.done.at):
            firsts[one.done.patient_id] = one
    if not firsts:
        raise Problem(404, "There is no computed response to draw in this window.", "no_such_figure")
    if len(firsts) > MOST_BARS:
        why = f"{len(firsts)} patients are too many for one figure: ask for a shorter window"
        raise Problem(422, f"{why}; {MOST_BARS} fit.", "too_many")
    record(db, now(), user.name, "cohort.responses", detail=f"kind={kind} from={first} to={last} waterfall")
    bars = [_bar(codes[number], one) for number, one in firsts.items()]
    return SvgResponse(waterfall(bars, f"{kind}, {first} to {last}: {len(bars)} patients, the first of each"))


def _bar(code: str, one: Shown) -> Bar:
    assert one.result is not None
    change = (one.result["last"] or {}).get("pain_change")
    return Bar(code, change, one.result["endpoint"], one.done.technique)
