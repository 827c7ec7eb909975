"""Cases that are taken together and the silence of a ward that ends meanwhile: nobody waits for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from alerting import cases
from alerting.cases import take_decisions
from store.alerts import case_acts, holds
from store.alerts.case_life import locked
from store.alerts.cases import Case
from store.alerts.open_cases import open_or_join
from store.alerts.outbox import Delivery
from store.database import transaction
from store.decisions import Decision, add_decision
from tests.cast import NOON, Cast, enrol_cast

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)


def decide(engine, patient, reason, at):
    with transaction(engine) as session:
        add_decision(
            session,
            Decision(patient_id=patient, day=at.date(), verdict="fire", severity="medium", reason=reason,
                     evidence={"worst": 6}, rule="static 1", reported_at=at, decided_at=at),
        )  # fmt: skip


def wait_for_a_lock(engine) -> None:
    """Until somebody waits for somebody else."""
    waits = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    for _ in range(500):
        with engine.connect() as connection:
            if connection.scalar(waits):
                return
            connection.execute(sa.text("SELECT pg_sleep(0.01)"))
    raise AssertionError("nobody waited")


def test_decisions_and_the_end_of_a_silence_lock_cases_in_one_order(engine, cast, monkeypatch):
    """The decisions come in the other order than the cases; the silence ends between two of them."""
    with transaction(engine) as session:
        made = holds.silence_ward(session, "main", "Anna", NOON + DAY, "a fire drill", NOON).id
    for patient in (cast.steady, cast.rising):
        decide(engine, patient, "a rise", NOON)
    take_decisions(engine, ["log"], NOON)
    decide(engine, cast.rising, "a rise again", NOON + HOUR)
    decide(engine, cast.steady, "a rise again", NOON + HOUR)

    def end() -> None:
        with transaction(engine) as session:
            holds.end(session, made, "Berta", NOON + 2 * HOUR)

    with ThreadPoolExecutor(1) as somebody:
        ends = []
        take = cases._take

        def and_then_the_silence_ends(*given):
            take(*given)
            if not ends:
                ends.append(somebody.submit(end))
                wait_for_a_lock(engine)

        monkeypatch.setattr(cases, "_take", and_then_the_silence_ends)
        assert take_decisions(engine, ["log"], NOON + HOUR) == 2
        ends[0].result(10)
    with transaction(engine) as session:
        due = set(session.scalars(sa.select(Case.next_at)))
    assert due == {NOON + 2 * HOUR}, "both cases that the silence kept have their turn"


def test_two_workers_that_open_cases_of_the_same_patients_do_so_in_one_order(engine, cast, monkeypatch):
    """Each has a decision of both patients, in the other order than its neighbour."""
    monkeypatch.setattr(cases, "AT_ONCE", 2)
    for patient, reason in ((cast.rising, "a"), (cast.steady, "a"), (cast.steady, "b"), (cast.rising, "b")):
        decide(engine, patient, reason, NOON)
    with ThreadPoolExecutor(1) as somebody:
        other = []
        take = cases._take

        def and_then_the_neighbour_begins(*given):
            take(*given)
            if not other:
                other.append(somebody.submit(take_decisions, engine, ["log"], NOON))
                wait_for_a_lock(engine)

        monkeypatch.setattr(cases, "_take", and_then_the_neighbour_begins)
        assert take_decisions(engine, ["log"], NOON) == 2
        assert other[0].result(10) == 2
    with transaction(engine) as session:
        assert len(list(session.scalars(sa.select(Case.id)))) == 2


def test_evidence_that_joins_while_somebody_answers_waits_and_tells_nobody(engine, cast):
    """Nobody took the second step when it was due. Evidence would take it, had it read the case before the
    answer is there, and would write over the answer."""
    with transaction(engine) as session:
        case_id, _ = open_or_join(session, cast.steady, "medium", "a rise", {}, ["log"], NOON)
    late = NOON + DAY + HOUR

    def more() -> None:
        with transaction(engine) as session:
            open_or_join(session, cast.steady, "medium", "a rise again", {}, ["log"], late)

    with ThreadPoolExecutor(1) as somebody:
        with transaction(engine) as session:
            locked(session, case_id)  # as an answer begins; it is written below, when evidence has come
            joins = somebody.submit(more)
            wait_for_a_lock(engine)
            assert case_acts.acknowledge(session, case_id, "Anna", late)
        joins.result(10)
    with transaction(engine) as session:
        case = session.get_one(Case, case_id)
        assert (case.state, case.acknowledged_by, case.next_at) == ("acknowledged", "Anna", late + DAY)
        assert session.execute(sa.select(Delivery.step, Delivery.state)).all() == [(1, "cancelled")]
