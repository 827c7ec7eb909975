"""Pages of a ward with their outcomes, for the tests of the report that people see."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from ladder.words import Outcome
from store import people
from store.alerts.case_acts import acknowledge, resolve
from store.alerts.open_cases import open_or_join
from store.database import transaction

MINUTE = timedelta(minutes=1)
SCORE = {"rule": "likelihood 1", "because": "score", "settings": "shipped 1", "severity": "medium"}
FLOOR = {"rule": "severe 1", "because": "severe", "thresholds": "shipped 1", "severity": "high"}


def page(
    engine: sa.Engine,
    patient: int,
    at: datetime,
    outcome: str | None,
    evidence: dict[str, str],
    answered_after: float = 20,
) -> int:
    """A page at `at` that anna answers after so many minutes, and closes as `outcome`; None: not yet."""
    with transaction(engine) as session:
        case, opened = open_or_join(session, patient, evidence["severity"], "made up", evidence, ["log"], at)
        assert opened, "the case before is not closed"
        if outcome is not None:
            acknowledge(session, case, "anna", at + answered_after * MINUTE)
            resolve(session, case, "anna", Outcome(outcome), at + 3 * answered_after * MINUTE)
    return case


def a_ward_of_pages(
    engine: sa.Engine, until: datetime, site: str = "main", demonstration: bool = False
) -> None:
    """Twelve patients for ten weeks: 24 pages by the score, of which 8 were useful, 12 of the floor, all acted
    on, and two that nobody has closed."""
    with transaction(engine) as session:
        patients = []
        for k in range(12):
            who = people.enrol_patient(session, f"R-{k}", "Europe/Rome", site, demonstration=demonstration)
            device = people.enrol_device(session, f"r-{k}", "hash")
            people.wear(session, device, who, until - timedelta(days=70))
            patients.append(who.id)
    for k in range(24):
        at = until - timedelta(days=60 - 2 * k, hours=k % 12)
        page(engine, patients[k % 12], at, "acted" if k < 8 else "false", SCORE, 20 + 60 * (k % 5))
    for k in range(12):
        page(engine, patients[k], until - timedelta(days=9, hours=k), "acted", FLOOR, 5 + k)
    for k in range(2):
        page(engine, patients[k], until - timedelta(days=1, hours=k), None, FLOOR)
