"""Paged cases for the tests of the report: a nurse who answers after some minutes, and closes with an outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from ladder.answering import answer_by
from store.alerts.plan_history import NO_PLAN
from store.alerts.report import PagedCase
from tests.cast import NOON

MINUTE = timedelta(minutes=1)
AT = NOON + timedelta(days=30)
_ONE = PagedCase(
    1, 1, "main", "resolved", "medium", "acted", None, NOON, NOON.date(), 14, 0, True, 0, None, NOON, NO_PLAN,
    "likelihood 1", "score", "shipped 1", "shipped 1",
)  # fmt: skip


def case(
    outcome: str | None = "acted",
    answered_after: float | None = 10,
    closed_after: float | None = None,
    paged_at: datetime = NOON,
    **more: object,
) -> PagedCase:
    """One case; minutes after the page, None: not yet. A case with an outcome is closed with its answer."""
    answered = None if answered_after is None else paged_at + answered_after * MINUTE
    closed = answered if closed_after is None else paged_at + closed_after * MINUTE
    day = date(paged_at.year, paged_at.month, paged_at.day)
    made = replace(
        _ONE, outcome=outcome, acknowledged_at=answered, resolved_at=closed if outcome else None,
        paged_at=paged_at, day=day,
    )  # fmt: skip
    made = replace(made, **more)
    by = more.get("answer_by", answer_by(made.times.timings, made.severity, paged_at))
    return replace(made, answer_by=by, weekday=more.get("weekday", made.day.weekday()))


def cases(**outcomes: int) -> list[PagedCase]:
    """So many of each outcome, each of another patient; `none` has none yet."""
    found = []
    for name, count in outcomes.items():
        found += [case(None if name == "none" else name) for _ in range(count)]
    return [replace(one, case_id=k, patient_id=k) for k, one in enumerate(found)]
