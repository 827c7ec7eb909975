"""When a message is tried again, and how many sends an address may hold."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerting.lanes import (
    AT_ONCE,
    FOR_URGENT,
    GROUPED_OVER,
    MOST_GIVEN_UP,
    SHUT_FOR,
    SHUTS_AFTER,
    WINDOW,
    Lane,
    Pace,
)
from alerting.retries import after_failure, pause_after
from alerting.time_limit import TIMEOUT_S
from tests.cast import NOON

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("urgent, failures", [(True, 1), (False, 3)])
def test_the_next_channel_is_tried_after_the_first_failure_of_an_urgent_page_else_after_three(
    urgent, failures
):
    moves = [after_failure(n, urgent, NOON, NOON).moves_on for n in range(1, 5)]
    assert moves.index(True) + 1 == failures


def test_a_person_is_not_reached_after_three_failures_of_the_last_channel_within_a_minute():
    assert [after_failure(n, True, NOON, NOON).gone for n in (1, 2, 3)] == [False, False, True]
    pauses = sum(pause_after(n, True, lambda: 1.0).total_seconds() for n in (1, 2))
    assert pauses + 3 * 10 < 60


def test_an_address_that_is_not_worth_asking_moves_on_at_once_and_is_asked_when_it_is_open_again():
    plan = after_failure(1, False, NOON, NOON, NOON + SHUT_FOR)
    assert plan.moves_on
    assert NOON + SHUT_FOR <= plan.again_at <= NOON + SHUT_FOR + SECOND


def test_pauses_double_and_stay_below_a_minute_for_an_urgent_page_and_a_quarter_of_an_hour_for_others():
    middle = [pause_after(n, True, lambda: 0.5).total_seconds() for n in (1, 2, 3, 6, 50)]
    assert middle == [2, 4, 8, 60, 60]
    assert pause_after(50, False, lambda: 0.5) == timedelta(minutes=15)
    assert pause_after(3, True, lambda: 0.0) == 6 * SECOND


def test_an_urgent_page_is_tried_for_a_day_and_any_other_for_three_hours():
    for urgent, hours in ((True, 24), (False, 3)):
        late = NOON + timedelta(hours=hours)
        assert after_failure(9, urgent, NOON, late - SECOND).again_at is not None
        assert after_failure(9, urgent, NOON, late).again_at is None
        assert after_failure(1, urgent, NOON, late).again_at is not None, "it had waited, not been tried"


def test_an_address_holds_a_few_sends_and_one_where_the_last_one_failed():
    lane = Lane()
    for left in reversed(range(AT_ONCE)):
        lane.began()
        assert lane.free(NOON) == left
    for _ in range(AT_ONCE):
        lane.ended(True, NOON)
    lane.began()
    lane.ended(False, NOON)
    assert lane.free(NOON) == 1


def test_an_address_that_fails_again_and_again_is_asked_once_every_half_minute():
    lane = Lane()
    for _ in range(SHUTS_AFTER):
        assert lane.shut_at(NOON) is None
        lane.began()
        lane.ended(False, NOON)
    assert (lane.free(NOON), lane.shut_at(NOON)) == (0, NOON + SHUT_FOR)
    assert lane.free(NOON + SHUT_FOR) == 1
    lane.began()
    assert lane.free(NOON + SHUT_FOR) == 0
    lane.ended(True, NOON + SHUT_FOR)
    assert lane.free(NOON + SHUT_FOR) == AT_ONCE


def test_a_clock_that_is_set_back_opens_an_address_that_was_shut_by_it():
    lane = Lane(failures=SHUTS_AFTER, shut_until=NOON + SHUT_FOR)
    assert lane.free(NOON) == 0
    assert lane.free(NOON - timedelta(hours=1)) == 1


def test_what_is_not_urgent_leaves_a_sender_to_what_is():
    lane = Lane()
    for _ in range(AT_ONCE - FOR_URGENT):
        lane.began()
    assert (lane.free(NOON, urgent=False), lane.free(NOON)) == (0, FOR_URGENT)


def test_a_send_has_ten_seconds():
    assert TIMEOUT_S == 10


def test_threads_that_nobody_waits_for_are_never_more_than_a_few():
    lane = Lane()
    at = NOON
    for _ in range(MOST_GIVEN_UP):
        assert lane.free(at) >= 1
        lane.began()
        lane.gave_up(at)
        at += SHUT_FOR
    assert lane.free(at) == 0
    assert lane.shut_at(at) is not None


def test_a_recipient_gets_a_few_messages_a_minute_and_a_digest_uses_the_minute_up():
    pace = Pace()
    pace.tells(2, NOON)
    assert pace.room(NOON + 30 * SECOND) == GROUPED_OVER - 2
    pace.tells(1000, NOON + 30 * SECOND)
    assert pace.room(NOON + WINDOW) == 0
    assert pace.room(NOON + 30 * SECOND + WINDOW) == GROUPED_OVER
