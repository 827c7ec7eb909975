"""What a share of useful pages is of, and what is too little to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from groups.paged import FEW, figures, rate, share
from tests.cast import NOON
from tests.groups.cases import AT, MINUTE, case, cases


def test_acted_and_expected_level_are_useful_and_no_action_false_and_technical_are_not():
    found = figures(cases(acted=6, expected_level=3, no_action=5, false=2, technical=4), AT)
    assert (found.useful.n, found.useful.of, found.useful.share) == (9, 20, 0.45)
    assert (found.acted.n, found.acted.of, found.acted.share) == (6, 20, 0.3)


def test_a_case_without_an_outcome_is_neither_useful_nor_useless():
    closed = figures(cases(acted=5, false=5), AT)
    with_open = figures(cases(acted=5, false=5, none=90), AT)
    assert with_open.useful == closed.useful
    assert with_open.without_outcome == 90 and with_open.pages == 100


def test_the_outcome_other_says_nothing_of_use_and_is_counted():
    found = figures(cases(acted=5, false=5, other=40), AT)
    assert (found.useful.of, found.useful.share, found.outcomes["other"]) == (10, 0.5, 40)


def test_below_ten_cases_there_is_no_share_but_the_counts():
    found = figures(cases(acted=5, false=4), AT)
    assert (found.useful.share, found.useful.ci) == (None, None)
    assert (found.useful.n, found.useful.of) == (5, 9)
    assert found.useful.reason == "too few to say: 9 of at least 10"
    assert share(5, FEW).reason is None


def test_a_share_has_the_interval_of_wilson():
    # Newcombe, Stat. Med. 17:857, 1998, table I: 81 of 263 is 0.2553 to 0.3662.
    assert share(81, 263).ci == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_the_rate_is_for_each_patient_and_week_with_an_interval():
    found = rate(10, 200.0)
    assert found.rate == 0.05
    # Poisson exactly: 10 has 4.795 to 18.39
    assert found.ci == pytest.approx((4.795 / 200, 18.39 / 200), rel=3e-3)
    assert rate(0, 100.0).ci == pytest.approx((0, 0.0369), abs=3e-4)


def test_of_few_weeks_there_is_no_rate():
    found = rate(1, 3.0)
    assert found.rate is None and found.reason == "too few to say: 3.0 of at least 10 patient-weeks"


def test_median_and_ninetieth_percentile_are_minutes_from_the_page():
    found = figures([case(answered_after=minutes, closed_after=10 * minutes) for minutes in range(1, 11)], AT)
    assert (found.acknowledged.median_min, found.acknowledged.p90_min) == (5, 9)
    assert (found.resolved.median_min, found.resolved.p90_min) == (50, 90)


def test_who_still_waits_makes_times_longer_and_is_not_left_out():
    answered = [case(answered_after=minutes) for minutes in range(1, 8)]
    waiting = [case(None, None) for _ in range(3)]
    found = figures([*answered, *waiting], AT).acknowledged
    assert (found.n, found.waiting, found.median_min, found.p90_min) == (7, 3, 5, None)
    assert found.reason == "more than one in ten still wait, or wait too short to say"


def test_where_most_wait_there_is_no_median():
    found = figures([*[case() for _ in range(4)], *[case(None, None) for _ in range(6)]], AT).acknowledged
    assert found.median_min is None and found.reason is not None and "half still wait" in found.reason


@pytest.mark.parametrize(
    "severity, limit", [("high", 60), ("medium", 24 * 60), ("low", 72 * 60)]
)  # fmt: skip
def test_in_time_is_by_the_severity_of_the_page(severity, limit):
    ten = [case(answered_after=limit, severity=severity) for _ in range(9)]
    late = case(answered_after=limit + 0.1, severity=severity)
    found = figures([*ten, late], AT).in_time
    assert (found.n, found.of) == (9, 10)


def test_who_may_still_be_in_time_is_not_counted_and_who_may_not_is():
    at = NOON + timedelta(minutes=90)
    answered = [case(severity="high") for _ in range(9)]
    over = case(None, None, severity="high")
    within = case(None, None, severity="medium")
    found = figures([*answered, over, within], at).in_time
    assert (found.n, found.of) == (9, 10)


def test_who_answers_at_once_is_not_counted_before_whoever_could_be_late():
    old = [case(answered_after=minutes, severity="high") for minutes in (*[10] * 5, *[70] * 5)]
    just_now = AT - timedelta(minutes=6)
    quick = [case(answered_after=5, severity="high", paged_at=just_now) for _ in range(10)]
    waiting = [case(None, None, severity="high", paged_at=just_now) for _ in range(10)]
    found = figures([*old, *quick, *waiting], AT).in_time
    assert (found.n, found.of) == (5, 10)


def test_the_ward_may_have_other_times():
    ten = [case(answered_after=45, severity="high", answer_by=NOON + 30 * MINUTE) for _ in range(10)]
    assert figures(ten, AT).in_time.n == 0


def test_a_case_that_closed_itself_was_answered_by_nobody_and_waits_no_longer():
    answered = [case(answered_after=minutes, severity="high") for minutes in range(1, 10)]
    early = case("technical", None, severity="high", resolved_at=NOON + 5.5 * MINUTE)
    late = case("technical", None, severity="high", resolved_at=NOON + 90 * MINUTE)
    found = figures([*answered, early, late], AT)
    waited = found.acknowledged
    assert (waited.n, waited.waiting, waited.ended) == (9, 0, 2)
    # After 5 of 11 have answered 6/11 wait; the early one is gone, so the next is one of five: 24/55.
    assert waited.median_min == 6
    assert (found.in_time.n, found.in_time.of) == (9, 10), "whoever had ninety minutes was late"
    assert (found.resolved.n, found.resolved.ended) == (11, 0)


def test_pages_on_days_that_nobody_watched_are_in_no_rate():
    found = figures([*cases(acted=10), case(watched=False)], AT, 100.0).rate
    assert (found.pages, found.unwatched, found.rate) == (10, 1, 0.1)


def test_a_patient_with_several_cases_is_one_patient_and_told_again_is_no_further_page():
    same = [replace(case(paged_at=NOON + k * 60 * MINUTE), case_id=k, told_again=2) for k in range(5)]
    found = figures(same, AT)
    assert (found.pages, found.patients, found.told_again) == (5, 1, 10)


def test_nobody_was_paged_is_no_share_of_nothing():
    found = figures([], AT, 500.0)
    assert (found.pages, found.useful.share, found.rate.rate) == (0, None, 0.0)
