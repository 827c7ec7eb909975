"""The silence of a ward with many open cases ends: a few messages and digests, the urgent one first and alone."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from alerting.addresses import Ways
from alerting.cases import take_turns
from alerting.dispatch import Dispatch
from alerting.lanes import GROUPED_OVER
from alerting.log_file import LogFile
from store.alerts import holds
from store.alerts.case_acts import acknowledge
from store.alerts.cases import Case
from store.alerts.open_cases import open_or_join
from store.alerts.outbox import Delivery
from store.database import now, transaction
from store.people import Patient
from tests.cast import employ

MANY = 150  #: more than alerting takes at once; a thousand gave the same


@pytest.fixture
def ward(engine: sa.Engine) -> list[int]:
    employ(engine, "Anna", "Berta")
    with transaction(engine) as session:
        many = [Patient(code=f"P-{n:04}", tz="Europe/Rome", site="main") for n in range(MANY)]
        session.add_all(many)
        session.flush()
        return [one.id for one in many]


@pytest.mark.parametrize("by_hand", [True, False])
def test_many_silenced_cases_come_back_as_a_few_messages_and_the_urgent_one_first(
    engine, ward, by_hand, tmp_path
):
    began = now() - timedelta(hours=3)
    with transaction(engine) as session:
        made = holds.silence_ward(session, "main", "Anna", began + timedelta(hours=2), "a fire drill", began)
        holds.agree(session, made.id, "Berta", began)
        for number, patient in enumerate(ward):
            severity = "high" if number == MANY - 1 else "medium"
            open_or_join(session, patient, severity, "a rise", {}, ["log"], began)
        answered = session.scalars(sa.select(Case.id).order_by(Case.id).limit(1)).one()
        acknowledge(session, answered, "Berta", began, until=now() + timedelta(days=1))
        number = made.id
    if by_hand:
        with transaction(engine) as session:
            holds.end(session, number, "Berta", began + timedelta(hours=1))
    first = take_turns(engine, ["log"], now())
    with transaction(engine) as session:
        urgent = sa.select(sa.func.count()).where(Delivery.urgent, Delivery.state == "pending")
        assert session.scalar(urgent) == 1, "among the first that are taken"
    while taken := take_turns(engine, ["log"], now()):
        first += taken
    assert first == MANY - 1, "whoever somebody has stays with them"
    taken_by = tmp_path / "outbox.jsonl"
    dispatch = Dispatch(engine, Ways({"log": LogFile(taken_by)}), "http://ward.example")
    for _ in range(20):
        dispatch.round(now())
        dispatch.wait(5)
    sizes = [len(json.loads(line).get("cases", ["one"])) for line in taken_by.read_text().splitlines()]
    assert sorted(sizes) == [1, MANY - 2], f"one alone, the rest together (over {GROUPED_OVER})"
    with transaction(engine) as session:
        states = dict(
            session.execute(sa.select(Delivery.state, sa.func.count()).group_by(Delivery.state)).all()
        )
    assert states == {"suppressed": MANY, "sent": MANY - 1}
