"""Responses of a group, worked by hand; and what is not told of small groups."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from scipy import stats

from groups.pooled import pooled, t_below, t_quantile
from groups.proportion import wilson
from groups.responses import Treated, counted, groups_of, large_enough, summary
from groups.waiting import median_time

DAY = date(2026, 5, 4)


def test_wilsons_interval_of_five_in_ten_and_of_none_in_ten():
    # z = 1.96: (0.5 + 0.192) / 1.384 -+ 1.96 / 1.384 sqrt(0.025 + 0.0096) = 0.5 -+ 0.263
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(0, 10) == pytest.approx((0, 0.2775), abs=1e-4)
    assert wilson(10, 10) == pytest.approx((0.7225, 1), abs=1e-4)
    assert wilson(0, 0) is None


@pytest.mark.parametrize(
    ("times", "median"),
    [
        # 4 wait; day 7: 3/4 left; one is lost to follow-up on day 10; day 20: of 2 one is left: 3/4 x 1/2 = 3/8
        pytest.param([(7, True), (10, False), (20, True), (84, False)], 20, id="with one censored"),
        pytest.param([(7, True), (9, True), (84, False), (84, False)], 9, id="exactly half is the median"),
        pytest.param([(7, True), (84, False), (84, False)], None, id="most have not come to it"),
        pytest.param([(7, True), (7, False)], 7, id="censored on the day of an event was waiting still"),
        pytest.param([], None, id="nobody"),
    ],
)
def test_the_median_time_counts_those_who_still_wait(times, median):
    assert median_time(times) == median


@pytest.mark.parametrize("dof", [1, 2, 3, 4, 9, 30, 111])
def test_students_t_is_that_of_scipy(dof):
    assert t_below(1.3, dof) == pytest.approx(stats.t.cdf(1.3, dof), abs=1e-12)
    assert t_quantile(0.975, dof) == pytest.approx(stats.t.ppf(0.975, dof), rel=1e-9)


def test_people_who_agree_are_pooled_by_their_errors():
    # weights 1 and 4 and 1: (-1 x 1 - 2 x 4 - 3 x 1) / 6 = -2; Q = 1 + 0 + 1 = 2 = n - 1, so tau is 0
    found = pooled([(-1, 1), (-2, 0.5), (-3, 1)])
    assert (found.n, found.estimate, found.tau) == (3, pytest.approx(-2), pytest.approx(0))
    half = 4.302652730 * (1 / 6) ** 0.5  # t with 2 degrees of freedom
    assert found.ci == pytest.approx((-2 - half, -2 + half))


def test_people_who_differ_widen_the_interval_and_weigh_alike():
    # errors 0.1: w 100 each, mean 0, Q = 100 (4 + 0 + 4) = 800, tau2 = (800 - 2) / (300 - 100) = 3.99
    found = pooled([(-2, 0.1), (0, 0.1), (2, 0.1)])
    assert (found.estimate, found.tau) == (pytest.approx(0), pytest.approx(3.99**0.5))
    half = 4.302652730 * (1.0 * (3.99 + 0.01) / 3) ** 0.5  # spread 8 / 4 / 2 = 1
    assert found.ci == pytest.approx((-half, half))


def test_two_people_are_not_pooled():
    assert pooled([(-2, 0.1), (0, 0.1)]) is None


def test_shares_are_of_the_evaluable_and_of_all():
    found = counted(["complete", "partial", "partial", "progression", "indeterminate", "not_evaluable"])
    assert (found["n"], found["evaluable"], found["responded"]) == (6, 5, 3)
    assert (found["rate"], found["rate_of_all"]) == (0.6, 0.5)
    assert found["rate_ci"] == pytest.approx(wilson(3, 5))


def treated(person, technique="8 Gy", day=DAY, endpoint="partial", began=10, change=-2.0, followed=80):
    return Treated(
        str(person),
        day,
        technique,
        {
            "endpoint": endpoint,
            "best": endpoint,
            "baseline_low": False,
            "assessments": [{"endpoint": endpoint, "reached": True}, {"reached": False, "endpoint": "not_evaluable"}, {"reached": False, "endpoint": "not_evaluable"}],
            "time_to_response_days": began,
            "duration_days": None if began is None else followed - began,
            "censored": None if began is None else True,
            "followed_days": followed,
            "rules": {"confirmed_after": 7},
            "measures": [{"name": "worst", "unit": "0-10", "level_change": change, "level_change_se": 0.5}],
        },
    )  # fmt: skip


def test_a_group_has_counts_times_and_the_pooled_change():
    people = [treated(k) for k in range(3)] + [treated(3, endpoint="indeterminate", began=None)]
    found = summary(groups_of(people, by_technique=True)[0])
    assert (found["technique"], found["n_patients"]) == ("8 Gy", 4)
    assert (found["last"]["partial"], found["last"]["rate"]) == (3, 0.75)
    assert (found["month_1"]["n"], found["month_2"]["n"], found["month_2"]["rate"]) == (4, 0, None)
    assert found["time_to_response"] == {"n": 4, "seen": 3, "median_days": 10}
    assert found["duration"]["median_days"] is None and found["duration"]["median_days_reason"]
    assert found["level_changes"][0]["estimate"] == pytest.approx(-2)
    assert "small numbers" in found["note"]


def test_who_is_lost_within_the_week_that_confirms_a_response_was_not_seen_to_have_none():
    # Two respond on days 10 and 30. The third was followed to day 14, so is known without a response to day 7:
    # day 10 has 2 waiting, 1/2 left. Counted to day 14 it would be 2/3 left, and the median day 30.
    lost = treated(3, endpoint="indeterminate", began=None, followed=14)
    (group,) = groups_of([treated(1), treated(2, began=30), lost], by_technique=True)
    assert summary(group)["time_to_response"] == {"n": 3, "seen": 2, "median_days": 10}


def test_a_person_counts_once_with_the_first_treatment():
    again = [treated(1, day=DAY + timedelta(days=30), endpoint="progression"), treated(1)]
    (group,) = groups_of(again, by_technique=True)
    assert [one.document["endpoint"] for one in group.treated] == ["partial"]


def names_and_sizes(groups):
    return [(group.technique, len(group.treated)) for group in groups]


def test_small_groups_are_put_together_with_as_many_larger_ones_as_hide_them():
    def of(name, people):
        return [treated(f"{name}{k}", name) for k in range(people)]

    groups = groups_of([*of("a", 30), *of("b", 12), *of("c", 3), *of("d", 4)], by_technique=True)
    assert names_and_sizes(large_enough(groups, 10)) == [("a", 30), ("other", 19)]
    groups = groups_of([*of("a", 30), *of("c", 6), *of("d", 4)], by_technique=True)
    assert names_and_sizes(large_enough(groups, 10)) == [("a", 30), ("other", 10)]
    groups = groups_of([*of("c", 5), *of("d", 4)], by_technique=True)
    assert large_enough(groups, 10) == []
    groups = groups_of([*of("a", 30), *of("b", 12)], by_technique=True)
    assert names_and_sizes(large_enough(groups, 10)) == [("a", 30), ("b", 12)]


def test_the_same_people_in_two_small_groups_are_counted_once():
    both = [treated(k, name) for k in range(6) for name in ("c", "d")]
    assert large_enough(groups_of(both, by_technique=True), 10) == []


def test_parts_that_rest_on_too_few_people_are_not_told():
    people = [treated(k) for k in range(4)] + [treated(k, endpoint="indeterminate", began=None, change=0.0) for k in range(4, 12)]  # fmt: skip
    found = summary(groups_of(people, by_technique=True)[0], 10)
    assert found["last"]["n"] == 12 and found["level_changes"][0]["n"] == 12
    assert found["duration"] is None and found["duration_reason"] == "fewer than 10 people"
    assert found["month_2"] is None
