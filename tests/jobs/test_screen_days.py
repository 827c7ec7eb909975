"""Days judged from what is stored: by a changed diary, by the night, late, twice and by two workers at once."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from statistics import median

import pytest
import sqlalchemy as sa

from alerting.cases import take_decisions
from analytics.escalation.settings import SHIPPED as SETTINGS
from analytics.escalation.thresholds import SHIPPED
from analytics.jobs.checkpoints import Checkpoints
from analytics.jobs.patient_days import first_of
from analytics.jobs.screen import ask_for_judgement, decision_on, screen
from ladder.words import Outcome
from store import marks, people, zones
from store.alerts.case_acts import resolve
from store.alerts.cases import Case, tell
from store.alerts.outbox import Delivery
from store.check_ins import CheckIn, ask_again
from store.daily_rows import daily_rows
from store.database import transaction
from store.decisions import Decision
from store.diary import add_ward_report
from store.diary_links import create_link
from tests.cast import NOON, Cast, enrol_cast
from tests.long_history import three_years

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
EVENING = NOON + 7 * HOUR  # 21:00 in Rome


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)  # in Rome


def said(engine, patient, at, received=None, entry=None, **scores):
    received = received or at
    values = {"entry": entry or uuid.uuid4(), "at": at, "received_at": received, "detail": {}, **scores}
    with transaction(engine) as session:
        add_ward_report(session, patient, values)
        marks.mark_day(session, patient, at.date(), marks.DIARY, received)


def usual(engine, patient, worst=3, days=20, until=EVENING):
    for back in range(days, 0, -1):
        said(engine, patient, until - back * DAY, worst=worst, average=worst - 1)


def judged(engine, at, checkpoints=None):
    while screen(engine, at, checkpoints=checkpoints):
        pass


def rows(engine, table):
    with transaction(engine) as session:
        return list(session.scalars(sa.select(table).order_by(*table.__mapper__.primary_key)))


def of(engine, patient):
    return [one for one in rows(engine, Decision) if one.patient_id == patient]


def told(engine, at):
    take_decisions(engine, ["log"], at)
    return len(rows(engine, Delivery))


def test_a_severe_answer_of_a_new_patient_is_a_case_and_a_message_at_once(engine, cast):
    said(engine, cast.steady, EVENING, worst=8)
    judged(engine, EVENING)
    assert told(engine, EVENING) == 1
    (case,) = rows(engine, Case)
    assert (case.severity, case.state) == ("high", "opened")
    assert case.reason == "worst pain 8 of 10 on 2026-05-04; 7 or more is severe"


def test_a_severe_answer_of_a_clock_that_is_past_midnight_already_is_told_at_once(engine, cast):
    late_evening = EVENING + 2.9 * HOUR  # 23:54 in Rome
    next_day = late_evening + 0.9 * HOUR
    said(engine, cast.steady, late_evening + 0.5 * HOUR, received=late_evening, worst=9)
    judged(engine, late_evening)
    assert told(engine, late_evening) == 1
    judged(engine, next_day)
    ask_for_judgement(engine, next_day)
    judged(engine, next_day)
    assert told(engine, next_day) == 1, "the same answer, when its day has come"


def test_a_floor_that_an_operator_set_below_severe_pages_at_once(engine, cast):
    own = replace(SETTINGS, name="ward", floor_worst=5.0)
    usual(engine, cast.steady, worst=2)
    judged(engine, EVENING - HOUR)
    said(engine, cast.steady, EVENING, worst=5)
    while screen(engine, EVENING, SHIPPED, own):
        pass
    found = of(engine, cast.steady)[-1]
    assert (found.verdict, found.tier) == ("fire", "page")
    assert found.reason.endswith("5 or more is severe")


def test_the_same_rows_give_the_same_decision_and_no_second_one(engine, cast):
    usual(engine, cast.steady)
    said(engine, cast.steady, EVENING, worst=8, average=6)
    judged(engine, EVENING)
    before = told(engine, EVENING)
    for minutes in (5, 40, 100):  # again while the case is open
        with transaction(engine) as session:
            marks.mark_day(session, cast.steady, EVENING.date(), marks.ASKED, EVENING)
        judged(engine, EVENING + timedelta(minutes=minutes))
    assert len(of(engine, cast.steady)) == 1
    assert told(engine, EVENING) == before == 1


def test_what_was_answered_before_a_case_was_closed_opens_no_other_one_at_night(engine, cast):
    usual(engine, cast.steady)
    said(engine, cast.steady, EVENING, worst=8, average=6)
    judged(engine, EVENING)
    told(engine, EVENING)
    with transaction(engine) as session:
        resolve(session, rows(engine, Case)[0].id, "nurse Anna", Outcome.ACTED, EVENING + HOUR)
    midnight = EVENING + 4 * HOUR
    assert ask_for_judgement(engine, midnight) >= 1
    judged(engine, midnight)
    assert told(engine, midnight) == 1
    assert len(rows(engine, Case)) == 1


def test_a_second_severe_answer_joins_the_open_case_without_a_message(engine, cast):
    usual(engine, cast.steady)
    for back in (1, 0):
        said(engine, cast.steady, EVENING - back * DAY + HOUR, worst=8, average=6)
        judged(engine, EVENING - back * DAY + HOUR)
        assert told(engine, EVENING) == 1
    assert len(rows(engine, Case)) == 1
    assert of(engine, cast.steady)[-1].verdict == "fire"


def test_a_level_that_a_clinician_accepted_opens_a_case_that_calls_nobody(engine, cast):
    said(engine, cast.steady, EVENING - 2 * DAY, worst=8, average=7)
    judged(engine, EVENING - 2 * DAY)
    assert told(engine, EVENING - 2 * DAY) == 1
    with transaction(engine) as session:
        resolve(
            session,
            rows(engine, Case)[0].id,
            "nurse Anna",
            Outcome.EXPECTED_LEVEL,
            EVENING - 2 * DAY,
            "known",
        )
        tell(session, rows(engine, Case)[0].id, EVENING - 2 * DAY, "level_agreed", "nurse Berta")
    said(engine, cast.steady, EVENING - DAY, worst=8, average=6)
    judged(engine, EVENING - DAY)
    assert told(engine, EVENING - DAY) == 1
    case = rows(engine, Case)[-1]
    assert (case.severity, case.state) == ("low", "opened")
    assert "accepted as expected" in case.reason
    said(engine, cast.steady, EVENING, worst=10, average=8)
    judged(engine, EVENING)
    assert told(engine, EVENING) == 2, "above what was accepted, somebody is called"
    assert [one.severity for one in rows(engine, Case)] == ["high", "high"]


def test_everybody_is_judged_once_when_the_own_local_day_has_ended(engine, cast):
    usual(engine, cast.rising, until=EVENING + DAY)
    judged(engine, EVENING)
    assert [one.day for one in of(engine, cast.rising)][-1] == EVENING.date()
    assert ask_for_judgement(engine, EVENING + 2 * HOUR) == 1, "P-steady was never judged"
    judged(engine, EVENING + 2 * HOUR)
    midnight = datetime(2026, 5, 4, 22, 0, tzinfo=UTC)  # in Rome
    assert ask_for_judgement(engine, midnight - timedelta(seconds=1)) == 0
    assert ask_for_judgement(engine, midnight) == 2
    judged(engine, midnight)
    assert ask_for_judgement(engine, midnight + HOUR) == 0
    assert of(engine, cast.rising)[-1].day == date(2026, 5, 4), "the day that is over, not the one that began"


def test_who_only_has_a_diary_page_is_judged_each_night_too(engine, cast):
    with transaction(engine) as session:
        create_link(session, cast.elsewhere, "en", "nurse", NOON, 30 * DAY)
    ask_for_judgement(engine, NOON + DAY)
    judged(engine, NOON + DAY)
    (found,) = of(engine, cast.elsewhere)
    assert (found.verdict, found.tier) == ("no evidence", "technical")


def test_a_day_ends_where_the_patient_is(engine, cast):
    with transaction(engine) as session:
        patient = people.patient_by_code(session, "P-steady")
        zones.stay(session, patient, "America/New_York", NOON - 5 * DAY, None)
    usual(engine, cast.steady)
    judged(engine, EVENING)
    judged(engine, EVENING)
    ask_for_judgement(engine, EVENING)
    judged(engine, EVENING)
    midnight_in_rome = datetime(2026, 5, 4, 22, 30, tzinfo=UTC)
    ask_for_judgement(engine, midnight_in_rome)
    judged(engine, midnight_in_rome)
    asked_at = of(engine, cast.steady)[-1].asked_at
    assert asked_at is None or asked_at < midnight_in_rome
    midnight_there = datetime(2026, 5, 5, 4, 0, tzinfo=UTC)
    ask_for_judgement(engine, midnight_there)
    judged(engine, midnight_there)
    newest = of(engine, cast.steady)[-1]
    assert midnight_there in (newest.asked_at, newest.decided_at)


@pytest.mark.parametrize("night", [date(2026, 3, 29), date(2026, 10, 25)], ids=["23 hours", "25 hours"])
def test_on_nights_when_clocks_change_each_day_is_judged_once(engine, night):
    start = datetime.combine(night, datetime.min.time(), UTC)
    cast = enrol_cast(engine, since=start - 60 * DAY)
    usual(engine, cast.steady, until=start + 18 * HOUR)
    ask_for_judgement(engine, start - 3 * HOUR)
    judged(engine, start - 3 * HOUR)
    times = 0
    for quarter in range(-12, 4 * 30):
        at = start + quarter * timedelta(minutes=15)
        times += ask_for_judgement(engine, at) > 0
        judged(engine, at)
    assert times == 2, "the night before the long or short day, and the one after"


def test_severe_pain_that_came_days_later_is_shown_as_late_and_calls_nobody(engine, cast):
    usual(engine, cast.steady, days=10, until=EVENING - 2 * DAY)
    judged(engine, EVENING - 3 * DAY)
    said(engine, cast.steady, EVENING - 2 * DAY, received=EVENING, worst=9, average=8)
    judged(engine, EVENING)
    found = of(engine, cast.steady)[-1]
    assert (found.verdict, found.tier) == ("review", "review")
    assert found.reason.startswith("late: worst pain 9 of 10")
    assert told(engine, EVENING) == 0


def test_a_patient_is_asked_again_at_most_once_a_day(engine, cast):
    with transaction(engine) as session:
        assert ask_again(session, cast.steady, EVENING.date(), EVENING.date() - DAY, EVENING)
        assert not ask_again(session, cast.steady, EVENING.date(), EVENING.date() - DAY, EVENING + HOUR)
    (asked,) = rows(engine, CheckIn)
    assert asked.asked_at == EVENING


def test_two_workers_make_one_decision_and_one_message_of_one_answer(engine, cast):
    usual(engine, cast.steady)
    usual(engine, cast.rising)
    for patient in (cast.steady, cast.rising):
        said(engine, patient, EVENING, worst=8)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: judged(engine, EVENING), range(4)))
        list(pool.map(lambda _: take_decisions(engine, ["log"], EVENING), range(4)))
    fired = [one.patient_id for one in rows(engine, Decision) if one.verdict == "fire"]
    assert sorted(fired) == [cast.steady, cast.rising]
    assert len(rows(engine, Delivery)) == 2


def test_a_screen_that_fails_does_not_hold_up_severe_pain(engine, cast, monkeypatch):
    def broken(*_):
        raise FloatingPointError("a fault of the statistics")

    monkeypatch.setattr(Checkpoints, "screen", broken)
    said(engine, cast.steady, EVENING, worst=8)
    judged(engine, EVENING)
    assert told(engine, EVENING) == 1
    said(engine, cast.rising, EVENING, worst=2)
    judged(engine, EVENING)
    assert of(engine, cast.rising)[-1].reason.startswith("cannot judge: the daily rows could not be screened")


def test_rows_begin_where_they_began_the_night_before():
    """Else a cool-down of a week would end on another day each night."""
    firsts = [first_of(date(2026, 1, 1) + k * DAY) for k in range(90)]
    assert len(set(firsts)) in (3, 4)
    assert all(180 <= (date(2026, 1, 1) + k * DAY - one).days < 210 for k, one in enumerate(firsts))


def test_one_patients_decision_takes_some_milliseconds(engine, cast):
    three_years(engine, cast.steady)
    checkpoints = Checkpoints()
    reading, anew, night_by_night = [], [], []
    for back in range(56, 0, -1):
        at = NOON - back * DAY
        with transaction(engine) as session:
            reading.append(ms(daily_rows, session, [cast.steady], first_of(at.date()), at.date(), at))
            decided = partial(decision_on, session, cast.steady, at.date(), at, SHIPPED, SETTINGS)
            night_by_night.append(ms(decided, checkpoints))
            if back % 8 == 0:
                anew.append(ms(decided, Checkpoints()))
    for name, times in (("reading", reading), ("anew", anew), ("the next night", night_by_night)):
        print(f"{name}: median {median(times):.1f} ms, least {min(times):.1f} ms")
    assert checkpoints.walked < 4 * len(night_by_night) + 3 * 209, "a night walks its new days"
    assert min(reading) < 100, "a generous limit: machines of tests are busy"


def ms(call, *args):
    begun = time.perf_counter()
    call(*args)
    return 1000 * (time.perf_counter() - begun)


def night_after_night(engine, cast, checkpoints, nights, between=lambda night: None):
    """The decisions of each night, made by going on and by walking anew, must be the same; days walked."""
    walked = []
    for night in range(nights):
        at = EVENING + night * DAY + 4 * HOUR
        between(night)
        before = checkpoints.walked
        with transaction(engine) as session:
            today = at.date() + DAY
            known = partial(decision_on, session, cast.steady, today, at, SHIPPED)
            own = SETTINGS if night < 6 else replace(SETTINGS, name="ward", page_score=0.3)
            assert known(own, checkpoints) == known(own, Checkpoints())
        walked.append(checkpoints.walked - before)
    return walked


def test_a_night_walks_its_new_days_and_decides_what_the_whole_history_does(engine, cast):
    usual(engine, cast.steady, days=60, until=EVENING)

    def answers(night):
        said(engine, cast.steady, EVENING + night * DAY, worst=3 + night % 4, average=2)

    walked = night_after_night(engine, cast, Checkpoints(), 9, answers)
    assert [days < 10 for days in walked] == [False, *[True] * 5, False, True, True], "anew by new settings"


def test_what_comes_late_or_is_corrected_is_never_judged_by_what_was_kept(engine, cast):
    usual(engine, cast.steady, days=60, until=EVENING)
    corrected = uuid.uuid4()

    def arrives(night):
        at = EVENING + night * DAY
        if night == 1:  # an answer of a month ago
            said(engine, cast.steady, at - 30 * DAY, received=at, worst=9, average=8)
        if night == 2:  # a day that had none
            said(engine, cast.steady, at - 4 * DAY, received=at, entry=corrected, worst=9, average=7)
        if night == 3:  # the same entry corrected
            said(engine, cast.steady, at - 5 * DAY, received=at, entry=corrected, worst=4, average=3)
        if night == 4:
            with transaction(engine) as session:
                session.execute(
                    sa.text(
                        """INSERT INTO treatment (patient_id, at, kind, detail, entered_by, entered_at)
                           VALUES (:p, :t, 'chemotherapy', '{}', 'nurse Anna', :at)"""
                    ),
                    {"p": cast.steady, "t": at - 10 * DAY, "at": at},
                )

    walked = night_after_night(engine, cast, Checkpoints(), 6, arrives)
    assert [days < 10 for days in walked] == [False, False, False, False, False, True]


def test_two_patients_do_not_stand_in_for_each_other_and_the_oldest_is_forgotten(engine, cast):
    usual(engine, cast.steady, days=40)
    usual(engine, cast.rising, days=40, worst=5)
    checkpoints = Checkpoints(at_most=1)
    with transaction(engine) as session:
        for patient in (cast.steady, cast.rising, cast.steady):
            known = partial(decision_on, session, patient, EVENING.date(), EVENING, SHIPPED, SETTINGS)
            before = checkpoints.walked
            assert known(checkpoints) == known(Checkpoints())
            assert checkpoints.walked - before > 30, "from the first day on"
    assert len(checkpoints) == 1
