"""When a response began, how long it held, and what the days about a treatment tell."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from analytics.response.course import course
from analytics.response.endpoints import Endpoint
from analytics.response.treated import Measure, responded
from analytics.response.windows import Event, baseline, daily, earlier, follow_up, known_until, others

C, P, W, I, N = (  # noqa: E741
    Endpoint.COMPLETE, Endpoint.PARTIAL, Endpoint.PROGRESSION, Endpoint.INDETERMINATE, Endpoint.NOT_EVALUABLE,
)  # fmt: skip
DAY0 = date(2026, 5, 4)
EVENT = Event(1, DAY0, "radiotherapy", "8 Gy")


def days(first, *stretches):
    """(day, endpoint) from `first` on: days(7, (3, I), (10, P))."""
    found = [endpoint for n, endpoint in stretches for _ in range(n)]
    return list(enumerate(found, first))


def series(values, first=-7, event=DAY0):
    """Values day by day from `first` days before or after the event; None is no answer."""
    return daily([event + timedelta(days=first + k) for k in range(len(values))], values, event)


@pytest.mark.parametrize(
    ("found", "began", "duration", "censored", "best"),
    [
        pytest.param(days(7, (3, I), (20, P)), 10, 19, True, P, id="from day 10 to the last known day 29"),
        pytest.param(days(7, (3, I), (10, P), (5, I)), 10, 10, False, P, id="day 10 to 19, lost on day 20"),
        pytest.param(days(7, (10, P), (5, W)), 7, 10, False, P, id="ended by progression on day 17"),
        pytest.param(days(7, (8, P)), 7, 7, True, P, id="day 7 and day 14 share no day: confirmed"),
        pytest.param(days(7, (7, P)), None, None, None, N, id="day 7 to 13: not confirmed yet"),
        pytest.param(days(7, (3, P), (5, I), (9, P)), 15, 8, True, P, id="three days by chance do not count"),
        pytest.param(days(7, (4, P), (12, C)), 7, 15, True, C, id="complete is a response, too, and the best"),
        pytest.param(days(7, (8, C), (12, P)), 7, 19, True, C, id="partial after complete is still a response"),
        pytest.param(days(7, (4, C), (12, P)), 7, 15, True, P, id="complete for three days only is not held"),
        pytest.param(days(7, (4, P), (9, N), (1, P)), 7, 13, True, P, id="days without data end nothing"),
        pytest.param(days(7, (2, P), (9, N)), None, None, None, N, id="days without data confirm nothing"),
        pytest.param(days(7, (20, I)), None, None, None, I, id="no response"),
        pytest.param(days(7, (20, W)), None, None, None, W, id="progression all the time"),
        pytest.param(days(7, (9, N)), None, None, None, N, id="nothing known"),
    ],
)  # fmt: skip
def test_the_course_of_a_response(found, began, duration, censored, best):
    went = course(found)
    assert (went.began, went.duration, went.censored, went.best) == (began, duration, censored, best)
    assert (went.reason is None) == (began is not None)


def test_a_level_is_the_median_of_the_answered_days_and_needs_three():
    pain = series([7, None, 8, None, None, None, 6])  # days -7, -5, -1: 6, 7, 8
    assert (baseline(pain).level, baseline(pain).n) == (7.0, 3)
    few = baseline(series([7, None, 8, None, None, None, None]))
    assert (few.level, few.reason) == (None, "too little data: 2 of 7 days before it, 3 are needed")


def test_the_day_of_the_treatment_is_on_neither_side():
    pain = series([5, 5, 5, 5, 5, 5, 5, 10, 1, 1, 1, 1, 1, 1, 1])  # day 0 is 10
    assert (baseline(pain).level, baseline(pain).n) == (5.0, 7)
    assert (follow_up(pain, 7).level, follow_up(pain, 7).n) == (1.0, 7)


def test_one_flare_does_not_undo_a_week_without_pain():
    assert follow_up(series([0, 0, 9, 0, 0, 0, 0], first=1), 7).level == 0.0


def test_the_last_known_day_is_the_last_whose_week_has_three_answers():
    pain = series([4, 4, 4], first=8)  # days 8, 9, 10: in the weeks up to days 10 to 14
    assert known_until(pain, 60) == 14
    assert known_until(pain, 9) is None
    assert known_until(series([4] * 100, first=1), 100) == 84


def test_a_day_twice_is_refused():
    with pytest.raises(ValueError, match="same day twice"):
        daily([DAY0, DAY0], [1, 2], DAY0)


def test_other_treatments_in_the_windows_are_told_and_older_ones_whose_follow_up_runs():
    events = [EVENT, *(Event(k, DAY0 + timedelta(days=k), "chemo") for k in (-100, -84, -8, -7, 84, 85))]
    same_day = Event("x", DAY0, "opioid_up")
    assert [day for _, day in others(EVENT, [*events, same_day])] == [-7, 0, 84]
    assert [day for _, day in earlier(EVENT, events)] == [-84, -8]


def steady(before, after, until, first=-28):
    """One level before day 0 and another after it, to day `until`."""
    return series([before if d < 0 else after for d in range(first, until + 1)], first)


def told(worst, ome=None, today=40, events=(), measures=()):
    nothing = daily([], [], DAY0)
    return responded(EVENT, events, today, worst, ome or nothing, measures)


def test_pain_from_7_to_4_on_a_stable_dose_is_a_partial_response_from_the_first_assessment_on():
    found = told(steady(7, 4, 40), steady(60, 60, 40))
    assert (found["endpoint"], found["best"]) == ("partial", "partial")
    assert (found["time_to_response_days"], found["responded_on"]) == (7, "2026-05-11")
    assert (found["duration_days"], found["censored"], found["followed_days"]) == (33, True, 40)
    first, second, third = found["assessments"]
    assert (first["day"], first["endpoint"], first["pain"], first["pain_change"]) == (
        28,
        "partial",
        4.0,
        -3.0,
    )
    assert (second["reached"], second["reason"]) == (False, "not reached yet: day 56 is 2026-06-29")
    assert third["endpoint"] == "not_evaluable"


def test_the_week_must_mostly_be_lower_before_a_response_begins():
    # Pain 7 up to day 10, 4 from day 11 on. In the week up to day 14 four of seven days are 4: the median.
    worst = series([7 if d <= 10 else 4 for d in range(-7, 41)])
    assert told(worst, steady(60, 60, 40))["time_to_response_days"] == 14


def test_another_treatment_before_the_assessment_is_flagged_and_one_after_it_is_not():
    events = [EVENT, Event(2, DAY0 + timedelta(days=30), "opioid_up")]
    found = told(steady(7, 4, 60), steady(60, 60, 60), 60, events)
    assert [one["intercurrent"] for one in found["assessments"][:2]] == [False, True]
    assert found["others"] == [{"id": 2, "kind": "opioid_up", "technique": None, "day": 30}]


def test_an_unknown_dose_leaves_the_endpoint_open_and_keeps_what_pain_tells():
    found = told(steady(7, 4, 40))
    assert found["endpoint"] == "not_evaluable" and "daily opioid dose before and after" in found["reason"]
    assert found["last"]["pain_alone"] == "at least 2 points lower"
    assert found["last"]["pain_change"] == -3.0
    assert found["time_to_response_days"] is None and found["time_to_response_days_reason"]


@pytest.mark.parametrize(
    ("worst", "today", "says"),
    [
        pytest.param(series([7, 7] + [None] * 5 + [4] * 40), 30, "too little data: 2 of 7 days", id="baseline"),
        pytest.param(steady(7, 7, 0), 30, "too little data: no 7 days after", id="nobody answers after it"),
        pytest.param(steady(7, 4, 3), 3, "too early: the first assessment is of day 7", id="three days ago"),
    ],
)  # fmt: skip
def test_too_little_data_is_its_own_endpoint_with_its_reason(worst, today, says):
    found = told(worst, steady(60, 60, 40), today)
    assert found["endpoint"] == "not_evaluable" and says in found["reason"]


def test_days_that_are_not_over_are_not_looked_at():
    assert told(steady(7, 4, 84), steady(60, 60, 84), today=20)["followed_days"] == 20


def test_low_pain_before_is_said():
    assert told(steady(1, 1, 40), steady(60, 60, 40))["baseline_low"] is True
    assert told(steady(2, 1, 40), steady(60, 60, 40))["baseline_low"] is False


def test_each_measure_has_both_levels_or_its_reason():
    steps = Measure("steps", "steps", series([3000 + 10 * (d % 7) for d in range(-28, 41)], -28))
    mixed = Measure(
        "mean_activity", "counts, mg", steps.series, "the values are in different units (counts, mg)"
    )
    few = Measure("TST_min", "min", series([400] * 5, 1))
    first, second, third = told(steady(7, 4, 40), measures=[steps, mixed, few])["measures"]
    assert (first["baseline"], first["follow_up"], first["difference"]) == (3030.0, 3030.0, 0.0)
    assert (first["n_before"], first["n_after"], first["missing_share"]) == (28, 40, 0.0)
    low, high = first["level_change_ci"]
    assert low <= 0 <= high
    for name in ("baseline", "difference", "level_change", "level_change_ci"):
        assert second[name] is None and "different units" in second[f"{name}_reason"]
    assert (
        third["baseline"] is None
        and third["baseline_reason"] == "too little data: 0 of 7 days before it, 3 are needed"
    )
    assert third["level_change"] is None and "0 days before and 5 after" in third["level_change_reason"]
