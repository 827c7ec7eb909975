"""What waits longer than it should, for the watchdog."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from store import heartbeat, marks
from store.access import record
from store.alerts.cases import Case
from store.alerts.open_cases import open_or_join
from store.alerts.outbox import Delivery, DeliveryState
from store.audit.seals import seal_all
from store.database import transaction
from store.watch.reserved import SINK
from store.watch.synthetic import enrol_synthetic, synthetic_of
from store.watch.waits import Refused, Waits, waits
from tests.cast import NOON, enrol_cast

MINUTE = timedelta(minutes=1)


def test_an_empty_house_waits_for_nothing(engine):
    with transaction(engine) as session:
        assert waits(session) == Waits()


def test_the_oldest_answer_and_the_oldest_message_are_found_and_no_movement(engine):
    cast = enrol_cast(engine)
    with transaction(engine) as session:
        marks.mark_day(session, cast.steady, NOON.date(), marks.MOVEMENT, NOON - 9 * MINUTE)
        marks.mark_day(session, cast.steady, NOON.date(), marks.DIARY, NOON - 2 * MINUTE)
        marks.mark_day(session, cast.rising, NOON.date(), marks.DIARY, NOON - 5 * MINUTE)
        open_or_join(session, cast.steady, "high", "made up", {}, ["log"], NOON - 3 * MINUTE)
        found = waits(session)
        assert (found.answer_since, found.message_since) == (NOON - 5 * MINUTE, NOON - 3 * MINUTE)
        session.execute(sa.update(Delivery).values(state=DeliveryState.SENT))
        assert waits(session).message_since is None


def test_cases_that_nobody_answers_are_those_of_patients(engine):
    cast = enrol_cast(engine)
    with transaction(engine) as session:
        enrol_synthetic(session, "hash", NOON)
        who = synthetic_of(session)
        cases = [
            open_or_join(session, one, "high", "made up", {}, ["log"], NOON)[0]
            for one in (cast.steady, cast.rising, who.patient_id)
        ]
        session.execute(sa.update(Case).where(Case.id != cases[1]).values(unheard=True))
        assert waits(session).unheard == (cases[0],)
        session.execute(sa.delete(Delivery).where(Delivery.channel != SINK))
        marks.mark_day(session, who.patient_id, NOON.date(), marks.DIARY, NOON)
        found = waits(session)
        assert (found.answer_since, found.message_since) == (None, None), "its own is the road's to tell"


def test_the_message_that_a_channel_refuses_is_found_first_where_nobody_was_told_and_never_untried(engine):
    cast = enrol_cast(engine)
    with transaction(engine) as session:
        for patient_id in (cast.steady, cast.rising):
            open_or_join(session, patient_id, "high", "made up", {}, ["smtp", "webhook"], NOON)
        assert waits(session).refused is None
        of_case = sa.select(Delivery.id).order_by(Delivery.case_id, Delivery.id)
        first, second, third, _ = session.scalars(of_case).all()
        session.execute(sa.update(Delivery).where(Delivery.id != second).values(attempts=2))
        assert waits(session).refused == Refused(first, "main", "smtp", nobody_told=True)
        session.execute(sa.update(Delivery).where(Delivery.id == second).values(state=DeliveryState.SENT))
        assert waits(session).refused == Refused(third, "main", "smtp", nobody_told=True)
        session.execute(sa.update(Delivery).where(Delivery.case_id == 2).values(state=DeliveryState.SENT))
        assert waits(session).refused == Refused(first, "main", "smtp", nobody_told=False)


def test_what_is_next_to_be_sealed_is_known_and_nothing_once_all_is(engine):
    for _ in range(2):
        with transaction(engine) as session:
            record(session, NOON, "anna", "patient.view")
    with transaction(engine) as session:
        assert waits(session).unsealed == "entry 1"
    seal_all(engine)
    with transaction(engine) as session:
        assert waits(session).unsealed is None


def test_a_head_that_waits_and_a_part_that_is_not_whole_are_known_from_their_signs_of_life(engine):
    with transaction(engine) as session:
        heartbeat.beat(session, "alerting", NOON, False, {"head_waits_s": 700})
        heartbeat.beat(session, "ingest", NOON, False, {})  # without a broker: the road's to tell
        found = waits(session)
    assert (found.head_waits_s, found.ended) == (700, ("alerting",))
