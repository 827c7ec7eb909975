"""The page on how useful pages were. Works without any script, and can be printed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.alert_report import read_report
from api.auth import AsWardUser, Db
from api.pages import alert_charts, words
from api.pages.render import any_simulated, page
from api.problems import Problem
from groups import in_words
from store.alerts.report import zone_of_site
from store.database import now

router = APIRouter(include_in_schema=False)
NO_DAY = "A day is written like 2026-05-04."
KINDS = {
    "floor": "At the floor: severe answers, never switched off",
    "score": "By the score",
    "other": "By other rules",
}
_HOURS = {f"{hour:02d}": str(hour) for hour in range(0, 24, 3)}
_PERIODS = ((28, "4 weeks"), (84, "12 weeks"), (365, "a year"))


@router.get("/alerts")
def alerts_page(
    request: Request,
    db: Db,
    user: AsWardUser,
    first: Annotated[str, Query(alias="from", max_length=40)] = "",
    last: Annotated[str, Query(alias="to", max_length=40)] = "",
) -> Response:
    """What became of the pages of the own site; what cannot be a period comes back with a sentence."""
    at, error = now(), None
    try:
        window = (_day(first), _day(last))
        _, found = read_report(request, db, user, user.site, window, at)
    except Problem as problem:
        error = problem.detail
        _, found = read_report(request, db, user, user.site, (None, None), at)
    weekdays = {group.value: group.value for group in found.by_weekday}
    return page(
        request,
        "alerts.html",
        user,
        demonstration=found.simulated or any_simulated(db),
        status=200 if error is None else 422,
        here="alerts",
        found=found,
        zone=zone_of_site(db, user.site),
        error=error,
        told=in_words,
        kinds_of_page=KINDS,
        periods=[(name, found.last - timedelta(days=days - 1), found.last) for days, name in _PERIODS],
        days=(found.last - found.first).days + 1,
        charts=alert_charts,
        by_hour=alert_charts.bars(found.by_hour, _HOURS, "hour"),
        by_weekday=alert_charts.bars(found.by_weekday, weekdays, "day"),
        useful=alert_charts.shares(found.by_rule, found.definitions.review_below),
        waits=alert_charts.waits(found.by_severity, found.definitions.acknowledge_within_min, words.SEVERITY),
    )


def _day(text: str) -> date | None:
    """None where nothing was said. Raises `Problem`."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise Problem(422, NO_DAY, "window") from error
