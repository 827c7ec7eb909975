"""What became of patients after what was done for them: computed by analytics, shown and summed up here."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.auth import CurrentUser, Db
from api.paging import Cursor, Limit, PatientPage, cut, number_of
from api.problems import Problem, documented
from api.visible import PatientZone, VisiblePatient
from api.windows import FromDay, ToDay, days_of, instants_of
from groups.responses import Treated, groups_of, large_enough, summary
from store.access import Role, record, visible_patients
from store.cohorts import SMALLEST_GROUP, coarse, researched_patients
from store.database import now
from store.people import Patient
from store.responses import Shown, responses_of
from store.zones import name_at

router = APIRouter(prefix="/api/v1", tags=["responses"], responses=documented(401, 403, 404, 422))
USUAL_DAYS, MOST_DAYS = 400, 8000
Kind = Annotated[
    str, Query(pattern="^[a-z][a-z_]{0,39}$", description="such as radiotherapy, nerve_block, opioid_up")
]


class ResponseOut(BaseModel):
    """A treatment and its response. `state` is computed, or waiting: analytics has not come to it yet.

    `result` has the endpoint with its reason, time to response and duration, the assessments at 28, 56 and 84
    days, the other treatments in the windows, and each measure before and after; a null has its reason beside
    it, and `rules` are the windows and thresholds.
    """

    treatment: int
    kind: str
    at: datetime
    technique: str | None
    state: str
    endpoint: str | None
    reason: str | None
    computed_at: datetime | None
    method: str | None
    result: dict[str, Any] | None


class OfPerson(BaseModel):
    """One person of a group, for the ward only."""

    patient: str
    treatment: int
    day: date
    technique: str | None
    endpoint: str
    best: str
    reason: str
    pain_change: float | None
    time_to_response_days: int | None
    duration_days: int | None
    censored: bool | None


class Responses(BaseModel):
    """Groups of people, each person once with the first such treatment of the window.

    Of a researcher's answer no part tells of fewer than ten people: smaller groups are together as `other`,
    or `suppressed` is true where all of them are fewer.
    """

    kind: str
    by: str
    first: date
    last: date
    n_waiting: int | None = Field(description="treatments without a response yet; null for researchers")
    suppressed: bool
    groups: list[dict[str, Any]]
    patients: list[OfPerson] | None = Field(description="null for researchers")


@router.get("/patients/{patient}/responses")
def of_patient(
    db: Db,
    patient: VisiblePatient,
    zone: PatientZone,
    first: FromDay = None,
    last: ToDay = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PatientPage[ResponseOut]:
    """What became of the patient after each treatment of the last 400 days, or those you say; the last
    entered first."""
    first, last = days_of(first, last, zone, USUAL_DAYS, MOST_DAYS)
    window = instants_of(first, last, zone)
    found = responses_of(db, [patient.id], *window, before=number_of(cursor), most=limit + 1)
    rows, further = cut(found, limit, lambda shown: (shown.done.id,))
    items = [_shown(row) for row in rows]
    return PatientPage(patient=patient.code, tz=name_at(zone, now()), items=items, next=further)


@router.get("/cohorts/responses")
def of_cohort(
    db: Db,
    user: CurrentUser,
    kind: Kind,
    by: Literal["technique", "none"] = "technique",
    first: FromDay = None,
    last: ToDay = None,
    demonstration: Annotated[bool, Query(description="for researchers: simulated people instead")] = False,
) -> Responses:
    """The responses to one kind of treatment. On the ward: of the patients whom you may see, with a list of
    them. For a researcher: of everybody, one calendar year at a time, and nothing of fewer than ten."""
    research = user.role is Role.RESEARCHER
    if research:
        first, last = _year(first, last)
        codes = {number: str(number) for number in researched_patients(db, demonstration=demonstration)}
    else:
        first, last = days_of(first, last, UTC, USUAL_DAYS, MOST_DAYS)
        columns = visible_patients(user).with_only_columns(Patient.id, Patient.code)
        codes = {number: code for number, code in db.execute(columns)}  # noqa: C416 - rows are no pairs to mypy
    found = responses_of(db, list(codes), *instants_of(first, last, UTC), kind=kind)
    asked = f"kind={kind} by={by} from={first} to={last}" + (" demonstration" if demonstration else "")
    record(db, now(), user.name, "cohort.responses", detail=asked)
    treated = [_treated(shown, codes) for shown in found if shown.result is not None]
    groups = groups_of(treated, by_technique=by == "technique")
    least = SMALLEST_GROUP if research else 0
    told = large_enough(groups, SMALLEST_GROUP) if research else groups
    return Responses(
        kind=kind,
        by=by,
        first=first,
        last=last,
        n_waiting=None if research else sum(shown.result is None for shown in found),
        suppressed=research and not told,
        groups=[coarse(found) if research else found for found in (summary(group, least) for group in told)],
        patients=None if research else _people(found, codes),
    )


def _year(first: date | None, last: date | None) -> tuple[date, date]:
    """The calendar year of a researcher's window: of two windows of which one lies in the other, the
    difference would tell of a few people."""
    first, last = days_of(first, last, UTC, 1, MOST_DAYS)
    if first.year != last.year:
        raise Problem(422, "A researcher asks for one calendar year at a time.", "window")
    return date(first.year, 1, 1), date(first.year, 12, 31)


def _shown(one: Shown) -> ResponseOut:
    result = one.result or {}
    return ResponseOut(
        treatment=one.done.id,
        kind=one.done.kind,
        at=one.done.at,
        technique=one.done.technique,
        state="waiting" if one.result is None else "computed",
        endpoint=result.get("endpoint"),
        reason=result.get("reason"),
        computed_at=one.computed_at,
        method=one.method,
        result=one.result,
    )


def _treated(one: Shown, codes: dict[int, str]) -> Treated:
    assert one.result is not None
    day = date.fromisoformat(one.result["day"])
    return Treated(codes[one.done.patient_id], day, one.done.technique, one.result)


def _people(found: list[Shown], codes: dict[int, str]) -> list[OfPerson]:
    """Every treatment that has a response, by patient and day."""
    people = []
    for one in found:
        if (result := one.result) is None:
            continue
        same = ("day", "endpoint", "best", "reason", "time_to_response_days", "duration_days", "censored")
        people.append(
            OfPerson(
                patient=codes[one.done.patient_id],
                treatment=one.done.id,
                technique=one.done.technique,
                pain_change=(result["last"] or {}).get("pain_change"),
                **{name: result[name] for name in same},
            )
        )
    return sorted(people, key=lambda person: (person.patient, person.day, person.treatment))
