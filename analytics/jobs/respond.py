"""Responses to treatments that are due, one at a time: the days about an event to one document."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from analytics.response.rules import DAILY_INDICES, METHOD, OPIOID, RULES
from analytics.response.treated import AVERAGE, WORST, Measure, responded
from analytics.response.windows import Event, daily
from days.cut import day_of, day_start
from store.database import transaction
from store.diary import reports_of
from store.responses import (
    DAYS_AFTER,
    DAYS_BEFORE,
    Done,
    Due,
    IndexDays,
    claim_response,
    daily_values,
    done_of,
    forget_response,
    mark_other_methods,
    save_response,
)
from store.zones import zone_of_patient

assert (RULES.series_days, RULES.reach_days) == (DAYS_BEFORE, DAYS_AFTER)
SCORE = "0-10"


def respond(engine: sa.Engine, at: datetime) -> int:
    """Compute the response that is due for the longest; 0 when none is."""
    with transaction(engine) as session:
        due = claim_response(session, at)
    if due is None:
        return 0
    with transaction(engine) as session:
        _compute(session, due, at)
    return 1


def respond_anew(engine: sa.Engine, at: datetime) -> int:
    """Have responses of another method version computed again; how many were marked."""
    with transaction(engine) as session:
        return mark_other_methods(session, METHOD, at)


def _compute(session: Session, due: Due, at: datetime) -> None:
    zone = zone_of_patient(session, due.patient_id)
    treatments = done_of(session, due.patient_id)
    events = {one.id: _event(one, zone) for one in treatments}
    event = events.get(due.treatment_id)
    if event is None:  # it does not count as a treatment any more
        forget_response(session, due.treatment_id)
        return
    over = day_of(at, zone) - timedelta(days=1)  # the running day is not over
    first, last = event.day - timedelta(days=DAYS_BEFORE), event.day + timedelta(days=DAYS_AFTER)
    last = min(last, over)
    pain = _pain(session, due.patient_id, first, last, zone)
    indices = daily_values(session, due.patient_id, (*DAILY_INDICES, OPIOID), first, last)
    measures = [
        *(
            Measure(name, SCORE, daily(list(own), list(own.values()), event.day))
            for name, own in pain.items()
        ),
        *(_measure(name, indices.get(name), event.day) for name in (OPIOID, *DAILY_INDICES)),
    ]
    today = (over - event.day).days
    series = {one.name: one.series for one in measures}
    found = responded(event, list(events.values()), today, series[WORST], series[OPIOID], measures)
    save_response(session, due, found, METHOD, at, _next(event.day, today, zone))


def _event(one: Done, zone: tzinfo) -> Event:
    return Event(one.id, day_of(one.at, zone), one.kind, one.technique)


def _pain(
    session: Session, patient_id: int, first: date, last: date, zone: tzinfo
) -> dict[str, dict[date, float]]:
    """Worst and average pain by local day: of each day the newest report that has it."""
    found: dict[str, dict[date, float]] = {WORST: {}, AVERAGE: {}}
    if last < first:
        return found
    start, end = day_start(first, zone), day_start(last + timedelta(days=1), zone)
    for report in reports_of(session, patient_id, start, end):  # oldest first
        for name, own in found.items():
            score = report.scores[name]
            if score is not None:
                own[report.day] = float(score)
    return found


def _measure(name: str, found: IndexDays | None, event: date) -> Measure:
    if found is None:
        return Measure(name, None, daily([], [], event))
    if len(found.units) > 1:
        why = f"the values are in different units ({', '.join(found.units)})"
        return Measure(name, None, daily([], [], event), why)
    return Measure(name, found.units[0], daily(found.days, found.values, event))


def _next(event: date, today: int, zone: tzinfo) -> datetime | None:
    """When an assessment is reached without any new day: it must come to say "too little data"."""
    ahead = [day for day in (RULES.window_days, *RULES.assessed_days) if day > today]
    return day_start(event + timedelta(days=ahead[0] + 1), zone) if ahead else None
