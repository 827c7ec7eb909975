"""Cases in the database when two things meet: an answer and its end, a plan and its next version, an outage."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from alerting.cases import take_turns
from alerting.delivery import deliver_one
from ladder.happenings import Snoozed
from ladder.reading import plan_of
from ladder.words import Outcome
from store.alerts import case_acts, holds
from store.alerts.case_life import NotNow
from store.alerts.cases import Case, CaseEvent
from store.alerts.open_cases import open_or_join
from store.alerts.outbox import Delivery
from store.alerts.ward_plans import save_plan
from store.database import transaction
from store.people import Patient
from tests.cast import enrol_cast
from tests.ladder.stored_house import Died, Sink, ToTheSink, together
from tests.ladder.wards import DOCUMENT, document

NOON = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)  # a Monday, 12:00 in Rome
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def cast(engine):
    return enrol_cast(engine)


def page(engine, patient, severity="high", at=NOON, untold=""):
    with transaction(engine) as session:
        return open_or_join(session, patient, severity, "Worst pain 8", {}, ["log"], at, untold=untold)[0]


def do(engine, act, *args, **more):
    with transaction(engine) as session:
        return act(session, *args, **more)


def turns(engine, at):
    return take_turns(engine, ["log"], at)


def told(engine, case_id=None):
    with transaction(engine) as session:
        rows = sa.select(Delivery).where(Delivery.state != "suppressed").order_by(Delivery.id)
        if case_id is not None:
            rows = rows.where(Delivery.case_id == case_id)
        return [(one.step, one.recipient) for one in session.scalars(rows)]


def story(engine, case_id):
    with transaction(engine) as session:
        events = sa.select(CaseEvent.kind).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)
        return list(session.scalars(events))


def planned(engine, at=NOON, site="main", **changes):
    with transaction(engine) as session:
        save_plan(session, site, plan_of(document(**changes)), "root", "a test", at)


def test_who_answers_again_while_nobody_takes_turns_is_not_paged_when_somebody_does(engine, cast):
    case = page(engine, cast.steady)
    assert do(engine, case_acts.acknowledge, case, "anna", NOON, until=NOON + HOUR)
    later = NOON + 3 * HOUR  # alerting does not run
    assert do(engine, case_acts.acknowledge, case, "anna", later)
    turns(engine, later + MINUTE)
    assert len(told(engine)) == 1
    assert story(engine, case)[-2:] == ["acknowledgement_ended", "acknowledged"]


def test_who_ends_a_silence_does_not_wake_a_case_that_is_snoozed(engine, cast):
    silence = do(engine, holds.silence_patient, cast.steady, "anna", NOON + 5 * DAY, "in hospital", NOON)
    case = page(engine, cast.steady, "medium")
    do(engine, case_acts.snooze, case, Snoozed("anna", NOON + 2 * DAY), NOON, "on leave")
    do(engine, holds.end, silence.id, "anna", NOON + HOUR)
    turns(engine, NOON + HOUR)
    assert told(engine) == []
    turns(engine, NOON + 2 * DAY)
    assert len(told(engine)) == 1


def test_a_closed_case_is_handed_to_nobody_though_the_same_person_had_it(engine, cast):
    case = page(engine, cast.steady)
    do(engine, case_acts.assign, case, "anna", "berta", NOON)
    do(engine, case_acts.resolve, case, "berta", Outcome.ACTED, NOON + HOUR)
    with pytest.raises(NotNow, match="re-open it first"):
        do(engine, case_acts.assign, case, "anna", "berta", NOON + 2 * HOUR)


def test_after_three_days_without_alerting_each_case_takes_one_step_and_its_next_one_has_its_time(
    engine, cast
):
    urgent = page(engine, cast.steady)
    held = page(engine, cast.rising, "medium")
    do(engine, case_acts.acknowledge, held, "anna", NOON)
    up = NOON + 3 * DAY
    for seconds in range(5):
        turns(engine, up + timedelta(seconds=seconds))
    assert [step for step, _ in told(engine, urgent)] == [1, 2]
    assert [step for step, _ in told(engine, held)] == [1, 2]
    assert story(engine, held)[-1] == "acknowledgement_ended"
    turns(engine, up + HOUR)
    assert [step for step, _ in told(engine, urgent)] == [1, 2, 3]


def test_a_plan_with_fewer_rungs_that_is_saved_meanwhile_still_ends_at_its_named_person(engine, cast):
    planned(engine)
    case = page(engine, cast.steady)
    for hours in (1, 2):
        turns(engine, NOON + hours * HOUR)
    high = {
        "rungs": [{"after_min": 0, "roles": ["nurse"]}, {"after_min": 30, "persons": ["bruno"]}],
        "repeats": 0,
    }
    planned(engine, NOON + 2 * HOUR, ladders={**DOCUMENT["ladders"], "high": high})
    for hours in (3, 4):
        turns(engine, NOON + hours * HOUR)
    assert told(engine, case)[-2:] == [(3, "carla"), (4, "bruno")]
    assert story(engine, case)[-1] == "nobody_answered"


def test_quiet_hours_that_are_saved_while_a_case_waits_hold_for_its_next_step(engine, cast):
    planned(engine)
    case = page(engine, cast.steady, "medium")
    planned(engine, NOON + HOUR, quiet_hours={"from": "12:00", "to": "14:00"})
    turns(engine, NOON + DAY)  # 12:00, as it was due
    assert len(told(engine, case)) == 1
    turns(engine, NOON + DAY + 2 * HOUR)
    assert [who for _, who in told(engine, case)] == ["anna", "carla"]


def test_who_has_a_case_and_leaves_the_ward_is_followed_by_whoever_is_on_duty(engine, cast):
    planned(engine)
    case = page(engine, cast.steady)
    do(engine, case_acts.acknowledge, case, "anna", NOON)
    persons = [one for one in DOCUMENT["persons"] if one["id"] != "anna"]
    roles = [{**DOCUMENT["roles"][0], "shifts": DOCUMENT["roles"][1]["shifts"]}, DOCUMENT["roles"][1]]
    low = {"rungs": [{"after_min": 0, "persons": ["carla"]}]}
    gone = {"persons": persons, "roles": roles, "ladders": {**DOCUMENT["ladders"], "low": low}}
    planned(engine, NOON + HOUR, **gone)
    turns(engine, NOON + 4 * HOUR)
    assert told(engine, case) == [(1, "anna"), (2, "carla")]


def test_whoever_is_not_in_the_plan_any_more_is_not_told_and_the_next_ones_are_at_once(engine, cast):
    planned(engine)
    case = page(engine, cast.steady)
    nobody = {**DOCUMENT["roles"][0], "shifts": DOCUMENT["roles"][1]["shifts"]}
    persons = [one for one in DOCUMENT["persons"] if one["id"] != "anna"]
    low = {"rungs": [{"after_min": 0, "persons": ["carla"]}]}
    planned(
        engine,
        NOON,
        persons=persons,
        roles=[nobody, DOCUMENT["roles"][1]],
        ladders={**DOCUMENT["ladders"], "low": low},
    )
    sink = Sink()
    for seconds in (0, 10, 30, 60):  # it is tried on, in case she comes back
        deliver_one(
            engine, ToTheSink({"log": sink}), "http://ward.example", NOON + timedelta(seconds=seconds)
        )
    turns(engine, NOON + 2 * MINUTE)
    assert told(engine, case)[-1] == (2, "carla")
    assert "unreachable" in story(engine, case)


def test_a_patient_who_was_moved_is_told_of_to_the_ward_where_they_are(engine, cast):
    planned(engine)
    case = page(engine, cast.steady)
    with transaction(engine) as session:
        session.get_one(Patient, cast.steady).site = "elsewhere"
    nurse = {
        "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        "from": "00:00",
        "to": "24:00",
        "persons": ["bruno"],
    }
    planned(
        engine, site="elsewhere", roles=[{**DOCUMENT["roles"][0], "shifts": [nurse]}, DOCUMENT["roles"][1]]
    )
    turns(engine, NOON + HOUR)
    assert {who for step, who in told(engine, case) if step == 2} == {"bruno", "carla"}


def test_closed_opened_again_and_found_anew_at_the_same_instant_is_one_case(engine, cast):
    case = page(engine, cast.steady)
    do(engine, case_acts.resolve, case, "anna", Outcome.ACTED, NOON)
    do(engine, case_acts.reopen, case, "anna", NOON)
    assert page(engine, cast.steady, at=NOON) == case
    do(engine, case_acts.resolve, case, "anna", Outcome.ACTED, NOON)
    other = page(engine, cast.steady, at=NOON)
    with pytest.raises(NotNow, match="open case already"):
        do(engine, case_acts.reopen, case, "anna", NOON)
    assert told(engine, other) == [(1, "")]


def test_whoever_opens_a_case_again_while_the_next_one_is_opened_leaves_one_open_case(engine, cast):
    case = page(engine, cast.steady)
    for k in range(12):
        at = NOON + k * MINUTE
        with transaction(engine) as session:
            for one in session.scalars(sa.select(Case.id).where(Case.state != "resolved")).all():
                case_acts.resolve(session, one, "anna", Outcome.ACTED, at)

        def again(at=at):
            with suppress(NotNow):
                do(engine, case_acts.reopen, case, "anna", at)

        together(again, lambda at=at: page(engine, cast.steady, at=at))
        with transaction(engine) as session:
            open_ones = sa.select(sa.func.count()).where(Case.state != "resolved")
            assert session.scalar(open_ones) == 1


def test_of_many_answers_given_while_two_workers_take_turns_none_is_followed_by_a_page(engine, cast):
    with transaction(engine) as session:
        people = [Patient(code=f"P-{n}", tz="Europe/Rome", site="main") for n in range(40)]
        session.add_all(people)
        session.flush()
        numbers = [one.id for one in people]
    cases = [page(engine, number) for number in numbers]
    steps: dict[int, int] = {}

    def answers():
        for case in cases:
            with transaction(engine) as session:
                assert case_acts.acknowledge(session, case, "anna", NOON + HOUR, until=NOON + 9 * HOUR)
                steps[case] = session.get_one(Case, case).step

    def worker():
        for k in range(8):
            take_turns(engine, ["log"], NOON + HOUR + k * HOUR)

    together(answers, worker, worker)
    with transaction(engine) as session:
        assert {one.id: one.step for one in session.scalars(sa.select(Case))} == steps
        assert session.scalar(sa.select(sa.func.count()).where(Delivery.state == "pending")) == 0
        keys = session.scalars(sa.select(Delivery.idempotency_key)).all()
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("how", ["well", "refuses", "dies"])
def test_an_answer_that_is_given_while_the_message_is_on_its_way_stands(engine, cast, how):
    case = page(engine, cast.steady)

    class Meanwhile(Sink):
        def send(self, notice, limit):
            do(engine, case_acts.acknowledge, case, "anna", NOON + MINUTE)
            super().send(notice, limit)

    sink = Meanwhile()
    sink.how = how
    with suppress(Died):
        deliver_one(engine, {"log": sink}, "http://ward.example", NOON + MINUTE)
    with transaction(engine) as session:
        held = session.get_one(Case, case)
        assert (held.state, held.acknowledged_by) == ("acknowledged", "anna")
        states = session.scalars(sa.select(Delivery.state)).all()
    assert states == ["sent" if how == "well" else "cancelled"]
    assert not deliver_one(engine, {"log": sink}, "http://ward.example", NOON + 3 * HOUR)


def test_a_case_that_somebody_is_working_on_keeps_no_other_one_waiting(engine, cast):
    busy, other = page(engine, cast.steady), page(engine, cast.rising)
    with transaction(engine) as session:
        session.get_one(Case, busy, with_for_update=True)
        assert turns(engine, NOON + HOUR) == 1
    assert [step for step, _ in told(engine, other)] == [1, 2]
    assert turns(engine, NOON + HOUR) == 1


def test_a_stale_case_is_never_told_by_a_timer_whatever_people_do_with_it(engine, cast):
    case = page(engine, cast.steady, "medium")
    do(engine, case_acts.acknowledge, case, "anna", NOON, until=NOON + 20 * DAY)
    turns(engine, NOON + 20 * DAY)
    assert story(engine, case)[-1] == "stale"
    at = NOON + 21 * DAY
    for act, more in (
        (case_acts.acknowledge, ("berta", at)),
        (case_acts.assign, ("berta", "carla", at)),
        (case_acts.resolve, ("carla", Outcome.NO_ACTION, at)),
        (case_acts.reopen, ("anna", at + DAY)),
    ):
        do(engine, act, case, *more)
        for days in (1, 5, 40, 90):
            turns(engine, at + days * DAY)
    assert len(told(engine, case)) == 1
