"""What waits longer than it should, for the watchdog."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from store import marks
from store.cases import Case
from store.database import transaction
from store.open_cases import open_or_join
from store.outbox import Delivery, DeliveryState
from store.reserved import SINK
from store.synthetic import enrol_synthetic, synthetic_of
from store.watch_waits import Waits, waits
from tests.cast import NOON, enrol_cast

MINUTE = timedelta(minutes=1)


def test_an_empty_house_waits_for_nothing(engine):
    with transaction(engine) as session:
        assert waits(session) == Waits((), None, None)


def test_the_oldest_answer_and_the_oldest_message_are_found_and_no_movement(engine):
    cast = enrol_cast(engine)
    with transaction(engine) as session:
        marks.mark_day(session, cast.steady, NOON.date(), marks.MOVEMENT, NOON - 9 * MINUTE)
        marks.mark_day(session, cast.steady, NOON.date(), marks.DIARY, NOON - 2 * MINUTE)
        marks.mark_day(session, cast.rising, NOON.date(), marks.DIARY, NOON - 5 * MINUTE)
        open_or_join(session, cast.steady, "high", "made up", {}, ["log"], NOON - 3 * MINUTE)
        assert waits(session) == Waits((), NOON - 5 * MINUTE, NOON - 3 * MINUTE)
        session.execute(sa.update(Delivery).values(state=DeliveryState.SENT))
        assert waits(session).message_since is None


def test_a_page_that_every_channel_refuses_is_found_and_none_of_which_somebody_was_told_later(engine):
    cast = enrol_cast(engine)
    with transaction(engine) as session:
        for one, since in ((cast.steady, NOON - 30 * MINUTE), (cast.rising, NOON - 20 * MINUTE)):
            open_or_join(session, one, "high", "made up", {}, ["log", "smtp"], since)
        assert waits(session).untaken_since is None, "nobody has tried"
        session.execute(sa.update(Delivery).values(attempts=3, next_attempt_at=NOON))
        assert waits(session).untaken_since == NOON - 30 * MINUTE
        first = sa.select(sa.func.min(Delivery.id)).where(Delivery.case_id == 1).scalar_subquery()
        session.execute(sa.update(Delivery).where(Delivery.id == first).values(state=DeliveryState.SENT))
        assert waits(session).untaken_since == NOON - 20 * MINUTE


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
        assert waits(session) == Waits((cases[0],), None, None)  # its own is the road's to tell
