"""Patients whose days cannot be judged: when that is a technical case, and when it ends. Pure, and on a real database."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import postgresql as pg

from alerting.cases import take_decisions
from alerting.not_judged import unjudged_reason
from alerting.trouble import KINDS, WARM_UP, Reason
from analytics.jobs.screen import ask_for_judgement, screen
from ladder.words import Outcome
from store import people
from store.alerts import case_acts
from store.alerts.cases import Case
from store.alerts.outbox import Delivery
from store.alerts.technical import CANNOT_JUDGE
from store.alerts.unjudged import Unjudged
from store.asked import ask_daily, stop_asking
from store.database import transaction
from store.decisions import Decision, add_decision
from store.diary_links import DiaryLink
from store.people import Device, Patient, Wearing
from tests.alerting.devices import HOUR, judge, long_enrolled, rows, sent, story
from tests.cast import NOON, Cast

DAY = timedelta(days=1)
NO_ANSWER = "cannot judge: no answer for 5 days, and movement alone does not tell pain"
KEY = Reason(CANNOT_JUDGE, "", "").key
LONG = Unjudged(7, NO_ANSWER, now=True, lasts=True, watched_since=NOON - 60 * DAY, silent=False)


def without(**change: object) -> Unjudged:
    return Unjudged(**{name: getattr(LONG, name) for name in LONG.__slots__} | change)


def test_the_reason_of_the_detector_is_told_with_what_to_do():
    assert unjudged_reason(LONG, NOON, ()).text == (
        "Ask how the patient is: the last days cannot be judged, no answer for 5 days, and movement alone "
        "does not tell pain"
    )


def test_what_the_silence_of_all_devices_explains_is_not_told_in_other_words():
    assert unjudged_reason(without(silent=True), NOON, ()).text == (
        "Ask how the patient is: while no device sends anything, no day can be judged"
    )


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"lasts": False}, id="one day: its data may be late"),
        pytest.param({"now": False}, id="asked again, or to be reviewed"),
        pytest.param({"watched_since": NOON - WARM_UP + timedelta(seconds=1)}, id="the first two weeks"),
    ],
)
def test_what_opens_nothing(change):
    assert unjudged_reason(without(**change), NOON, ()) is None
    assert unjudged_reason(without(**change), NOON, {KEY}) is not None, "but a case stays by it"


@given(st.booleans(), st.booleans(), st.booleans(), st.integers(0, 60))
def test_a_case_that_was_just_opened_is_not_closed_by_the_same_look(now, lasts, silent, days):
    one = without(now=now, lasts=lasts, silent=silent, watched_since=NOON - days * DAY)
    found = unjudged_reason(one, NOON, ())
    assert found is None or unjudged_reason(one, NOON, {found.key}) == found


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    cast = long_enrolled(engine)
    with transaction(engine) as session:
        session.execute(sa.update(Patient).values(enrolled_at=NOON - 60 * DAY))
    sent(engine, cast.phone_2, [0], NOON, stream="diary")
    sent(engine, cast.watch_2, [0], NOON)
    return cast


def decided(engine, patient, at, verdict="no evidence", reason=NO_ANSWER, tier="technical", about=None):
    with transaction(engine) as session:
        one = Decision(
            patient_id=patient, day=at.date(), verdict=verdict, severity=None, tier=tier, score=None,
            reason=reason, evidence={"about": about} if about else {}, rule="test 1", reported_at=None,
            decided_at=at,
        )  # fmt: skip
        add_decision(session, one)


def looked(engine, at=NOON, kinds=(CANNOT_JUDGE,)):
    """What the newest case is, after a look."""
    judge(engine, at, kinds)
    return next(iter(rows(engine, Case)[-1:]), None)


def unjudged(engine, cast, at=NOON, days=2):
    """The last so many days ended without a judgement, the last one an hour ago."""
    for day in reversed(range(days)):
        ended = at - day * DAY - HOUR
        decided(engine, cast.rising, ended, reason=NO_ANSWER.replace("5", str(8 - day)))


def test_a_second_day_without_a_judgement_is_a_case_that_nobody_is_called_for(engine, cast):
    decided(engine, cast.rising, NOON - 3 * DAY, "quiet", "worst pain 3", None)
    unjudged(engine, cast, days=1)
    assert looked(engine) is None, "its data may be late"
    decided(engine, cast.rising, NOON + 23 * HOUR, reason=NO_ANSWER.replace("5", "9"))
    case = looked(engine, NOON + 23 * HOUR)
    assert (case.patient_id, case.kind, case.severity, case.state) == (
        cast.rising, "technical", "low", "opened",
    )  # fmt: skip
    assert "the last days cannot be judged, no answer for 9 days" in case.reason
    assert rows(engine, Delivery) == []
    take_decisions(engine, ["log"], NOON + DAY)
    assert [one.kind for one in rows(engine, Case)] == ["technical"] and rows(engine, Delivery) == []


def test_the_words_follow_the_days_and_the_story_tells_them_once(engine, cast):
    unjudged(engine, cast)
    looked(engine)
    decided(engine, cast.rising, NOON + 23 * HOUR, reason=NO_ANSWER.replace("5", "9"))
    sent(engine, cast.watch_2, [1], NOON + 20 * HOUR)
    case = looked(engine, NOON + DAY)
    assert "no answer for 9 days" in case.reason
    assert story(engine, case.id) == [("opened", "actalgia")]


@pytest.mark.parametrize("verdict", ["quiet", "fire", "review"])
def test_it_closes_by_itself_when_a_day_can_be_judged_again(engine, cast, verdict):
    unjudged(engine, cast)
    assert looked(engine).state == "opened"
    decided(engine, cast.rising, NOON + HOUR, verdict, "worst pain 5", None)
    case = looked(engine, NOON + HOUR)
    assert (case.state, case.outcome, case.resolved_by) == ("resolved", "technical", "actalgia")


@pytest.mark.parametrize(
    ("verdict", "tier", "about"),
    [("no evidence", "check_in", None), ("review", "review", "silence"), ("fire", "page", "silence")],
)
def test_a_day_on_which_a_silence_is_asked_about_or_reviewed_is_not_judged(
    engine, cast, verdict, tier, about
):
    unjudged(engine, cast)
    case = looked(engine)
    decided(engine, cast.rising, NOON + HOUR, verdict, "no answer for 9 days", tier, about)
    assert looked(engine, NOON + HOUR).state == "opened"
    assert story(engine, case.id) == [("opened", "actalgia")]


def test_a_patient_who_is_only_asked_again_is_no_case(engine, cast):
    for day in (2, 1, 0):
        decided(
            engine, cast.rising, NOON - day * DAY, reason=f"no answer for {5 - day} days", tier="check_in"
        )
    assert looked(engine) is None


def test_too_little_history_in_the_first_weeks_is_no_trouble(engine, cast):
    with transaction(engine) as session:
        since = pg.Range(NOON - WARM_UP + HOUR, None, bounds="[)")
        session.execute(sa.update(Wearing).where(Wearing.patient_id == cast.rising).values(during=since))
    unjudged(engine, cast)
    assert looked(engine) is None
    decided(engine, cast.rising, NOON + HOUR / 2)
    assert looked(engine, NOON + HOUR).state == "opened", "after them it is"


def test_a_patient_who_was_enrolled_lately_is_in_the_first_weeks_whatever_was_back_dated(engine, cast):
    with transaction(engine) as session:
        session.execute(sa.update(Patient).values(enrolled_at=NOON - DAY))
    unjudged(engine, cast)
    assert looked(engine) is None


def test_other_devices_in_place_of_the_old_ones_are_no_new_beginning(engine, cast):
    with transaction(engine) as session:
        for device, name in ((cast.watch_2, "watch-3"), (cast.phone_2, "phone-3")):
            people.end_wearing(session, session.get(Device, device), NOON - 4 * DAY)
            new = people.enrol_device(session, name, "hash")
            people.wear(session, new, session.get(Patient, cast.rising), NOON - 2 * DAY)
    with transaction(engine) as session:
        ask_daily(session, cast.rising, (NOON - 9 * DAY).date(), "nurse Anna", NOON)
    unjudged(engine, cast)
    assert looked(engine).state == "opened"


def test_whoever_comes_back_after_a_month_is_in_the_first_weeks_again(engine, cast):
    with transaction(engine) as session:
        for device in (cast.watch_2, cast.phone_2):
            person = session.get(Patient, cast.rising)
            people.end_wearing(session, session.get(Device, device), NOON - 40 * DAY)
            people.wear(session, session.get(Device, device), person, NOON - 5 * DAY)
    unjudged(engine, cast)
    assert looked(engine) is None


def test_a_patient_who_wears_nothing_any_more_has_no_case_and_it_ends(engine, cast):
    unjudged(engine, cast)
    case = looked(engine)
    with transaction(engine) as session:
        for device in (cast.watch_2, cast.phone_2):
            people.end_wearing(session, session.get(Device, device), NOON)
    assert looked(engine, NOON + HOUR).state == "resolved"
    assert looked(engine, NOON + 3 * DAY).id == case.id


def test_a_patient_who_is_not_asked_for_a_diary_owes_no_answer(engine, cast):
    for day in (1, 0):
        decided(engine, cast.steady, NOON - day * DAY - HOUR, reason=f"cannot judge: {day}")
    assert looked(engine) is None, "a watch alone asks nothing"
    with transaction(engine) as session:
        ask_daily(session, cast.steady, NOON.date() - DAY, "nurse Anna", NOON)
    assert looked(engine).patient_id == cast.steady
    with transaction(engine) as session:
        stop_asking(session, cast.steady, NOON.date(), "nurse Anna", NOON)
    assert looked(engine, NOON + DAY).state == "resolved"


def test_a_silence_that_explains_it_is_one_case_and_is_not_told_in_other_words(engine, cast):
    for device, stream in ((cast.watch_2, "raw"), (cast.phone_2, "diary")):
        sent(engine, device, [1], NOON - DAY, stream=stream)
    unjudged(engine, cast)
    of_rising = [case for case in rows(engine, Case) if case.patient_id == cast.rising]
    assert of_rising == []
    judge(engine, NOON, KINDS)
    (case,) = (case for case in rows(engine, Case) if case.patient_id == cast.rising)
    assert case.reason == (
        "Ask how the patient is: while no device sends anything, no day can be judged. Nothing was heard of "
        "phone-2 since Sun 3 May, 14:00. Nothing was heard of watch-2 since Sun 3 May, 14:00"
    )


def test_a_patient_who_has_a_diary_page_could_answer_although_the_devices_are_silent(engine, cast):
    for device, stream in ((cast.watch_2, "raw"), (cast.phone_2, "diary")):
        sent(engine, device, [1], NOON - DAY, stream=stream)
    with transaction(engine) as session:
        link = DiaryLink(
            patient_id=cast.rising, digest=b"1" * 32, language="en", created_at=NOON - DAY, created_by="Anna",
            expires_at=NOON + DAY,
        )  # fmt: skip
        session.add(link)
    unjudged(engine, cast)
    assert "the last days cannot be judged, no answer for" in looked(engine).reason


def test_what_a_person_closed_is_hushed_until_the_patients_next_day(engine, cast):
    unjudged(engine, cast)
    with transaction(engine) as session:
        case_acts.resolve(session, looked(engine).id, "nurse Anna", Outcome.NO_ACTION, NOON)
    assert looked(engine, NOON + 9 * HOUR).state == "resolved"
    decided(engine, cast.rising, NOON + 9.5 * HOUR, reason=NO_ANSWER.replace("5", "9"))
    assert looked(engine, NOON + 10 * HOUR).state == "opened", "midnight in Rome"


def test_who_acknowledges_it_has_peace_until_it_ends(engine, cast):
    unjudged(engine, cast)
    with transaction(engine) as session:
        case_acts.acknowledge(session, looked(engine).id, "nurse Anna", NOON)
    decided(engine, cast.rising, NOON + 23 * HOUR, reason=NO_ANSWER.replace("5", "9"))
    assert looked(engine, NOON + 2 * DAY).state == "acknowledged"
    assert len(rows(engine, Case)) == 1


def test_the_watchdogs_patient_has_no_case(engine, cast):
    unjudged(engine, cast)
    with transaction(engine) as session:
        name = {"code": "actalgia-watchdog", "site": "actalgia-watchdog", "synthetic": True}
        session.execute(sa.text("ALTER TABLE patient DISABLE TRIGGER USER"))
        session.execute(sa.update(Patient).where(Patient.id == cast.rising).values(**name))
        session.execute(sa.text("ALTER TABLE patient ENABLE TRIGGER USER"))
    assert looked(engine) is None


def test_the_detectors_own_words_are_understood(engine, cast):
    """No answer was ever given: night after night the detector says that it cannot judge."""
    for day in (1, 0):
        at = NOON - day * DAY
        assert ask_for_judgement(engine, at) > 0
        while screen(engine, at):
            pass
    assert "the last days cannot be judged, " in looked(engine).reason
    assert "cannot judge" not in looked(engine).reason
