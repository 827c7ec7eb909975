"""From a budget of pages to a page score, and what is then expected."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.escalation.operating_curve import BadCurve, curve_of, read_curve, shipped_curve
from analytics.escalation.settings import SHIPPED
from tests.made_curve import CURVE, USUAL, document, point


def test_a_budget_between_two_points_gets_the_score_between_them():
    half = CURVE.at_budget(0.06)
    assert half.page_score == pytest.approx(USUAL - 0.1)
    assert half.sensitivity == pytest.approx({"flare": 0.925, "drift": 0.85, "mean": 0.8875})
    assert (half.all_per_week, half.floor_per_week) == (pytest.approx(0.11), pytest.approx(0.05))
    assert half.delay_days == pytest.approx({"flare": 0.75, "drift": 7.5})


def test_a_budget_beyond_an_end_gets_that_end():
    assert CURVE.at_budget(0.0).page_score == USUAL + 1.4
    assert CURVE.at_budget(9.0).page_score == USUAL - 1.6
    assert (CURVE.least, CURVE.most) == (0.005, 0.30)


def test_a_score_and_its_budget_lead_to_each_other():
    for score in (USUAL + 1.1, USUAL + 0.4, USUAL, USUAL - 1.2):
        assert CURVE.at_budget(CURVE.at_score(score).calm_per_week).page_score == pytest.approx(score)


def test_of_scores_that_page_alike_the_one_that_finds_most_is_taken():
    still = [point(3.0, 0.0, 0.2, 0.1, 3.0), point(2.0, 0.0, 0.5, 0.3, 3.0), point(1.0, 0.1, 0.9, 0.8, 1.0)]
    assert curve_of(document(points=still)).at_budget(0.0).page_score == 2.0


rates = st.floats(0, 1)


@given(st.lists(st.tuples(rates, rates, rates), min_size=2, max_size=12), st.lists(rates, min_size=2))
def test_more_pages_never_find_less_however_noisy_the_counts(counted, budgets):
    points = [point(-i, calm, flare, drift, 1.0) for i, (calm, flare, drift) in enumerate(counted)]
    curve = curve_of(document(points=points))
    expected = [curve.at_budget(budget) for budget in sorted(budgets)]
    for one, more in pairwise(expected):
        assert more.page_score <= one.page_score
        assert more.calm_per_week >= one.calm_per_week - 1e-12
        assert all(more.sensitivity[kind] >= one.sensitivity[kind] - 1e-12 for kind in one.sensitivity)
    for i, raw in enumerate(points):  # nothing is told better than it was counted
        assert curve.points[i].calm_per_week >= raw["calm_per_week"]
        assert all(curve.points[i].sensitivity[k] <= share for k, share in raw["sensitivity"].items())


def test_a_wards_settings_say_on_what_they_rest():
    settings = CURVE.settings_for(0.06, 7)
    assert settings.label == f"{SHIPPED.label}, budget 7"
    assert settings.page_score == pytest.approx(USUAL - 0.1)
    assert (settings.floor_average, settings.floor_worst) == (SHIPPED.floor_average, SHIPPED.floor_worst)


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": []},
        {"points": [point(1, 0.1, 0.5, 0.5, 1)]},
        {"points": [point(1, 0.1, 0.5, 0.5, 1), point(1, 0.2, 0.6, 0.6, 1)]},
        {"points": [point(1, 0.1, 1.5, 0.5, 1), point(0, 0.2, 0.6, 0.6, 1)]},
        {"points": [point(1, -0.1, 0.5, 0.5, 1), point(0, 0.2, 0.6, 0.6, 1)]},
        {"points": [point(1, float("nan"), 0.5, 0.5, 1), point(0, 0.2, 0.6, 0.6, 1)]},
        {
            "points": [
                {**point(1, 0.1, 0.5, 0.5, 1), "sensitivity": {"flare": 0.5}},
                point(0, 0.2, 0.6, 0.6, 1),
            ]
        },
        {"points": [{"page_score": 1}, point(0, 0.2, 0.6, 0.6, 1)]},
        {"seeds": None},
    ],
)
def test_a_curve_that_nothing_can_be_read_off_is_refused(wrong):
    with pytest.raises(BadCurve):
        curve_of(document(**wrong))


def test_a_file_that_is_no_curve_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "curve.json"
    for text in ("{", "[]", "\ud83d".encode("utf-16", "surrogatepass").decode("latin-1")):
        path.write_text(text, encoding="latin-1")
        with pytest.raises(BadCurve):
            read_curve(path)
    path.write_text(json.dumps(document()))
    assert read_curve(path) == CURVE


def test_the_shipped_curve_belongs_to_the_shipped_settings():
    curve = shipped_curve()
    if curve is None:
        pytest.skip("no curve was made for these settings yet")
    assert curve.least <= curve.at_score(SHIPPED.page_score).calm_per_week <= curve.most
