"""By when somebody is to have answered the first message of a case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ladder.answering import answer_by, first_wait
from ladder.happenings import Evidence, Tick
from ladder.life import after
from ladder.plan_timing import timings_of
from ladder.reading import plan_of
from ladder.state import Life
from ladder.timing import SHIPPED, Timing, Timings
from tests.ladder.wards import document

HOUR = timedelta(hours=1)
EVENING = datetime(2026, 5, 4, 19, 30, tzinfo=UTC)


@pytest.mark.parametrize("severity, hours", [("high", 1), ("medium", 24), ("low", 72), ("info", 72)])
def test_without_a_plan_it_is_an_hour_a_day_and_three_days(severity, hours):
    assert answer_by(SHIPPED, severity, EVENING) == EVENING + hours * HOUR


def test_it_is_the_wait_after_the_first_rung_wherever_that_lies():
    assert first_wait(Timing((HOUR, 3 * HOUR, 9 * HOUR), 0, HOUR, HOUR)) == 2 * HOUR


def test_a_ladder_of_one_rung_goes_on_when_it_is_repeated():
    assert first_wait(Timing((0 * HOUR,), 2, 5 * HOUR, HOUR)) == 5 * HOUR


@pytest.mark.parametrize("severity", ["high", "medium", "low"])
@pytest.mark.parametrize("quiet", [None, {"from": "20:00", "to": "07:00"}])
@pytest.mark.parametrize("hour", range(0, 24, 5))
def test_it_is_when_the_life_of_the_case_takes_its_next_turn(severity, quiet, hour):
    made = document() if quiet is None else document(quiet_hours=quiet)
    timings = timings_of(plan_of(made))
    at = datetime(2026, 3, 28, hour, 30, tzinfo=UTC)  # the night in which clocks go forward
    life, _ = after(Life(severity, at), Evidence(severity), timings, at)
    told_at = life.next_at
    life, effects = after(life, Tick(), timings, told_at)
    assert effects, "somebody is told"
    assert life.next_at == answer_by(timings, severity, told_at)


def test_ladders_that_begin_later_are_counted_from_the_first_telling():
    timings = Timings({"high": Timing((10 * HOUR, 11 * HOUR), 0, HOUR, HOUR)})
    assert answer_by(timings, "high", EVENING) == EVENING + HOUR
