"""Aggregates over people, for research."""

from __future__ import annotations

from dataclasses import astuple, fields
from datetime import UTC, date
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from api.auth import AsResearcher, Db
from api.problems import Problem, documented
from api.spreadsheet import csv_of
from api.windows import FromDay, ToDay, days_of, whole_buckets
from store import cohorts
from store.access import record
from store.cohorts import CLOCK_TIMES, Trend
from store.database import now

router = APIRouter(prefix="/api/v1/cohorts", tags=["cohorts"], responses=documented(401, 403, 422))
MOST_DAYS = 3700
COLUMNS = [field.name for field in fields(Trend)]
IndexName = Annotated[str, Query(pattern="^[A-Za-z0-9_]{1,40}$", description="such as IS, RA_day, io")]


class TrendOut(BaseModel):
    """One group in one bucket; a person counts once, with the mean of the own days.

    Suppressed groups show no number: `n_patients` is "<10", or "not shown" where showing the group would
    give a small one away.
    """

    bucket: date
    group: str
    unit: str
    n_patients: int | str
    n_days: int | None
    mean: float | None
    sd: float | None
    q1: float | None
    median: float | None
    q3: float | None
    suppressed: bool


class Trends(BaseModel):
    """All groups of the window, which was widened to whole buckets."""

    index: str
    bucket: str
    group_by: str
    first: date
    last: date
    demonstration: bool
    items: list[TrendOut]
    next: None = None


@router.get("/trends", response_model=Trends, responses={200: {"content": {"text/csv": {}}}})
def trends(
    request: Request,
    db: Db,
    user: AsResearcher,
    index: IndexName,
    bucket: Literal["week", "month"] = "week",
    group_by: Literal["site", "none"] = "none",
    first: FromDay = None,
    last: ToDay = None,
    demonstration: Annotated[bool, Query(description="simulated people instead of real ones")] = False,
    format: Annotated[Literal["json", "csv"] | None, Query()] = None,
) -> Trends | Response:
    """An index by week or month. Groups of fewer than ten people are suppressed; the last 26 weeks unless
    you say which. Also as CSV, by `Accept: text/csv` or `format=csv`."""
    if index in CLOCK_TIMES:
        detail = f"{index} is a time of day, of which there is no mean: 23:50 and 00:10 are neighbours."
        raise Problem(422, detail, "clock_time")
    first, last = whole_buckets(*days_of(first, last, UTC, 182, MOST_DAYS), bucket)
    asked = f"index={index} bucket={bucket} group_by={group_by} from={first} to={last}"
    record(db, now(), user.name, "cohort.trends", detail=asked + (" demonstration" if demonstration else ""))
    found = cohorts.trends(
        db, index, bucket, first, last, by_site=group_by == "site", demonstration=demonstration
    )
    accepts_csv = "text/csv" in request.headers.get("accept", "")
    if format == "csv" or (format is None and accepts_csv):
        return Response(csv_of(COLUMNS, map(astuple, found)), media_type="text/csv")
    return Trends(
        index=index,
        bucket=bucket,
        group_by=group_by,
        first=first,
        last=last,
        demonstration=demonstration,
        items=[TrendOut.model_validate(trend, from_attributes=True) for trend in found],
    )
