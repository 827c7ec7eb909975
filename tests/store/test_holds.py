"""Snoozes, silences and expected levels in PostgreSQL: two persons, two at once, and what comes after the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from alerting.cases import take_turns
from ladder.words import Outcome
from store import case_life, holds
from store.accepted import NotAccepted, accepted_levels, end_level, standing_levels
from store.alert_silences import AlertSilence, NotSilenced, silences_over, standing_silences
from store.case_life import NotNow
from store.cases import Case, CaseEvent
from store.database import transaction
from store.open_cases import open_or_join
from store.outbox import Delivery
from store.people import Patient
from tests.cast import NOON, Cast, enrol_cast

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)


def page(engine, patient, severity="medium", at=NOON, untold=""):
    with transaction(engine) as session:
        evidence = {"worst": 8}
        return open_or_join(session, patient, severity, "Worst pain 8", evidence, ["log"], at, untold=untold)[
            0
        ]


def do(engine, act, *args, **more):
    with transaction(engine) as session:
        return act(session, *args, **more)


def case_of(engine, case_id) -> Case:
    with transaction(engine) as session:
        return session.get(Case, case_id)


def silences(engine) -> list[AlertSilence]:
    with transaction(engine) as session:
        return list(session.scalars(sa.select(AlertSilence).order_by(AlertSilence.id)))


def story(engine, case_id) -> list[str]:
    with transaction(engine) as session:
        events = sa.select(CaseEvent.kind).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)
        return list(session.scalars(events))


def deliveries(engine, case_id) -> list[str]:
    with transaction(engine) as session:
        of = sa.select(Delivery.state).where(Delivery.case_id == case_id).order_by(Delivery.id)
        return list(session.scalars(of))


def snoozed(engine, case_id, by="Anna", until=NOON + DAY, at=NOON):
    return do(engine, holds.snooze, case_id, by, until, "waits for the scan", at)


def test_a_snoozed_case_is_quiet_until_then_and_comes_back(engine, cast):
    case = page(engine, cast.rising)
    snoozed(engine, case)
    assert deliveries(engine, case) == ["cancelled"]
    assert take_turns(engine, ["log"], NOON + DAY - timedelta(microseconds=1)) == 0
    assert take_turns(engine, ["log"], NOON + DAY) == 1
    assert deliveries(engine, case) == ["cancelled", "pending"]
    assert "snooze_ended" in story(engine, case)


def test_a_snooze_of_an_urgent_case_takes_two_persons(engine, cast):
    case = page(engine, cast.rising, "high")
    snoozed(engine, case)
    assert case_of(engine, case).snoozed_until is None, "so long the ladder goes on"
    for same in ("Anna", " anna "):
        with pytest.raises(NotNow, match="another person has to agree"):
            do(engine, holds.agree_to_snooze, case, same, NOON)
    do(engine, holds.agree_to_snooze, case, "Berta", NOON)
    assert case_of(engine, case).snoozed_until == NOON + DAY
    (row,) = silences(engine)
    assert (row.author, row.second, row.second_at) == ("Anna", "Berta", NOON)
    with pytest.raises(NotNow, match="in force"):
        do(engine, holds.agree_to_snooze, case, "Carla", NOON)


@pytest.mark.parametrize("until", [NOON, NOON + 30 * DAY + timedelta(seconds=1)], ids=["past", "too long"])
def test_a_snooze_ends_within_thirty_days(engine, cast, until):
    for severity, patient in (("high", cast.rising), ("medium", cast.steady)):
        with pytest.raises(NotNow, match="at most 30 days"):
            snoozed(engine, page(engine, patient, severity), until=until)
        with pytest.raises(NotSilenced, match="at most 30 days"):
            do(engine, holds.silence_patient, patient, "Anna", until, "why", NOON)


def test_nothing_is_agreed_for_what_is_over(engine, cast):
    case = page(engine, cast.rising, "high")
    snoozed(engine, case, until=NOON + HOUR)
    with pytest.raises(NotNow, match="its time is over"):
        do(engine, holds.agree_to_snooze, case, "Berta", NOON + HOUR)
    snoozed(engine, case, at=NOON + HOUR)
    do(engine, case_life.resolve, case, "Carla", Outcome.ACTED, NOON + 2 * HOUR)
    with pytest.raises(NotNow, match="Nobody has asked"):
        do(engine, holds.agree_to_snooze, case, "Berta", NOON + 2 * HOUR)
    with pytest.raises(NotNow, match="resolved"):
        snoozed(engine, case, at=NOON + 2 * HOUR)
    assert [row.ended_by for row in silences(engine)] == [None, "Carla"]


def test_what_is_more_severe_than_what_was_snoozed_ends_the_snooze(engine, cast):
    case = page(engine, cast.rising)
    snoozed(engine, case)
    page(engine, cast.rising, "high", NOON + HOUR)
    assert case_of(engine, case).snoozed_until is None
    assert [row.ended_by for row in silences(engine)] == ["actalgia"]
    assert deliveries(engine, case) == ["cancelled", "pending"]


def test_a_question_outlives_the_snooze_before_it(engine, cast):
    """The first one ends by time, and its end is only noticed after the second one was asked for."""
    case = page(engine, cast.rising, "high")
    snoozed(engine, case, until=NOON + HOUR)
    do(engine, holds.agree_to_snooze, case, "Berta", NOON)
    snoozed(engine, case, at=NOON + HOUR)
    assert take_turns(engine, ["log"], NOON + HOUR) == 1
    do(engine, holds.agree_to_snooze, case, "Berta", NOON + HOUR)
    assert case_of(engine, case).snoozed_until == NOON + DAY


def test_a_case_of_which_nobody_is_told_cannot_be_snoozed(engine, cast):
    case = page(engine, cast.rising, untold="for review")
    with pytest.raises(NotNow, match="nothing to snooze"):
        snoozed(engine, case)


def test_a_snooze_that_is_ended_brings_the_case_back_at_once(engine, cast):
    case = page(engine, cast.rising)
    snoozed(engine, case)
    do(engine, holds.end_snooze, case, "Berta", NOON + HOUR)
    assert case_of(engine, case).next_at == NOON + HOUR
    assert [(row.ended_by, row.ended_at) for row in silences(engine)] == [("Berta", NOON + HOUR)]
    with pytest.raises(NotNow, match="no snooze"):
        do(engine, holds.end_snooze, case, "Carla", NOON + HOUR)


def test_a_question_is_withdrawn(engine, cast):
    case = page(engine, cast.rising, "high")
    asked = snoozed(engine, case)
    do(engine, holds.end, asked.id, "Anna", NOON + HOUR)
    assert story(engine, case)[-2:] == ["snooze_asked", "snooze_withdrawn"]
    assert case_of(engine, case).next_at == NOON + HOUR, "the ladder was never away from its time"


def at_once(engine, act, *whose):
    """Each of `whose` does it at the same time; how many of them were let."""

    def one(args) -> bool:
        try:
            do(engine, act, *args)
        except (NotNow, NotSilenced, NotAccepted):
            return False
        return True

    with ThreadPoolExecutor(len(whose)) as people:
        return sum(people.map(one, whose))


def test_of_two_persons_at_once_one_makes_the_snooze_and_one_the_silence(engine, cast):
    case = page(engine, cast.rising)
    asks = [(case, by, NOON + DAY, "why", NOON) for by in ("Anna", "Berta", "Carla")]
    assert at_once(engine, holds.snooze, *asks) == 1
    quiet = [(cast.steady, by, NOON + DAY, "why", NOON) for by in ("Anna", "Berta", "Carla")]
    assert at_once(engine, holds.silence_patient, *quiet) == 1
    wards = [("main", by, NOON + DAY, "why", NOON) for by in ("Anna", "Berta", "Carla")]
    assert at_once(engine, holds.silence_ward, *wards) == 1
    assert len(silences(engine)) == 3


def test_of_two_persons_who_agree_or_end_at_once_one_does(engine, cast):
    made = do(engine, holds.silence_patient, cast.rising, "Anna", NOON + DAY, "why", NOON)
    assert at_once(engine, holds.agree, *[(made.id, by, NOON) for by in ("Berta", "Carla", "Dora")]) == 1
    assert at_once(engine, holds.end, *[(made.id, by, NOON) for by in ("Berta", "Carla", "Dora")]) == 1


def test_a_silence_suppresses_with_its_reason_and_ends_with_the_turn_of_who_waits(engine, cast):
    made = do(engine, holds.silence_patient, cast.rising, "Anna", NOON + DAY, "on holiday", NOON)
    case = page(engine, cast.rising, at=NOON + HOUR)
    assert deliveries(engine, case) == ["suppressed"]
    with transaction(engine) as session:
        why = session.scalars(sa.select(Delivery.reason)).one()
    assert why == "silenced by Anna until 2026-05-05 12:00 UTC"
    do(engine, holds.end, made.id, "Berta", NOON + 2 * HOUR)
    assert take_turns(engine, ["log"], NOON + 2 * HOUR) == 1
    assert deliveries(engine, case) == ["suppressed", "pending"]


@pytest.mark.parametrize("microseconds, state", [(-1, "suppressed"), (0, "pending")])
def test_a_silence_covers_until_its_end_and_not_at_its_end(engine, cast, microseconds, state):
    do(engine, holds.silence_patient, cast.rising, "Anna", NOON + DAY, "why", NOON)
    at = NOON + DAY + timedelta(microseconds=microseconds)
    assert deliveries(engine, page(engine, cast.rising, at=at)) == [state]


def test_a_silence_that_ends_by_itself_lets_the_case_go_on(engine, cast):
    do(engine, holds.silence_ward, "main", "Anna", NOON + 3 * HOUR, "a fire drill", NOON)
    case = page(engine, cast.rising)
    assert case_of(engine, case).next_at == NOON + 3 * HOUR
    assert take_turns(engine, ["log"], NOON + 3 * HOUR) == 1
    assert deliveries(engine, case) == ["suppressed", "pending"]


def test_ending_a_silence_moves_no_case_that_it_did_not_keep(engine, cast):
    told = page(engine, cast.rising)
    due = case_of(engine, told).next_at
    made = do(engine, holds.silence_ward, "main", "Anna", NOON + DAY, "why", NOON + HOUR)
    kept = page(engine, cast.steady, at=NOON + HOUR)
    elsewhere = page(engine, cast.elsewhere, at=NOON + HOUR)
    assert deliveries(engine, elsewhere) == ["pending"]
    do(engine, holds.end, made.id, "Anna", NOON + 2 * HOUR)
    assert case_of(engine, told).next_at == due
    assert case_of(engine, kept).next_at == NOON + 2 * HOUR


def test_who_ends_a_silence_sees_the_case_that_it_kept_in_this_moment(engine, cast):
    """The page is decided, suppressed and not committed yet when somebody ends the silence."""
    made = do(engine, holds.silence_patient, cast.rising, "Anna", NOON + DAY, "why", NOON)
    with ThreadPoolExecutor(1) as somebody:
        with transaction(engine) as session:
            case, _ = open_or_join(session, cast.rising, "medium", "x", {}, ["log"], NOON + HOUR)
            ends = somebody.submit(do, engine, holds.end, made.id, "Berta", NOON + 2 * HOUR)
            wait_for_a_lock(engine)
        ends.result(10)
    assert case_of(engine, case).next_at == NOON + 2 * HOUR


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


def test_urgent_pages_pass_through_a_silence_of_one_person(engine, cast):
    made = do(engine, holds.silence_patient, cast.rising, "Anna", NOON + DAY, "why", NOON)
    assert deliveries(engine, page(engine, cast.rising, "high")) == ["pending"]
    with pytest.raises(NotSilenced, match="another person"):
        do(engine, holds.agree, made.id, "ANNA", NOON)
    do(engine, holds.agree, made.id, "Berta", NOON)
    with transaction(engine) as session:
        silenced = silences_over(session, [cast.rising], ["main"], NOON)
        assert silenced(cast.rising, "main", "high") == (NOON + DAY, "Anna")
    with pytest.raises(NotSilenced, match="Berta has agreed before"):
        do(engine, holds.agree, made.id, "Carla", NOON)


def test_a_second_silence_of_the_same_patient_is_refused(engine, cast):
    made = do(engine, holds.silence_patient, cast.rising, "Anna", NOON + DAY, "why", NOON)
    do(engine, holds.silence_patient, cast.steady, "Anna", NOON + DAY, "why", NOON)
    with pytest.raises(NotSilenced, match="silenced until 2026-05-05 12:00 UTC by Anna"):
        do(engine, holds.silence_patient, cast.rising, "Berta", NOON + 2 * DAY, "why", NOON)
    do(engine, holds.end, made.id, "Anna", NOON)
    do(engine, holds.silence_patient, cast.rising, "Berta", NOON + 2 * DAY, "why", NOON)
    with pytest.raises(NotSilenced, match="has ended"):
        do(engine, holds.end, made.id, "Anna", NOON)


def test_silences_of_a_patient_are_those_of_the_ward_and_of_the_case_too(engine, cast):
    snoozed(engine, page(engine, cast.rising))
    do(engine, holds.silence_patient, cast.rising, "Anna", NOON + HOUR, "a", NOON)
    do(engine, holds.silence_ward, "main", "Anna", NOON + 2 * HOUR, "b", NOON)
    do(engine, holds.silence_ward, "hill", "Hilda", NOON + 2 * HOUR, "c", NOON)
    with transaction(engine) as session:
        own = sa.select(Patient).where(Patient.id == cast.rising)
        assert [one.reason for one in standing_silences(session, own, NOON)] == [
            "a",
            "b",
            "waits for the scan",
        ]
        assert [one.reason for one in standing_silences(session, own, NOON + HOUR)] == [
            "b",
            "waits for the scan",
        ]


def test_a_case_is_reopened_within_thirty_days_and_not_beside_another(engine, cast):
    case = page(engine, cast.rising)
    do(engine, case_life.resolve, case, "Anna", Outcome.NO_ACTION, NOON)
    with pytest.raises(NotNow, match="more than 30 days ago"):
        do(engine, case_life.reopen, case, "Anna", NOON + 31 * DAY)
    assert do(engine, case_life.reopen, case, "Berta", NOON + 29 * DAY)
    assert case_of(engine, case).acknowledged_by == "Berta"


def expected(engine, patient, at=NOON, until=None):
    case = page(engine, patient, at=at)
    do(engine, case_life.resolve, case, "Anna", Outcome.EXPECTED_LEVEL, at, "as agreed", until)
    return case


def test_an_expected_level_ends_within_thirty_days(engine, cast):
    case = page(engine, cast.rising)
    for until in (NOON, NOON + 31 * DAY):
        with pytest.raises(NotNow, match="at most 30 days"):
            do(engine, case_life.resolve, case, "Anna", Outcome.EXPECTED_LEVEL, NOON, "why", until)
    with pytest.raises(NotNow, match="Only an expected level"):
        do(engine, case_life.resolve, case, "Anna", Outcome.ACTED, NOON, "why", NOON + DAY)
    assert case_of(engine, case).state == "opened"
    do(engine, case_life.resolve, case, "Anna", Outcome.EXPECTED_LEVEL, NOON, "as agreed")
    with transaction(engine) as session:
        (level,) = accepted_levels(session, [cast.rising])[cast.rising]
        assert (level.level, level.since, level.until) == (8, NOON, NOON + 30 * DAY)
        assert (level.by, level.why) == ("Anna", "as agreed")
        assert not standing_levels(session, cast.rising, NOON + 30 * DAY)


def test_an_expected_level_is_ended_early_once(engine, cast):
    case = expected(engine, cast.rising, until=NOON + 7 * DAY)
    ends = [(cast.rising, case, by, NOON + DAY) for by in ("Anna", "Berta", "Carla")]
    assert at_once(engine, end_level, *ends) == 1
    with transaction(engine) as session:
        (level,) = accepted_levels(session, [cast.rising])[cast.rising]
        assert (level.until, level.planned) == (NOON + DAY, NOON + 7 * DAY)
    with pytest.raises(NotAccepted):
        do(engine, end_level, cast.steady, case, "Anna", NOON + HOUR)


def test_a_case_that_is_closed_as_expected_again_accepts_its_level_again(engine, cast):
    case = expected(engine, cast.rising)
    do(engine, end_level, cast.rising, case, "Anna", NOON + DAY)
    do(engine, case_life.reopen, case, "Anna", NOON + 2 * DAY)
    do(engine, case_life.resolve, case, "Anna", Outcome.EXPECTED_LEVEL, NOON + 3 * DAY, "again")
    with transaction(engine) as session:
        (level,) = standing_levels(session, cast.rising, NOON + 4 * DAY)
    assert (level.why, level.until) == ("again", NOON + 33 * DAY)
