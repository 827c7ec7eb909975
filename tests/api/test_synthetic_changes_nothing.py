"""With the watchdog's patient or without: every address says the same to everybody, and so does every view."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from store.database import now, transaction
from store.decisions import Decision, add_decision
from store.marks import DIARY, mark_day
from tests.api.house import SIGNED, House, save_index
from tests.api.test_every_look import EXEMPT, VISITS, Visit, call, lived_in  # noqa: F401 - a fixture
from tests.synthetic_life import live

#: What makes a row of its own whenever it is asked for, and what stays open.
LEFT_OUT = ("{number}", "/live", "/static/{name}")
#: What differs from one moment to the next.
MOMENT = re.compile(
    r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?|\b\d\d:\d\d\b|[0-9a-f]{32,}|\b\d+(?:\.\d+)? s\b"
    r"|\b(?:x|x1|x2|width|d|points)=\"[^\"]*\""
    r"|(?<=seconds )[\d.e+]+|actalgia_http.*|python_.*|process_.*"
)


@pytest.fixture
def busy(lived_in: House) -> House:  # noqa: F811
    """P-steady has a decision, days, something that waits."""
    steady = lived_in.cast.steady
    with transaction(lived_in.engine) as session:
        about = Decision(
            patient_id=steady, day=now().date(), verdict="fire", severity="high", tier="page", reason="made up",
            evidence={}, rule="test 1", reported_at=None, decided_at=now(),
        )  # fmt: skip
        add_decision(session, about)
        mark_day(session, steady, now().date(), DIARY, now())
    save_index(lived_in.engine, steady, now().date(), 1.0)
    return lived_in


def walk(house: House) -> dict[tuple[str, str], tuple[int, str]]:
    found = {}
    for method, template in sorted(set(VISITS) | set(EXEMPT)):
        if method != "GET" or any(one in template for one in LEFT_OUT):
            continue
        visit = VISITS.get((method, template), Visit())
        for name in SIGNED:
            answer = call(house, method, template, Visit(name, visit.query))
            found[template, name] = answer.status_code, MOMENT.sub("~", answer.text)
    return found


def differing(
    before: dict[tuple[str, str], tuple[int, str]], after: dict[tuple[str, str], tuple[int, str]]
) -> list[str]:
    """Lines that are there on one side only, with where."""
    found = []
    for where, (status, text) in after.items():
        was, said = before[where]
        lines = set(said.splitlines()) ^ set(text.splitlines())
        found += [f"{where}: {status} for {was}"] * (status != was) + [
            f"{where}: {line}" for line in sorted(lines)
        ]
    return found


def viewed(engine: sa.Engine) -> dict[str, list[str]]:
    with transaction(engine) as session:
        names = session.scalars(sa.text("SELECT table_name FROM information_schema.views WHERE table_schema = 'reading'"))  # fmt: skip
        return {
            name: sorted(str(row) for row in session.execute(sa.text(f'SELECT * FROM reading."{name}"')))
            for name in names.all()
        }


def test_every_address_and_every_view_says_the_same_with_the_watchdogs_patient_and_without(busy):
    before, views = walk(busy), viewed(busy.engine)
    assert differing(before, walk(busy)) == [], "nothing but the moment differs"
    assert len(before) > 100
    filled = live(busy.engine, busy.cast.steady, busy.cast.watch_1)
    assert filled >= {"case", "case_event", "delivery", "decision", "day_index", "pain_report", "stale_day"}
    after = walk(busy)
    assert differing(before, after) == []
    assert viewed(busy.engine) == views
    assert views["cases"] and views["deliveries"] and views["pain"]
