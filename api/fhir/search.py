"""What a search asks for: a patient, times, a page; and the Bundle that answers it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request

from api.paging import cut
from api.problems import Problem
from days.cut import day_start

Row = TypeVar("Row")

Count = Annotated[int, Query(alias="_count", ge=0, le=500)]
Cursor = Annotated[str | None, Query(alias="_cursor", max_length=400)]

#: Nothing in a diary is older, or later: what a search without times asks for.
FIRST, LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_TIME = re.compile(
    r"(?P<prefix>[a-z]{2})?(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"(?P<clock>T\d\d:\d\d(?P<seconds>:\d\d(?P<fraction>\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?)?)?"
)


def parameters(request: Request, *known: str) -> list[tuple[str, str]]:
    """The parameters of a search. One that is not known is refused (400): left out, more would be found
    than was asked for. `Prefer: handling=lenient` has it left out."""
    said = request.query_params.multi_items()
    lenient = "handling=lenient" in request.headers.get("prefer", "").replace(" ", "").lower()
    passing = {"_format", "_pretty", "_count", "_cursor"}
    if not lenient and any(name not in passing | set(known) for name, _ in said):
        raise Problem(400, f"A search here knows {', '.join((*known, '_count'))}.")
    if sum(name == "patient" for name, _ in said) != 1:
        raise Problem(400, "Say whose: patient= and the code of one patient.")
    return [(name, value) for name, value in said if name in (*known, "_count", "_cursor")]


def window(name: str, said: Sequence[tuple[str, str]], zone: tzinfo) -> tuple[datetime, datetime]:
    """The instants [start, end) that `name`, once or more often, leaves.

    A date, a month or a year stands for the patient's local days; `ge`, `le`, `gt`, `lt` and `eq` as R4
    defines them, section 3.1.1.4.6. Raises `Problem` 400.
    """
    start, end = FIRST, LAST
    for value in (value for key, value in said if key == name):
        found = _TIME.fullmatch(value)
        prefix = (found["prefix"] or "eq") if found else ""
        try:
            if found is None or prefix not in ("eq", "ge", "le", "gt", "lt"):
                raise ValueError("not of this form")
            low, high = _span(found, zone)
        except (ValueError, OverflowError) as error:
            raise Problem(
                400,
                f"{name} is a date, or a time with its offset (write a plus as %2B), "
                "after ge, le, gt, lt or eq.",
            ) from error
        if prefix in ("eq", "ge"):
            start = max(start, low)
        if prefix == "gt":
            start = max(start, high)
        if prefix in ("eq", "le"):
            end = min(end, high)
        if prefix == "lt":
            end = min(end, low)
    return start, max(start, end)


def page_of(
    rows: Sequence[Row], count: int, key: Callable[[Row], tuple[str | int, ...]]
) -> tuple[Sequence[Row], str | None]:
    """A page and the cursor behind it. `_count=0` asks for the total alone."""
    return cut(rows[: count + 1], count, key) if count else ([], None)


def searchset(
    base: str,
    kind: str,
    said: Sequence[tuple[str, str]],
    page: Sequence[dict[str, Any]],
    total: int,
    further: str | None,
) -> dict[str, Any]:
    """The Bundle with a page of what was found; `next` is there as long as there is more."""
    links = [{"relation": "self", "url": f"{base}/{kind}?{urlencode(said)}"}]
    if further is not None:
        again = [(name, value) for name, value in said if name != "_cursor"] + [("_cursor", further)]
        links.append({"relation": "next", "url": f"{base}/{kind}?{urlencode(again)}"})
    versions: Counter[str] = Counter()
    for one in page:
        # By mistake a phone and the ward may have used one UUID: in a Bundle their versions must differ.
        if versions[one["id"]]:
            one["meta"]["versionId"] += f".{versions[one['id']]}"
        versions[one["id"]] += 1
    entries = [
        {"fullUrl": f"{base}/{kind}/{one['id']}", "resource": one, "search": {"mode": "match"}}
        for one in page
    ]
    found = {"resourceType": "Bundle", "type": "searchset", "total": total, "link": links}
    return {**found, "entry": entries} if entries else found


def _span(found: re.Match[str], zone: tzinfo) -> tuple[datetime, datetime]:
    """What the value stands for, as instants [low, high): as long as the last part that it names."""
    if found["clock"]:
        low = datetime.fromisoformat(found[0].removeprefix(found["prefix"] or ""))
        exact = timedelta(seconds=1) if found["seconds"] else timedelta(minutes=1)
        return _inside(low), _inside(low + (timedelta(microseconds=1) if found["fraction"] else exact))
    first = date(int(found["year"]), int(found["month"] or 1), int(found["day"] or 1))
    if not FIRST.year <= first.year < LAST.year - 1:
        return (FIRST, FIRST) if first.year < FIRST.year else (LAST, LAST)
    if found["day"]:
        after = first + timedelta(days=1)
    elif found["month"]:
        after = (first + timedelta(days=31)).replace(day=1)
    else:
        after = date(first.year + 1, 1, 1)
    return day_start(first, zone), day_start(after, zone)


def _inside(at: datetime) -> datetime:
    return min(max(at, FIRST), LAST)
