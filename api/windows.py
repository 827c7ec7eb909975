"""From when to when: query parameters `from` and `to`."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta, tzinfo
from typing import Annotated

from fastapi import Query

from api.problems import Problem
from days.cut import day_of, day_start
from store.database import now

FromDay = Annotated[date | None, Query(alias="from", description="first local day")]
ToDay = Annotated[date | None, Query(alias="to", description="last local day, included")]
EARLIEST = date(2000, 1, 1)


def days_of(first: date | None, last: date | None, zone: tzinfo, usual: int, most: int) -> tuple[date, date]:
    """First and last day: without `to` until today, without `from` `usual` days. At most `most` days."""
    last = last or day_of(now(), zone)
    if last < EARLIEST or last.year >= 9000 or (first is not None and first < EARLIEST):
        raise Problem(422, "`from` and `to` lie between the years 2000 and 9000.", "window")
    first = first or last - timedelta(days=usual - 1)
    if first > last:
        raise Problem(422, "`from` is after `to`.", "window")
    if (last - first).days >= most:
        raise Problem(422, f"At most {most} days at once: ask for less.", "window")
    return first, last


def instants_of(first: date, last: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """The local days [first, last] as instants [start, end)."""
    return day_start(first, zone), day_start(last + timedelta(days=1), zone)


def whole_buckets(first: date, last: date, bucket: str) -> tuple[date, date]:
    """Monday to Sunday, or the first to the last of a month: windows that overlap by days would let
    somebody subtract one answer from another."""
    if bucket == "week":
        monday = first - timedelta(days=first.weekday())
        return monday, last + timedelta(days=6 - last.weekday())
    return first.replace(day=1), last.replace(day=monthrange(last.year, last.month)[1])
