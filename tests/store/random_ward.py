"""A random history of two wards, by the functions that make a real one: pages, answers, silences, plans,
journeys, watches given and taken back. Everything happens on a whole minute."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from ladder.reading import plan_of
from ladder.words import Outcome
from store import people
from store.alerts import case_acts
from store.alerts.cases import SYSTEM, Case, tell
from store.alerts.open_cases import open_or_join, take_turn
from store.alerts.silences import AlertSilence
from store.alerts.ward_plans import save_plan
from store.asked import ask_daily
from store.database import StoreError, transaction
from store.zones import stay
from tests.ladder.wards import document

BEGINS = datetime(2026, 3, 10, tzinfo=UTC)  # clocks go forward on the 29th
QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
ZONES = ("Europe/Rome", "Europe/Rome", "America/New_York", "Asia/Kolkata")
FIRES = (
    ("high", {"rule": "severe 1", "because": "severe", "thresholds": "shipped 1"}),
    ("medium", {"rule": "likelihood 1", "because": "score", "settings": "shipped 1, budget 3"}),
    ("medium", {"rule": "likelihood 1", "because": "score", "settings": "shipped 1"}),
    ("medium", {"rule": "likelihood 2", "because": "score", "settings": "shipped 2"}),
    ("low", {"rule": "severe 1", "because": "severe", "thresholds": "shipped 1"}),
)


def random_ward(engine: sa.Engine, seed: int, turns: int = 300) -> datetime:
    """Live it; until when."""
    chance = random.Random(seed)
    with transaction(engine) as session:
        patients = [_patient(session, chance, number) for number in range(9)]
    at = BEGINS
    for _ in range(turns):
        at += chance.randrange(5, 400) * timedelta(minutes=1)
        with contextlib.suppress(StoreError), transaction(engine) as session:
            take_turn(session, ["log"], at, 100)
            _something(session, chance, patients, at)
    return at + chance.randrange(1, 60) * timedelta(minutes=1)


def _patient(session: sa.orm.Session, chance: random.Random, number: int) -> int:
    site = "hill" if number % 3 == 2 else "main"
    one = people.enrol_patient(session, f"R-{number}", chance.choice(ZONES), site)
    if number:  # one is never watched
        given = BEGINS + chance.randrange(0, 40 * 96) * QUARTER
        back = None if number % 2 else given + chance.randrange(1, 40 * 96) * QUARTER
        people.wear(session, people.enrol_device(session, f"r-{number}", "hash"), one, given, back)
    if number % 4 == 1:
        first = (BEGINS + chance.randrange(0, 30) * DAY).date()
        ask_daily(session, one.id, first, "anna", BEGINS, chance.choice((None, first + 9 * DAY)))
    if number % 4 == 3:
        left = BEGINS + chance.randrange(0, 30 * 96) * QUARTER
        stay(session, one, "Pacific/Auckland", left, left + 7 * DAY)
    return one.id


def _something(session: sa.orm.Session, chance: random.Random, patients: Sequence[int], at: datetime) -> None:
    what = chance.random()
    case = _an_open_case(session, chance)
    if what < 0.35:
        severity, evidence = chance.choice(FIRES)
        untold = "expected" if severity == "low" else "told before" if chance.random() < 0.1 else ""
        open_or_join(
            session, chance.choice(patients), severity, "made up", {**evidence, "severity": severity},
            chance.choice((["log"], ["log"], [])), at, untold=untold,
        )  # fmt: skip
    elif what < 0.39:
        _plan(session, chance, at)
    elif what < 0.43:
        session.add(AlertSilence(
            patient_id=chance.choice(patients), reason="on the ward", author="anna", begins=at,
            ends=at + chance.randrange(20, 120) * HOUR,
        ))  # fmt: skip
    elif case is not None and what < 0.55:
        case_acts.acknowledge(session, case, "anna", at)
    elif case is not None and what < 0.6:
        case_acts.assign(session, case, "anna", "bruno", at)
    elif case is not None and what < 0.65:
        tell(
            session, case, at, "evidence", SYSTEM, evidence={"reason": "came late", "withdrawn": "2026-03-11"}
        )
        if chance.random() < 0.5:
            case_acts.resolve(session, case, SYSTEM, Outcome.TECHNICAL, at)
    elif case is not None and what < 0.93:
        case_acts.resolve(session, case, "anna", chance.choice(list(Outcome)), at)
    else:
        closed = session.scalars(sa.select(Case.id).where(Case.resolved_by.is_not(None))).all()
        if closed:
            case_acts.reopen(session, chance.choice(closed), "anna", at)


def _an_open_case(session: sa.orm.Session, chance: random.Random) -> int | None:
    still = session.scalars(sa.select(Case.id).where(Case.outcome.is_(None)).order_by(Case.id)).all()
    return chance.choice(still) if still else None


def _plan(session: sa.orm.Session, chance: random.Random, at: datetime) -> None:
    changes = chance.choice(({}, {"quiet_hours": {"from": "21:30", "to": "06:45"}}, {"zone": "Asia/Kolkata"}))
    made = document(**changes)
    made["ladders"]["high"]["rungs"][1]["after_min"] = chance.choice((15, 30, 60))
    made["ladders"]["medium"]["rungs"][1]["after_min"] = chance.choice((120, 600, 1440))
    made["ladders"]["low"]["repeat_after_min"] = chance.choice((90, 4320))
    save_plan(session, "main", plan_of(made), "anna", "made for a test", at)
