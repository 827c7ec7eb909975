"""Snoozes, silences and expected levels in PostgreSQL: two persons, two at once, and what comes after the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from alerting.cases import take_turns
from ladder.words import Outcome
from store.access import Account, Role, create_token
from store.alerts import case_acts, holds
from store.alerts.accepted import NotAccepted, accepted_levels, agree_to_level, end_level, standing_levels
from store.alerts.case_life import NotNow
from store.alerts.cases import Case, CaseEvent
from store.alerts.open_cases import open_or_join
from store.alerts.outbox import Delivery
from store.alerts.outbox_outcomes import sent
from store.alerts.silences import AlertSilence, NotSilenced, silences_over, standing_silences
from store.database import transaction
from store.people import Patient
from tests.cast import NOON, Cast, employ, enrol_cast

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    employ(engine, "Anna", "Berta", "Carla", "Dora")
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
    do(engine, case_acts.resolve, case, "Carla", Outcome.ACTED, NOON + 2 * HOUR)
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


def silenced_urgently(engine, patient, by):
    """A silence by that author to which Berta agrees."""
    made = do(engine, holds.silence_patient, patient, by, NOON + DAY, "why", NOON)
    do(engine, holds.agree, made.id, "Berta", NOON)


@pytest.mark.parametrize("by", ["a program", "Hilda", "Rita", "Emma", "Nobody"])
def test_the_second_person_is_somebody_who_logs_in_and_sees_the_patient(engine, cast, by):
    """No token, nobody of another ward, no researcher, nobody who has left, no name that nobody has."""
    employ(engine, "Hilda", site="hill")
    employ(engine, "Rita", role=Role.RESEARCHER)
    employ(engine, "Emma")
    with transaction(engine) as session:
        create_token(session, "a program", Role.CLINICIAN, "main")
        session.execute(sa.update(Account).where(Account.name == "Emma").values(disabled_at=NOON))
    ward = do(engine, holds.silence_ward, "main", "Anna", NOON + DAY, "why", NOON)
    patient = do(engine, holds.silence_patient, cast.rising, "Anna", NOON + DAY, "why", NOON)
    case = page(engine, cast.steady, "high")
    snoozed(engine, case)
    for act, number, refused in (
        (holds.agree, ward.id, NotSilenced),
        (holds.agree, patient.id, NotSilenced),
        (holds.agree_to_snooze, case, NotNow),
    ):
        with pytest.raises(refused, match="whoever agrees is a person who logs in at this site"):
            do(engine, act, number, by, NOON)
    assert [row.second for row in silences(engine)] == [None, None, None]


def test_what_a_program_asked_for_nobody_agrees_to(engine, cast):
    """Else one person with a token of their own would be both."""
    with pytest.raises(NotSilenced, match="a script has no account"):
        silenced_urgently(engine, cast.rising, "a script")
    assert deliveries(engine, page(engine, cast.rising, "high")) == ["pending"]


@pytest.mark.parametrize("change", [
    "ends = ends + interval '1 hour'", "reason = 'another'", "author = 'Dora'", "second = 'Carla'",
    "patient_id = patient_id + 1", "second = NULL, second_at = NULL",
])  # fmt: skip
def test_what_was_agreed_to_stays_what_it_was(engine, cast, change):
    silenced_urgently(engine, cast.steady, "Anna")
    with pytest.raises(sa.exc.DBAPIError, match="stays what it was"), transaction(engine) as session:
        session.execute(sa.text(f"UPDATE alert_silence SET {change}"))
    with pytest.raises(sa.exc.DBAPIError, match="ended, not removed"), transaction(engine) as session:
        session.execute(sa.text("DELETE FROM alert_silence"))


def test_a_longer_snooze_takes_another_agreement(engine, cast):
    case = page(engine, cast.rising, "high")
    snoozed(engine, case)
    do(engine, holds.agree_to_snooze, case, "Berta", NOON)
    do(engine, holds.end_snooze, case, "Anna", NOON + HOUR)
    snoozed(engine, case, until=NOON + 2 * DAY, at=NOON + HOUR)
    assert case_of(engine, case).snoozed_until is None
    assert case_of(engine, case).next_at == NOON + HOUR


@pytest.mark.parametrize("name, why, match", [("Anna", " ", "Say why"), (" ", "why", "Say who you are")])
def test_a_hold_has_a_reason_and_an_author_who_says_something(engine, cast, name, why, match):
    case = page(engine, cast.rising)
    with pytest.raises(NotNow, match=match):
        do(engine, holds.snooze, case, name, NOON + DAY, why, NOON)
    with pytest.raises(NotSilenced, match=match):
        do(engine, holds.silence_ward, "main", name, NOON + DAY, why, NOON)
    with pytest.raises(sa.exc.IntegrityError), transaction(engine) as session:
        row = AlertSilence(site="main", reason=why, author=name, begins=NOON, ends=NOON + DAY)
        session.add(row)


def test_the_watchdogs_patient_is_never_silenced(engine, cast):
    with pytest.raises(NotSilenced, match="watchdog"):
        do(engine, holds.silence_ward, "actalgia-watchdog", "Anna", NOON + DAY, "why", NOON)


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


def test_each_page_that_a_silence_keeps_says_so_and_not_that_somebody_was_told(engine, cast):
    do(engine, holds.silence_patient, cast.rising, "Anna", NOON + DAY, "on holiday", NOON)
    case = page(engine, cast.rising)
    page(engine, cast.rising, at=NOON + HOUR)
    with transaction(engine) as session:
        said = sa.select(CaseEvent.comment).where(CaseEvent.case_id == case, CaseEvent.kind == "suppressed")
        assert session.scalars(said).all() == 2 * ["silenced by Anna until 2026-05-05 12:00 UTC"]


def test_the_end_of_a_silence_ends_no_snooze(engine, cast):
    made = do(engine, holds.silence_patient, cast.rising, "Anna", NOON + DAY, "on holiday", NOON)
    case = page(engine, cast.rising)
    snoozed(engine, case, until=NOON + 2 * DAY)
    do(engine, holds.end, made.id, "Berta", NOON + HOUR)
    assert take_turns(engine, ["log"], NOON + HOUR) == 0
    assert case_of(engine, case).snoozed_until == NOON + 2 * DAY
    assert take_turns(engine, ["log"], NOON + 2 * DAY) == 1
    assert deliveries(engine, case) == ["suppressed", "pending"]


def test_a_silence_calls_back_nothing_and_keeps_the_next_step(engine, cast):
    case = page(engine, cast.rising)
    do(engine, holds.silence_patient, cast.rising, "Anna", NOON + 3 * DAY, "on holiday", NOON)
    assert deliveries(engine, case) == ["pending"], "what was decided before goes out"
    assert take_turns(engine, ["log"], NOON + DAY) == 1
    assert deliveries(engine, case) == ["pending", "suppressed"]


def test_a_message_that_was_on_its_way_when_the_case_was_snoozed_is_called_sent(engine, cast):
    case = page(engine, cast.rising)
    snoozed(engine, case)
    with transaction(engine) as session:
        number = session.scalars(sa.select(Delivery.id)).one()
        sent(session, {number: None}, NOON)
        row = session.scalars(sa.select(Delivery).execution_options(populate_existing=True)).one()
        assert (row.state, row.reason) == ("sent", None)
    assert case_of(engine, case).snoozed_until == NOON + DAY


def test_a_patient_who_moves_leaves_the_silence_of_the_ward_and_takes_the_own_one_along(engine, cast):
    do(engine, holds.silence_ward, "main", "Anna", NOON + DAY, "a fire drill", NOON)
    kept = page(engine, cast.rising)
    do(engine, holds.silence_patient, cast.steady, "Anna", NOON + DAY, "on holiday", NOON)
    with transaction(engine) as session:
        session.execute(sa.update(Patient).where(Patient.site == "main").values(site="hill"))
    assert deliveries(engine, page(engine, cast.steady, at=NOON + HOUR)) == ["suppressed"]
    page(engine, cast.rising, "high", at=NOON + HOUR)
    assert deliveries(engine, kept) == ["suppressed", "pending"]
    with transaction(engine) as session:
        own = sa.select(Patient).where(Patient.id == cast.rising)
        assert standing_silences(session, own, NOON + HOUR) == []


def test_a_patient_of_whom_a_silence_is_kept_cannot_be_removed(engine, cast):
    do(engine, holds.silence_patient, cast.elsewhere, "Hilda", NOON + DAY, "why", NOON)
    with pytest.raises(sa.exc.IntegrityError), transaction(engine) as session:
        session.execute(sa.delete(Patient).where(Patient.id == cast.elsewhere))


def test_a_message_that_is_not_sent_any_more_says_why(engine, cast):
    case = page(engine, cast.rising)
    snoozed(engine, case)
    other = page(engine, cast.steady)
    do(engine, case_acts.acknowledge, other, "Berta", NOON)
    with transaction(engine) as session:
        why = list(session.scalars(sa.select(Delivery.reason).order_by(Delivery.id)))
    assert why == ["snoozed by Anna until 2026-05-05 12:00 UTC", "answered by Berta"]


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
    with pytest.raises(NotSilenced, match="silenced until 2026-05-05 14:00 CEST by Anna"):
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
    do(engine, case_acts.resolve, case, "Anna", Outcome.NO_ACTION, NOON)
    with pytest.raises(NotNow, match="more than 30 days ago"):
        do(engine, case_acts.reopen, case, "Anna", NOON + 31 * DAY)
    assert do(engine, case_acts.reopen, case, "Berta", NOON + 29 * DAY)
    assert case_of(engine, case).acknowledged_by == "Berta"


def expected(engine, patient, at=NOON, until=None):
    case = page(engine, patient, at=at)
    do(engine, case_acts.resolve, case, "Anna", Outcome.EXPECTED_LEVEL, at, "as agreed", until)
    do(engine, agree_to_level, patient, case, "Berta", at)
    return case


def test_an_expected_level_ends_within_thirty_days(engine, cast):
    case = page(engine, cast.rising)
    for until in (NOON, NOON + 31 * DAY):
        with pytest.raises(NotNow, match="at most 30 days"):
            do(engine, case_acts.resolve, case, "Anna", Outcome.EXPECTED_LEVEL, NOON, "why", until)
    with pytest.raises(NotNow, match="Only an expected level"):
        do(engine, case_acts.resolve, case, "Anna", Outcome.ACTED, NOON, "why", NOON + DAY)
    assert case_of(engine, case).state == "opened"
    do(engine, case_acts.resolve, case, "Anna", Outcome.EXPECTED_LEVEL, NOON, "as agreed")
    do(engine, agree_to_level, cast.rising, case, "Berta", NOON)
    with transaction(engine) as session:
        (level,) = accepted_levels(session, [cast.rising])[cast.rising]
        assert (level.level, level.since, level.until) == (8, NOON, NOON + 30 * DAY)
        assert (level.by, level.why) == ("Anna", "as agreed")
        assert not standing_levels(session, cast.rising, NOON + 30 * DAY)


def test_a_level_that_covers_urgent_pain_takes_a_second_person(engine, cast):
    case = page(engine, cast.rising, "high")
    do(engine, case_acts.resolve, case, "Anna", Outcome.EXPECTED_LEVEL, NOON, "as agreed")
    with transaction(engine) as session:
        assert accepted_levels(session, [cast.rising]) == {}
        (level,) = standing_levels(session, cast.rising, NOON)
        assert level.waits and level.second is None
    for by, match in (("anna", "another person"), ("Nobody", "logs in")):
        with pytest.raises(NotAccepted, match=match):
            do(engine, agree_to_level, cast.rising, case, by, NOON)
    do(engine, agree_to_level, cast.rising, case, "Berta", NOON + HOUR)
    with transaction(engine) as session:
        (level,) = accepted_levels(session, [cast.rising])[cast.rising]
        assert (level.since, level.until, level.second) == (NOON + HOUR, NOON + 30 * DAY, "Berta")
    with pytest.raises(NotAccepted, match="nobody has to agree"):
        do(engine, agree_to_level, cast.rising, case, "Carla", NOON + HOUR)
    with pytest.raises(NotAccepted, match="holds no expected level now"):
        do(engine, agree_to_level, cast.rising, case, "Carla", NOON + 31 * DAY)


@pytest.mark.parametrize("evidence, waits", [
    ({"worst": 6}, False), ({"worst": 7}, True), ({"worst": 5, "accepted_level": 6}, True),
])  # fmt: skip
def test_neither_a_late_answer_nor_a_level_of_before_lets_one_person_cover_urgent_pain(
    engine, cast, evidence, waits
):
    """A case that is not urgent can have such pain in it: of an answer that came late, or that was covered."""
    with transaction(engine) as session:
        case, _ = open_or_join(session, cast.rising, "medium", "a rise", evidence, ["log"], NOON)
        case_acts.resolve(session, case, "Anna", Outcome.EXPECTED_LEVEL, NOON, "as agreed")
        assert [one.waits for one in standing_levels(session, cast.rising, NOON)] == [waits]


def test_a_level_without_a_reason_covers_nothing(engine, cast):
    with transaction(engine) as session:
        case, _ = open_or_join(session, cast.rising, "medium", "a rise", {"worst": 6}, ["log"], NOON)
        case_acts.resolve(session, case, "a program", Outcome.EXPECTED_LEVEL, NOON)
        assert standing_levels(session, cast.rising, NOON) == []


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
    do(engine, case_acts.reopen, case, "Anna", NOON + 2 * DAY)
    do(engine, case_acts.resolve, case, "Anna", Outcome.EXPECTED_LEVEL, NOON + 3 * DAY, "again")
    do(engine, agree_to_level, cast.rising, case, "Berta", NOON + 3 * DAY)
    with transaction(engine) as session:
        (level,) = standing_levels(session, cast.rising, NOON + 4 * DAY)
    assert (level.why, level.until) == ("again", NOON + 33 * DAY)
