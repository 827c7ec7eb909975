"""The nurse of the simulated ward answers one case, and no case of anybody who exists."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from store.access import AuditEntry
from store.alerts.cases import Case
from store.alerts.open_cases import open_or_join
from store.database import now, transaction
from store.people import enrol_patient
from supervise.simulated_nurse import NAME, answer


@pytest.fixture
def opened(engine: sa.Engine):
    def opened(code: str, demonstration: bool) -> int:
        with transaction(engine) as session:
            patient = enrol_patient(session, code, "Europe/Rome", "main", demonstration=demonstration)
            at = now() - timedelta(minutes=1)
            return open_or_join(session, patient.id, "medium", "more pain", {}, ["log"], at)[0]

    return opened


def test_the_simulated_nurse_acknowledges_one_case_and_it_says_that_she_is_simulated(engine, opened):
    number = opened("DEMO-06", True)
    with transaction(engine) as session:
        assert answer(session, now())
        assert not answer(session, now()), "it has been answered"
    with transaction(engine) as session:
        case = session.get_one(Case, number)
        assert (case.state, case.acknowledged_by) == ("acknowledged", NAME) and "simulated" in NAME
        [entry] = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "case.acknowledge"))
        assert (entry.actor, entry.patient_id) == (NAME, case.patient_id)


@pytest.mark.parametrize("code, demonstration", [("DEMO-03", True), ("DEMO-06", False)])
def test_other_cases_are_left_to_whoever_looks(engine, opened, code, demonstration):
    opened(code, demonstration)
    with transaction(engine) as session:
        assert not answer(session, now())
