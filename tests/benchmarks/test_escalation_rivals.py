"""The simple rules beside the screen: what they fire on, and that they cannot see what is to come."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from analytics.escalation.rows import DailyRows
from benchmarks.escalation.rivals import (
    EWMA,
    MATCHED,
    PRO_TECT,
    RANDOM,
    STEPS,
    STEPS_MATCHED,
    Rival,
    cooled,
    matched,
    rivals,
    statistic,
)
from benchmarks.escalation.seeds import TUNING
from benchmarks.escalation.tally import pages_alone, tally
from benchmarks.escalation.trials import trial

ALL = (PRO_TECT, MATCHED, EWMA, STEPS, STEPS_MATCHED, RANDOM)


def rows(**numbers: list[float]) -> DailyRows:
    n = len(next(iter(numbers.values())))
    values = {name: np.array([one], dtype=float) for name, one in numbers.items()}
    return DailyRows(("p1",), (date(2026, 3, 1),), np.array([n]), values, np.zeros((1, n), np.int32), {})


def test_the_static_rule_pages_severe_pain_and_two_points_over_the_own_median():
    rule = Rival(PRO_TECT, 0.0)
    assert rule.pages(rows(worst=[7.0]))[0].tolist() == [True]
    assert rule.pages(rows(worst=[3.0] * 6 + [5.0]))[0, -1]
    assert not rule.pages(rows(worst=[3.0] * 6 + [4.0]))[0, -1]
    assert not rule.pages(rows(worst=[3.0] * 4 + [6.0]))[0, -1]  # four days are no usual level


def test_a_smoothed_average_is_held_against_the_first_four_weeks():
    risen = rows(average=[3.0, 4.0] * 14 + [6.0] * 7)
    found = statistic(EWMA, risen)[0]
    assert np.isneginf(found[:28]).all()
    assert found[28] < found[34]


def test_a_watch_in_a_drawer_is_taken_for_immobility():
    at_home = rows(steps=[4000.0] * 28 + [float("nan")] * 7)
    assert Rival(STEPS, 0.4).pages(at_home)[0, 28:].any()


def test_seven_days_are_quiet_after_a_page():
    assert np.flatnonzero(cooled(np.ones((1, 20), dtype=bool))[0]).tolist() == [0, 7, 14]


@pytest.fixture(scope="module")
def stable():
    return trial("stable", "nominal", TUNING[:2], 40)


@pytest.mark.parametrize("name", ALL)
def test_leaving_out_days_to_come_changes_no_page(name, stable):
    whole = statistic(name, stable.rows)
    if name != RANDOM:  # lots are drawn for all days at once
        assert np.array_equal(statistic(name, stable.rows.until(70)), whole[:, :70])


def test_matched_rules_page_at_the_rate_asked_for_and_no_more(stable):
    weeks = float(tally(stable, pages_alone(np.zeros(stable.rows.shape, dtype=bool))).weeks.sum())
    for name in (MATCHED, EWMA, STEPS_MATCHED, RANDOM):
        rate = matched(name, stable.rows, weeks, 0.10).pages(stable.rows).sum() / weeks
        assert 0.08 < rate <= 0.10, name


def test_nobody_is_paged_where_no_page_is_allowed(stable):
    for rule in rivals(stable.rows, 600.0, 0.0):
        if "matched" in rule.name:
            assert not rule.pages(stable.rows).any(), rule.name


def test_a_patients_lot_is_the_own_whoever_else_is_there(stable):
    few = trial("stable", "nominal", TUNING[:1], 20)
    assert np.array_equal(statistic(RANDOM, few.rows), statistic(RANDOM, stable.rows)[:20])
