"""Which cases are pages of a period, when that was on the patient's clock, and what stands beside."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from alerting.cases import take_decisions
from ladder.reading import plan_of
from ladder.timing import SHIPPED
from ladder.words import Outcome
from store import people
from store.alerts import cases
from store.alerts.case_acts import acknowledge, reopen, resolve
from store.alerts.open_cases import open_or_join, take_turn
from store.alerts.plan_history import NO_PLAN, plan_histories
from store.alerts.report import read_period
from store.alerts.silences import AlertSilence
from store.alerts.ward_plans import WardPlan, save_plan
from store.asked import ask_daily
from store.check_ins import ask_again
from store.database import transaction
from store.decisions import WITHOUT_CASE, Decision, add_decision, untold_decisions
from store.zones import stay
from tests.cast import NOON, Cast, enrol_cast
from tests.ladder.wards import document

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DAY = timedelta(days=1)
TODAY = NOON.date()


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)


def paged(engine, patient, at=NOON, severity="high", **evidence):
    with transaction(engine) as session:
        return open_or_join(session, patient, severity, "Worst pain 8.", evidence, ["log"], at)[0]


def period(engine, first=TODAY, last=TODAY, site="main", at=NOON + 30 * DAY):
    with transaction(engine) as session:
        return read_period(session, site, first, last, at)


def plan(engine, at, after_min=60, **changes):
    """The ward's plan, whose second rung of `high` comes after so many minutes."""
    made = document(**changes)
    made["ladders"]["high"]["rungs"][1]["after_min"] = after_min
    with transaction(engine) as session:
        save_plan(session, "main", plan_of(made), "anna", "made for a test", at)


def the_one(engine, **window):
    (found,) = period(engine, **window).paged
    return found


def test_a_decision_that_pages_is_told_with_its_rule_settings_and_severity(engine, cast):
    with transaction(engine) as session:
        add_decision(session, Decision(
            patient_id=cast.rising, day=TODAY, verdict="fire", severity="medium", tier="page", score=1.0,
            reason="a rise", rule="likelihood 1", reported_at=NOON, decided_at=NOON,
            evidence={"because": "score", "settings": "shipped 1, budget 3", "thresholds": "shipped 1"},
        ))  # fmt: skip
    take_decisions(engine, ["log"], NOON)
    found = the_one(engine)
    assert (found.rule, found.because, found.settings) == ("likelihood 1", "score", "shipped 1, budget 3")
    assert (found.severity, found.outcome, found.acknowledged_at, found.told_again) == (
        "medium",
        None,
        None,
        0,
    )


def test_the_severity_and_rule_are_those_of_the_first_page_whatever_joined_later(engine, cast):
    paged(engine, cast.rising, severity="medium", rule="likelihood 1", because="score")
    paged(engine, cast.rising, NOON + MINUTE, "high", rule="severe 1", because="severe")
    found = the_one(engine)
    assert (found.rule, found.paged_at, found.told_again) == ("likelihood 1", NOON, 1)
    assert found.severity == "high", "evidence of before that does not say its severity: that of the case"


def test_a_page_is_answered_when_the_first_person_acts_and_that_stays_so(engine, cast):
    case = paged(engine, cast.rising)
    with transaction(engine) as session:
        acknowledge(session, case, "anna", NOON + 7 * MINUTE)
    with transaction(engine) as session:
        resolve(session, case, "anna", Outcome.ACTED, NOON + 90 * MINUTE)
    found = the_one(engine)
    assert found.acknowledged_at == NOON + 7 * MINUTE
    assert (found.resolved_at, found.outcome) == (NOON + 90 * MINUTE, "acted")


def test_who_closes_a_case_at_once_has_answered_it(engine, cast):
    case = paged(engine, cast.rising)
    with transaction(engine) as session:
        resolve(session, case, "anna", Outcome.FALSE, NOON + 3 * MINUTE)
    assert the_one(engine).acknowledged_at == NOON + 3 * MINUTE


def test_what_was_acknowledged_before_the_first_page_is_no_answer_to_it(engine, cast):
    with transaction(engine) as session:
        case, _ = open_or_join(session, cast.rising, "low", "expected", {}, ["log"], NOON, untold="expected")
        acknowledge(session, case, "anna", NOON + MINUTE)
    paged(engine, cast.rising, NOON + 60 * MINUTE)
    found = the_one(engine)
    assert (found.paged_at, found.acknowledged_at) == (NOON + 60 * MINUTE, None)


def test_a_case_of_which_nobody_was_told_is_no_page(engine, cast):
    with transaction(engine) as session:
        open_or_join(session, cast.rising, "low", "expected", {}, ["log"], NOON, untold="expected")
    found = period(engine)
    assert (found.paged, found.beside.cases_without_page) == ([], 1)


def test_a_page_that_was_held_back_is_counted_apart_until_somebody_is_told(engine, cast):
    ends = NOON + 5 * HOUR
    with transaction(engine) as session:
        session.add(AlertSilence(
            patient_id=cast.rising, reason="on the ward", author="anna", begins=NOON - HOUR, ends=ends,
        ))  # fmt: skip
    paged(engine, cast.rising, severity="medium")
    found = period(engine)
    assert (found.paged, found.beside.suppressed, found.beside.cases_without_page) == ([], 1, 0)
    assert found.beside.untold == 0
    with transaction(engine) as session:
        assert take_turn(session, ["log"], ends, 10) == 1
    found = period(engine)
    assert [one.paged_at for one in found.paged] == [ends]
    assert (found.paged[0].told_again, found.beside.suppressed) == (0, 1)


def test_evidence_that_tells_nobody_anew_is_counted_by_its_own_day(engine, cast):
    case = paged(engine, cast.rising)
    with transaction(engine) as session:
        acknowledge(session, case, "anna", NOON + MINUTE, until=NOON + 2 * DAY)
    paged(engine, cast.rising, NOON + HOUR)
    paged(engine, cast.rising, NOON + DAY)
    found = period(engine)
    assert (len(found.paged), found.beside.untold, found.beside.suppressed) == (1, 1, 0)
    assert period(engine, first=TODAY + DAY, last=TODAY + DAY).beside.untold == 1


def test_a_case_that_nobody_answers_is_told_again_and_stays_one_page(engine, cast):
    paged(engine, cast.rising)
    for hours in (1, 2):
        with transaction(engine) as session:
            take_turn(session, ["log"], NOON + hours * HOUR, 10)
    found = the_one(engine)
    assert (found.paged_at, found.told_again, found.acknowledged_at) == (NOON, 2, None)


def test_an_answer_that_ran_out_stays_the_first_answer(engine, cast):
    case = paged(engine, cast.rising)
    with transaction(engine) as session:
        acknowledge(session, case, "anna", NOON + MINUTE, until=NOON + HOUR)
    with transaction(engine) as session:
        take_turn(session, ["log"], NOON + HOUR, 10)
        acknowledge(session, case, "berta", NOON + 2 * HOUR)
    found = the_one(engine)
    assert (found.acknowledged_at, found.told_again) == (NOON + MINUTE, 1)


def test_a_case_that_was_reopened_has_no_outcome_until_it_is_closed_again(engine, cast):
    case = paged(engine, cast.rising)
    with transaction(engine) as session:
        resolve(session, case, "anna", Outcome.NO_ACTION, NOON + HOUR)
    with transaction(engine) as session:
        reopen(session, case, "anna", NOON + 2 * HOUR)
    assert (the_one(engine).outcome, the_one(engine).resolved_at) == (None, None)
    with transaction(engine) as session:
        resolve(session, case, "anna", Outcome.ACTED, NOON + 3 * HOUR)
    assert (the_one(engine).outcome, the_one(engine).resolved_at) == ("acted", NOON + 3 * HOUR)


def test_several_channels_are_one_page_and_a_message_cancelled_was_decided_all_the_same(engine, cast):
    with transaction(engine) as session:
        case, _ = open_or_join(session, cast.rising, "high", "r", {}, ["log", "smtp"], NOON)
        acknowledge(session, case, "anna", NOON + MINUTE)
    assert the_one(engine).told_again == 0


def test_technical_cases_are_no_pages(engine, cast):
    with transaction(engine) as session:
        session.add(cases.Case(
            patient_id=cast.rising, kind="technical", severity="low", reason="silent", opened_at=NOON,
            last_evidence_at=NOON,
        ))  # fmt: skip
    found = period(engine)
    assert (found.paged, found.beside.cases_without_page) == ([], 0)


def test_a_page_belongs_to_the_local_day_of_the_first_message(engine, cast):
    late = datetime(2026, 5, 4, 22, 30, tzinfo=UTC)  # half past midnight in Rome
    paged(engine, cast.rising, late)
    assert period(engine).paged == []
    found = the_one(engine, first=date(2026, 5, 5), last=date(2026, 5, 5))
    assert (found.day, found.hour) == (date(2026, 5, 5), 0)


def test_a_case_paged_in_the_period_counts_though_it_was_opened_before_and_closed_after(engine, cast):
    with transaction(engine) as session:
        case, _ = open_or_join(
            session, cast.rising, "low", "r", {}, ["log"], NOON - 9 * DAY, untold="expected"
        )
    paged(engine, cast.rising)
    with transaction(engine) as session:
        resolve(session, case, "anna", Outcome.ACTED, NOON + 9 * DAY)
    assert the_one(engine).case_id == case
    for day in (TODAY - 9 * DAY, TODAY - DAY, TODAY + DAY, TODAY + 9 * DAY):
        assert period(engine, first=day, last=day).paged == []


@pytest.mark.parametrize(
    "tz, at, day, hour",
    [
        # The night on which Rome goes to summer time, from 2 to 3 on Sunday: the evening before, and after.
        ("Europe/Rome", datetime(2026, 3, 28, 22, 30, tzinfo=UTC), date(2026, 3, 28), 23),
        ("Europe/Rome", datetime(2026, 3, 29, 21, 30, tzinfo=UTC), date(2026, 3, 29), 23),
        ("Europe/Rome", datetime(2026, 3, 29, 22, 30, tzinfo=UTC), date(2026, 3, 30), 0),
        # And back, on 25 October.
        ("Europe/Rome", datetime(2026, 10, 24, 21, 30, tzinfo=UTC), date(2026, 10, 24), 23),
        ("Europe/Rome", datetime(2026, 10, 25, 22, 30, tzinfo=UTC), date(2026, 10, 25), 23),
        # In Nuuk 23:30 of 24 October comes twice: midnight goes back to 23.
        ("America/Nuuk", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), date(2026, 10, 24), 23),
        ("America/Nuuk", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), date(2026, 10, 24), 23),
        # On the Azores the half hour after midnight comes twice, both times of the new date.
        ("Atlantic/Azores", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), date(2026, 10, 25), 0),
        ("Atlantic/Azores", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), date(2026, 10, 25), 0),
        # In Cairo the first hour of Friday is skipped: midnight is one in the morning.
        ("Africa/Cairo", datetime(2026, 4, 23, 21, 30, tzinfo=UTC), date(2026, 4, 23), 23),
        ("Africa/Cairo", datetime(2026, 4, 23, 22, 30, tzinfo=UTC), date(2026, 4, 24), 1),
    ],
)
def test_half_past_eleven_is_right_in_the_nights_when_clocks_change(engine, tz, at, day, hour):
    with transaction(engine) as session:
        patient = people.enrol_patient(session, "P-1", tz).id
    paged(engine, patient, at)
    found = the_one(engine, first=date(2026, 1, 1), last=date(2026, 12, 31), at=at + DAY)
    assert (found.day, found.hour) == (day, hour)


def test_the_day_is_the_patients_and_the_hour_the_wards(engine, cast):
    with transaction(engine) as session:
        patient = session.get_one(people.Patient, cast.rising)
        stay(session, patient, "America/New_York", NOON - DAY, NOON + DAY)
    paged(engine, cast.rising, NOON + 15 * HOUR)  # Tuesday at 3, UTC
    found = the_one(engine)
    assert (found.day, found.hour, found.weekday) == (TODAY, 5, 1)


def test_the_clock_of_the_ward_is_that_of_its_plan(engine, cast):
    plan(engine, NOON - DAY, zone="Asia/Kolkata")
    paged(engine, cast.rising)
    assert the_one(engine).hour == 17


def test_in_time_is_by_the_plan_that_held_when_the_first_message_was_decided(engine, cast):
    paged(engine, cast.rising)
    plan(engine, NOON + MINUTE)
    plan(engine, NOON + HOUR, after_min=30)
    paged(engine, cast.elsewhere, NOON + 2 * HOUR)
    with transaction(engine) as session:
        open_or_join(session, cast.steady, "high", "r", {}, ["log"], NOON + 2 * HOUR)
    here = {one.patient_id: one for one in period(engine).paged}
    assert (here[cast.rising].answer_by, here[cast.rising].times) == (NOON + HOUR, NO_PLAN)
    assert here[cast.steady].answer_by == NOON + 2 * HOUR + 30 * MINUTE
    assert (here[cast.steady].times.version, here[cast.steady].times.instead_of) == (2, None)
    assert the_one(engine, site="hill").times == NO_PLAN, "another ward's plan is none of its own"


def test_versions_that_were_replaced_before_the_period_are_not_read(engine, cast):
    for hours in range(3):
        plan(engine, NOON - DAY + hours * HOUR, after_min=10 + hours)
    with transaction(engine) as session:
        held = plan_histories(session, "main", NOON - DAY + HOUR + MINUTE)["main"]
    assert ([one.version for one in held.times], held.version) == ([2, 3], 3)
    assert (held.held(NOON - DAY + HOUR + MINUTE).version, held.held(NOON).version) == (2, 3)


def unreadable(engine, version, at):
    """A version that a later software has saved."""
    with transaction(engine) as session:
        session.add(WardPlan(
            site="main", version=version, document={"zone": "Mars/Base"}, saved_by="anna", saved_at=at, reason="test",
        ))  # fmt: skip


def test_where_the_version_that_held_cannot_be_read_it_is_by_the_one_that_holds_now(engine, cast):
    unreadable(engine, 1, NOON - DAY)
    paged(engine, cast.rising)
    plan(engine, NOON + DAY, after_min=30)
    times = the_one(engine).times
    assert (times.version, times.instead_of) == (2, 1)
    assert the_one(engine).answer_by == NOON + 30 * MINUTE
    unreadable(engine, 3, NOON + 2 * DAY)
    times = the_one(engine).times
    assert (times.version, times.instead_of, times.timings) == (None, 1, SHIPPED)


def test_a_decision_said_again_after_its_case_was_closed_is_in_no_case_and_counted(engine, cast):
    decided(engine, cast.rising, NOON)
    with transaction(engine) as session:
        resolve(session, the_one(engine).case_id, "anna", Outcome.ACTED, NOON + MINUTE)
    with transaction(engine) as session:
        add_decision(session, Decision(
            patient_id=cast.rising, day=TODAY, verdict="fire", severity="medium", tier="page", score=1.1,
            reason="a rise, in other words", rule="likelihood 1", reported_at=NOON, decided_at=NOON + HOUR,
            evidence={"because": "score", "settings": "shipped 1"},
        ))  # fmt: skip
    take_decisions(engine, ["log"], NOON + HOUR)
    beside = period(engine).beside
    assert (beside.untold_without_case, beside.untold, beside.cases_without_page) == (1, 0, 0)
    with transaction(engine) as session:
        (one,) = untold_decisions(session, cast.rising, TODAY)
        assert (one.reason, one.untold) == ("a rise, in other words", WITHOUT_CASE)
        assert untold_decisions(session, cast.rising, TODAY + DAY) == []
    assert period(engine, TODAY + DAY, TODAY + DAY).beside.untold_without_case == 0


def test_patient_weeks_are_days_with_a_device_or_a_diary_that_is_asked_each_once(engine):
    with transaction(engine) as session:
        steady, asked, both, _ = (
            people.enrol_patient(session, code, "Europe/Rome") for code in ("S", "A", "B", "N")
        )
        watch, other = (people.enrol_device(session, name, "x") for name in ("w-1", "w-2"))
        people.wear(session, watch, steady, NOON - 6 * DAY, NOON - 3 * DAY)  # four local days
        people.wear(session, other, both, NOON - 2 * DAY)  # three until today
        ask_daily(session, asked.id, TODAY - 2 * DAY, "anna", NOON)  # three
        ask_daily(session, both.id, TODAY - 4 * DAY, "anna", NOON, TODAY - DAY)  # two more
    found = period(engine, TODAY - 20 * DAY, TODAY + 20 * DAY, at=NOON)
    assert found.patient_weeks["main"] * 7 == pytest.approx(4 + 3 + 3 + 2)
    assert found.patients == 3
    clipped = period(engine, TODAY - 4 * DAY, TODAY - 3 * DAY, at=NOON)
    assert clipped.patient_weeks["main"] * 7 == pytest.approx(2 + 2)


def test_a_watch_given_back_at_midnight_was_not_worn_on_the_next_day(engine):
    midnight = datetime(2026, 5, 2, 22, tzinfo=UTC)  # in Rome
    with transaction(engine) as session:
        patient = people.enrol_patient(session, "S", "Europe/Rome")
        people.wear(session, people.enrol_device(session, "w", "x"), patient, midnight - DAY, midnight)
    assert period(engine, TODAY - 9 * DAY, TODAY).patient_weeks["main"] * 7 == pytest.approx(1)


def test_check_ins_and_days_for_review_are_counted_beside(engine, cast):
    with transaction(engine) as session:
        for day in (TODAY - DAY, TODAY):
            ask_again(session, cast.rising, day, day, NOON)
        for patient, day, reason in (
            (cast.rising, TODAY, "late"), (cast.rising, TODAY, "late, in other words"), (cast.steady, TODAY, "a rise"),
            (cast.rising, TODAY - DAY, "before"),
        ):  # fmt: skip
            add_decision(session, Decision(
                patient_id=patient, day=day, verdict="review", severity=None, reason=reason, evidence={},
                rule="likelihood 1", reported_at=None, decided_at=NOON,
            ))  # fmt: skip
    beside = period(engine).beside
    assert (beside.check_ins, beside.reviews) == (1, 2)


def test_another_ward_is_not_in_the_report_and_without_a_ward_all_are(engine, cast):
    paged(engine, cast.rising)
    paged(engine, cast.elsewhere)
    assert [one.patient_id for one in period(engine, site="hill").paged] == [cast.elsewhere]
    everybody = period(engine, site=None)
    assert {one.site for one in everybody.paged} == set(everybody.patient_weeks) == {"main", "hill"}


def test_simulated_patients_are_left_out_beside_real_ones_and_told_where_there_are_no_others(engine, cast):
    with transaction(engine) as session:
        here = people.enrol_patient(session, "D-1", "UTC", demonstration=True).id
        demo = people.enrol_patient(session, "D-2", "UTC", "demo", demonstration=True).id
    for patient in (cast.rising, here, demo):
        paged(engine, patient)
    assert [one.patient_id for one in period(engine).paged] == [cast.rising]
    assert [one.patient_id for one in period(engine, site=None).paged] == [cast.rising]
    asked = period(engine, site="demo")
    assert [one.patient_id for one in asked.paged] == [demo] and asked.simulated


def test_a_ward_that_does_not_exist_has_nothing(engine, cast):
    found = period(engine, site="moon")
    assert (found.paged, found.patient_weeks, found.simulated) == ([], {}, None)


def decided(engine, patient, at, severity="medium", **evidence):
    with transaction(engine) as session:
        add_decision(session, Decision(
            patient_id=patient, day=TODAY, verdict="fire", severity=severity, tier="page", score=1.0,
            reason="a rise", rule="likelihood 1", reported_at=at, decided_at=at,
            evidence={"because": "score", "settings": "shipped 1", **evidence},
        ))  # fmt: skip
    take_decisions(engine, ["log"], at)


def test_a_case_that_the_system_closes_was_answered_by_nobody(engine, cast):
    case = paged(engine, cast.rising)
    with transaction(engine) as session:
        resolve(session, case, cases.SYSTEM, Outcome.TECHNICAL, NOON + MINUTE)
    found = the_one(engine)
    assert (found.acknowledged_at, found.resolved_at, found.outcome) == (None, NOON + MINUTE, "technical")


def test_what_a_page_takes_back_of_an_earlier_one_is_not_its_rule(engine, cast):
    with transaction(engine) as session:
        open_or_join(
            session, cast.rising, "low", "r", {"silent_on": "2026-05-01"}, [], NOON - HOUR, untold="expected"
        )
    gone = [{"decision": 1, "day": "2026-05-01", "why": "answers came late", "fired": True}]
    decided(engine, cast.rising, NOON, withdraws=gone)
    found = the_one(engine)
    assert (found.paged_at, found.rule, found.severity) == (NOON, "likelihood 1", "medium")


def test_what_joined_a_case_that_waits_for_the_end_of_a_silence_is_not_the_rule_of_its_page(engine, cast):
    ends = NOON + 5 * HOUR
    with transaction(engine) as session:
        session.add(AlertSilence(
            patient_id=cast.rising, reason="on the ward", author="anna", begins=NOON - HOUR, ends=ends,
        ))  # fmt: skip
    paged(engine, cast.rising, severity="medium", rule="likelihood 1", because="score")
    with transaction(engine) as session:
        low = {"rule": "severe 1", "because": "severe", "severity": "low"}
        open_or_join(session, cast.rising, "low", "r", low, ["log"], NOON + HOUR, untold="expected")
        assert take_turn(session, ["log"], ends, 10) == 1
    found = the_one(engine)
    assert (found.paged_at, found.rule, found.severity) == (ends, "likelihood 1", "medium")


def test_a_page_that_was_held_back_when_nobody_was_on_duty_is_held_back_all_the_same(engine, cast):
    with transaction(engine) as session:
        session.add(AlertSilence(
            patient_id=cast.rising, reason="on the ward", author="anna", begins=NOON - HOUR, ends=NOON + HOUR,
        ))  # fmt: skip
        open_or_join(session, cast.rising, "medium", "r", {}, [], NOON)
    beside = period(engine).beside
    assert (beside.suppressed, beside.untold, beside.cases_without_page) == (1, 0, 0)


def test_a_page_on_a_day_on_which_nobody_watched_is_known_as_such(engine, cast):
    with transaction(engine) as session:
        alone = people.enrol_patient(session, "P-alone", "Europe/Rome").id
    for patient in (alone, cast.rising):
        paged(engine, patient)
    assert {one.patient_id: one.watched for one in period(engine).paged} == {
        alone: False,
        cast.rising: True,
    }
