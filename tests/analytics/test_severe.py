"""Severe answers: at once, when they still count, and when they came too late."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from analytics.escalation.severe import Answers, Report, answers_at
from analytics.escalation.thresholds import SHIPPED, thresholds_of

HOUR = timedelta(hours=1)
NOW = datetime(2026, 5, 4, 21, tzinfo=UTC)


def report(
    worst: int | None, ago: timedelta, average: int | None = None, late: timedelta = timedelta()
) -> Report:
    at = NOW - ago
    return Report(at.date(), at, worst, average, at + late)


def answers(*reports: Report, **own: int) -> Answers:
    by = thresholds_of({"name": "ward", "version": 1, **own}) if own else SHIPPED
    return answers_at(reports, NOW, by, floor_average=7.0)


@pytest.mark.parametrize(
    ("worst", "average", "severe"),
    [(7, None, True), (6, None, False), (None, 7, True), (6, 6, False), (None, None, False), (10, 2, True)],
)
def test_seven_is_severe_be_it_the_worst_or_the_average(worst, average, severe):
    assert (answers(report(worst, HOUR, average)).severe is not None) is severe


def test_a_milder_answer_takes_a_severe_one_back_after_a_day_only():
    assert answers(report(8, 24 * HOUR), report(2, timedelta())).severe is not None
    assert answers(report(8, 24 * HOUR + timedelta(minutes=1)), report(2, timedelta())).severe is None


def test_what_was_received_a_day_later_is_late_and_not_severe_now():
    assert answers(report(8, 30 * HOUR, late=24 * HOUR)).severe is not None
    found = answers(report(8, 30 * HOUR, late=25 * HOUR))
    assert found.severe is None
    assert found.late is not None and found.late.worst == 8


def test_an_answer_of_more_than_three_days_ago_says_nothing_of_now():
    assert not answers(report(8, 72 * HOUR)).stale
    found = answers(report(8, 73 * HOUR))
    assert found.stale and found.severe is None


def test_an_entry_from_a_clock_far_ahead_is_left_out():
    assert answers(report(9, -25 * HOUR)).all == ()


def test_an_operator_may_call_other_answers_severe():
    assert answers(report(6, HOUR), severe=6).severe is not None
    assert answers(report(7, HOUR), severe=8).severe is None


def test_a_report_says_what_was_said():
    assert report(8, HOUR, 6).in_words() == "worst pain 8 of 10, average pain 6"
    assert report(None, HOUR, 6).in_words() == "average pain 6 of 10"
    assert report(8, HOUR).day == date(2026, 5, 4)
