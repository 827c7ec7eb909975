"""What becomes of a technical case, decided without a database."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from alerting.trouble import (
    BATTERY,
    CLOCK,
    GAP,
    KINDS,
    SILENCE,
    Change,
    Close,
    Open,
    Reason,
    as_json,
    decide,
    device_reasons,
    gap_reason,
    hushed_today,
    in_words,
    why_closed,
)
from store.alerts.technical import CANNOT_JUDGE, ClosedByHand, StandingCase
from store.alerts.worn_devices import WornDevice
from store.gaps import Missing
from tests.cast import NOON

ROME = ZoneInfo("Europe/Rome")
HOUR = timedelta(hours=1)
ALL = KINDS
PATIENT = 7
OWED = Reason(GAP, "watch-7", "Data are missing", "raw", 1)
QUIET = Reason(SILENCE, "watch-7", "Nothing was heard of watch-7")
EMPTY = Reason(BATTERY, "phone-7", "The battery of phone-7 ran low")


UNJUDGED = Reason(CANNOT_JUDGE, "", "Ask how the patient is")
AHEAD = Reason(CLOCK, "watch-7", "Sync the clock of watch-7", rule="refused")


def standing(*reasons: Reason) -> StandingCase:
    return StandingCase(1, PATIENT, in_words(reasons), as_json(reasons))


def now(*reasons: Reason) -> list[tuple[int, Reason]]:
    return [(PATIENT, reason) for reason in reasons]


def test_nothing_wrong_and_no_case_is_nothing_to_do():
    assert decide([], ALL, [], set()) == []


def test_everything_wrong_with_one_patient_is_one_case():
    assert decide(now(EMPTY, QUIET, OWED), ALL, [], set()) == [Open(PATIENT, (OWED, QUIET, EMPTY))]


def test_a_case_says_first_that_a_patient_cannot_be_judged_and_then_why_that_may_be():
    (step,) = decide(now(AHEAD, EMPTY, UNJUDGED, QUIET), ALL, [], set())
    assert step == Open(PATIENT, (UNJUDGED, QUIET, EMPTY, AHEAD))


def test_what_else_is_wrong_with_a_clock_is_another_reason_also_after_somebody_closed_the_first():
    unsteady = Reason(CLOCK, "watch-7", "Have watch-7 checked", rule="unsteady")
    assert decide(now(AHEAD, unsteady), ALL, [], {(PATIENT, AHEAD.key)}) == [Open(PATIENT, (unsteady,))]


def test_reasons_that_were_written_before_clocks_were_judged_are_read():
    was = {"kind": GAP, "device": "watch-7", "text": "Data are missing", "stream": "raw", "boot": 1}
    case = StandingCase(1, PATIENT, "Data are missing", [was])
    assert decide(now(OWED), ALL, [case], set()) == []


def test_an_ended_reason_of_each_kind_is_told_in_words():
    for kind in KINDS:
        assert why_closed(Close(1, (Reason(kind, "watch-7", "trouble"),)))


def test_what_a_case_stands_for_already_is_not_said_again():
    assert decide(now(OWED), ALL, [standing(OWED)], set()) == []


def test_a_further_reason_joins_and_an_ended_one_leaves():
    assert decide(now(QUIET), ALL, [standing(OWED)], set()) == [Change(1, (QUIET,), (QUIET,), (OWED,))]


def test_fewer_missing_messages_are_other_words_and_no_event():
    fewer = Reason(GAP, "watch-7", "Fewer data are missing", "raw", 1)
    assert decide(now(fewer), ALL, [standing(OWED)], set()) == [Change(1, (fewer,), (), ())]


def test_a_case_closes_when_its_last_reason_is_gone():
    assert decide([], ALL, [standing(OWED)], set()) == [Close(1, (OWED,))]


def test_what_was_not_looked_for_is_not_taken_as_gone():
    assert decide([], (GAP,), [standing(OWED, QUIET)], set()) == [Change(1, (QUIET,), (), (OWED,))]
    assert decide([], (GAP,), [standing(QUIET)], set()) == []


def test_the_same_gap_of_another_boot_is_another_reason():
    later = Reason(GAP, "watch-7", "Data are missing", "raw", 2)
    assert decide(now(OWED, later), ALL, [standing(OWED)], set()) == [Change(1, (OWED, later), (later,), ())]


def test_what_a_person_closed_today_opens_nothing_and_joins_nothing_but_other_trouble_does():
    hushed = {(PATIENT, OWED.key)}
    assert decide(now(OWED), ALL, [], hushed) == []
    assert decide(now(OWED, QUIET), ALL, [], hushed) == [Open(PATIENT, (QUIET,))]
    assert decide(now(OWED, QUIET), ALL, [standing(QUIET)], hushed) == []


@pytest.mark.parametrize(
    ("hours_before", "hushed"),
    [
        pytest.param(0, True, id="just now"),
        pytest.param(13, True, id="01:00 of the same day in Rome"),
        pytest.param(15, False, id="23:00 of the day before in Rome"),
    ],
)
def test_a_day_is_the_patients_own(hours_before, hushed):
    closed = ClosedByHand(PATIENT, NOON - hours_before * HOUR, as_json([OWED]))
    assert hushed_today([closed], NOON, {PATIENT: ROME}) == ({(PATIENT, OWED.key)} if hushed else set())


def test_the_sentence_says_which_messages_of_what_since_when():
    missing = Missing(PATIENT, "watch-7", "raw", 1, NOON + 5 * timedelta(minutes=1), ((120, 150),), 0)
    assert gap_reason(missing, ROME).text == (
        "Data are missing: messages 120 to 150 of the movement stream of watch-7, since Mon 4 May, 14:05"
    )


@pytest.mark.parametrize(
    ("ranges", "more", "words"),
    [
        pytest.param(((9, 9),), 0, "message 9 of the diary of p", id="one"),
        pytest.param(((3, 4), (9, 9)), 0, "messages 3 to 4, 9 of the diary of p", id="two"),
        pytest.param(((1, 1),), 40, "messages 1 and 40 more stretches of the diary of p", id="many"),
    ],
)
def test_stretches_are_told_shortly(ranges, more, words):
    missing = Missing(PATIENT, "p", "diary", 1, NOON, ranges, more)
    assert words in gap_reason(missing, ROME).text


@pytest.mark.parametrize(
    ("heard_ago", "battery", "had", "kinds"),
    [
        pytest.param(23.9, 80.0, False, [], id="heard lately, charged"),
        pytest.param(24.0, None, False, [SILENCE], id="silent, battery never said"),
        pytest.param(1.0, 10.0, False, [], id="at the limit"),
        pytest.param(1.0, 9.9, False, [BATTERY], id="low"),
        pytest.param(1.0, 12.0, False, [], id="not low enough for a case"),
        pytest.param(1.0, 12.0, True, [BATTERY], id="not charged since it was low"),
        pytest.param(1.0, 20.0, True, [], id="charged"),
        pytest.param(30.0, 3.0, False, [SILENCE, BATTERY], id="both"),
    ],
)
def test_silence_and_battery(heard_ago, battery, had, kinds):
    device = WornDevice(PATIENT, "watch-7", NOON - heard_ago * HOUR, battery)
    known = {Reason(BATTERY, "watch-7", "").key} if had else set()
    assert [r.kind for r in device_reasons(device, NOON, 24 * HOUR, known, ROME)] == kinds
