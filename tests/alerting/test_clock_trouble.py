"""Which wrong clocks are trouble, decided without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.clock_trouble import REFUSED, UNPROVEN, UNSTEADY, clock_reasons
from alerting.trouble import CLOCK, SILENCE, Key, Reason
from store.alerts.worn_clocks import ClockChange, WornClock
from tests.cast import NOON

ROME = ZoneInfo("Europe/Rome")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RIGHT = WornClock(
    patient_id=7, device="watch-7", offset=timedelta(), refused=0, refused_from=None, dated=None,
    status_at=NOON - HOUR, proven=True, data_at=NOON - MINUTE,
)  # fmt: skip
LOST = replace(RIGHT, proven=False, status_at=NOON - 4 * DAY)


def key(rule: str) -> Key:
    return Reason(CLOCK, "watch-7", "", rule=rule).key


def rules(one: WornClock, *had: Key) -> list[str | None]:
    return [reason.rule for reason in clock_reasons(one, NOON, had, ROME)]


def said(one: WornClock) -> str:
    (reason,) = clock_reasons(one, NOON, (), ROME)
    return reason.text


def changes(*of: tuple[timedelta, timedelta]) -> WornClock:
    """A clock that changed so long ago by so much."""
    return replace(RIGHT, changes=tuple(ClockChange(NOON - ago, by) for ago, by in of))


def test_a_clock_that_is_wrong_and_corrected_is_no_trouble():
    assert rules(replace(RIGHT, offset=-3 * HOUR)) == []


@pytest.mark.parametrize(
    ("refused", "had", "found"),
    [
        pytest.param(2, False, [], id="two are slips"),
        pytest.param(3, False, [REFUSED], id="three are a clock"),
        pytest.param(1, True, [REFUSED], id="not over while one a day is refused"),
        pytest.param(0, True, [], id="a day without"),
    ],
)
def test_messages_that_are_refused_for_their_time(refused, had, found):
    one = replace(RIGHT, refused=refused, refused_from=NOON - HOUR, dated=HOUR)
    assert rules(one, *([key(REFUSED)] if had else [])) == found


def test_the_sentence_says_to_sync_and_how_far_it_is_off():
    one = replace(RIGHT, refused=41, refused_from=NOON - 2 * HOUR, dated=3 * DAY + 12 * MINUTE)
    assert said(one) == (
        "Sync the clock of watch-7: 41 messages were refused for their time since Mon 4 May, 12:00, the last "
        "one dated 3 d 12 min ahead; they are kept in quarantine, where an administrator can date them anew"
    )
    assert "dated 26 y 131 d back" in said(replace(one, dated=-9621 * DAY))
    assert "the last one of no possible time" in said(replace(one, dated=None))
    assert "100 or more messages were" in said(replace(one, refused=100))


def test_data_without_a_proof_of_their_time_are_trouble_and_no_data_are_not():
    assert rules(LOST) == [UNPROVEN]
    assert said(LOST) == (
        "Check the clock of watch-7, and that it sends its status: for 3 days nothing has shown whether its "
        "times are right; its last status came on Thu 30 Apr, 14:00"
    )
    assert rules(replace(LOST, data_at=NOON - DAY)) == []
    assert rules(replace(LOST, data_at=None)) == []


def test_a_device_that_sends_now_and_then_does_not_open_and_close_a_case_each_time():
    assert rules(replace(LOST, data_at=NOON - 2 * DAY), key(UNPROVEN)) == [UNPROVEN]
    assert rules(replace(LOST, data_at=NOON - 3 * DAY), key(UNPROVEN)) == []
    assert rules(replace(LOST, proven=True), key(UNPROVEN)) == []


def test_a_device_that_comes_back_from_a_silence_may_first_say_its_time():
    assert rules(LOST, Reason(SILENCE, "watch-7", "").key) == []
    assert rules(LOST, Reason(SILENCE, "phone-7", "").key) == [UNPROVEN]


@pytest.mark.parametrize(
    ("one", "found"),
    [
        pytest.param(changes((HOUR, 2 * HOUR), (DAY, -2 * HOUR)), [], id="twice: set, and set right"),
        pytest.param(changes((HOUR, 5 * MINUTE), (DAY, 5 * MINUTE), (6 * DAY, 5 * MINUTE)), [UNSTEADY], id="three"),
        pytest.param(changes(*[(n * DAY, timedelta(seconds=9)) for n in range(7)]), [], id="quartz that drifts"),
        pytest.param(changes((49 * HOUR, HOUR), (3 * DAY, HOUR), (4 * DAY, HOUR)), [], id="calm for two days"),
    ],
)  # fmt: skip
def test_a_clock_that_changes_again_and_again_is_trouble(one, found):
    assert rules(one) == found


def test_an_unsteady_clock_is_trouble_until_it_is_steady_for_two_days():
    assert rules(changes((47 * HOUR, HOUR)), key(UNSTEADY)) == [UNSTEADY]
    assert rules(changes((49 * HOUR, HOUR)), key(UNSTEADY)) == []
    drifts = changes((HOUR, timedelta(seconds=9)), (30 * HOUR, timedelta(seconds=9)), (3 * DAY, HOUR))
    assert rules(drifts, key(UNSTEADY)) == [], "what any quartz does is not waited for"


def test_the_sentence_of_an_unsteady_clock_says_how_much_in_all():
    one = changes((HOUR, 2 * HOUR), (DAY, -2 * HOUR), (2 * DAY, 12 * MINUTE))
    assert said(replace(one, offset=-(3 * HOUR + 12 * MINUTE))) == (
        "Have watch-7 checked or exchanged: its clock changed 3 times in 7 days, by 4 h 12 min in all, and is "
        "3 h 12 min ahead now; times are corrected, but near each change they may be wrong"
    )


SPANS = st.timedeltas(min_value=-3 * DAY, max_value=3 * DAY)
CHANGES = st.lists(st.tuples(st.timedeltas(min_value=timedelta(), max_value=7 * DAY), SPANS), max_size=8)
CLOCKS = st.builds(
    lambda refused, dated, proven, ago, of: replace(
        changes(*of), refused=refused, refused_from=NOON - HOUR if refused else None, dated=dated,
        proven=proven, data_at=None if ago is None else NOON - ago,
    ),
    st.integers(0, 100), st.none() | SPANS, st.booleans(), st.none() | st.timedeltas(timedelta(), 5 * DAY),
    CHANGES,
)  # fmt: skip


@given(CLOCKS)
def test_a_case_that_was_just_opened_is_not_closed_by_the_same_look(one):
    found = clock_reasons(one, NOON, (), ROME)
    again = clock_reasons(one, NOON, [reason.key for reason in found], ROME)
    assert again == found


@given(CLOCKS, st.sets(st.sampled_from([REFUSED, UNPROVEN, UNSTEADY])))
def test_what_a_case_stands_for_never_makes_other_trouble_and_only_keeps_its_own(one, had):
    fresh = set(rules(one))
    kept = set(rules(one, *(key(rule) for rule in had)))
    assert fresh <= kept <= fresh | had
