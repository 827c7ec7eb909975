"""Figures of predicted risks: worked out by hand, and beside scikit-learn."""

import numpy as np
import pytest

from analytics.escalation.patient_bootstrap import clustered_intervals
from analytics.escalation.validation import (
    auroc,
    average_precision,
    brier,
    calibration,
    expected_calibration_error,
    log_loss,
    log_odds,
    net_benefit,
    reliability,
    scaled_brier,
)


@pytest.fixture(params=[0, 1, 2])
def days(request):
    """Risks with ties, one a tenth too extreme, and what came."""
    rng = np.random.default_rng(request.param)
    truth = rng.normal(-2, 1.2, 1500)
    y = rng.random(1500) < 1 / (1 + np.exp(-truth))
    return np.round(1 / (1 + np.exp(-1.1 * truth)), 2).clip(0.01, 0.99), y


def test_of_two_days_the_one_that_led_to_an_event_has_the_higher_risk_and_ties_count_half():
    y = np.array([False, True, False, True])
    assert auroc(np.array([0.1, 0.9, 0.2, 0.8]), y) == 1.0
    assert auroc(np.array([0.5, 0.5, 0.5, 0.5]), y) == 0.5
    assert auroc(np.array([0.3, 0.3, 0.2, 0.1]), y) == pytest.approx((0.5 + 1 + 0 + 0) / 4)


def test_with_one_outcome_only_nothing_can_be_told():
    p, y = np.array([0.1, 0.2]), np.array([True, True])
    for figure in (auroc(p, y), scaled_brier(p, y), calibration(p, y).slope):
        assert np.isnan(figure)
    assert np.isnan(auroc(np.zeros(0), np.zeros(0, bool)))
    assert reliability(np.zeros(0), np.zeros(0, bool)) == []


def test_risks_that_never_differ_have_no_slope_but_may_be_too_low():
    found = calibration(np.full(10, 0.2), np.arange(10) < 5)
    assert np.isnan(found.slope)
    assert found.in_the_large == pytest.approx(log_odds(np.array([0.5]))[0] - log_odds(np.array([0.2]))[0])


def test_outcomes_that_risks_tell_apart_without_a_fault_have_no_slope():
    p = np.array([0.1, 0.2, 0.8, 0.9])
    assert np.isnan(calibration(p, p > 0.5).slope)


def test_figures_are_those_of_scikit_learn(days):
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    p, y = days
    assert auroc(p, y) == pytest.approx(metrics.roc_auc_score(y, p), abs=1e-12)
    assert average_precision(p, y) == pytest.approx(metrics.average_precision_score(y, p), abs=1e-12)
    assert brier(p, y) == pytest.approx(metrics.brier_score_loss(y, p), abs=1e-12)
    assert log_loss(p, y) == pytest.approx(metrics.log_loss(y, p), abs=1e-9)


def test_weighted_figures_are_those_of_scikit_learn(days):
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    p, y = days
    w = np.random.default_rng(1).integers(0, 4, len(p)).astype(float)
    assert auroc(p, y, w) == pytest.approx(metrics.roc_auc_score(y, p, sample_weight=w), abs=1e-12)
    assert average_precision(p, y, w) == pytest.approx(
        metrics.average_precision_score(y, p, sample_weight=w), abs=1e-12
    )
    assert brier(p, y, w) == pytest.approx(metrics.brier_score_loss(y, p, sample_weight=w), abs=1e-12)


def test_recalibration_is_the_logistic_regression_of_scikit_learn(days):
    linear = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
    p, y = days
    peer = linear.LogisticRegression(C=1e12, tol=1e-10, max_iter=1000).fit(log_odds(p)[:, None], y)
    found = calibration(p, y)
    assert found.slope == pytest.approx(peer.coef_[0, 0], abs=1e-4)
    assert found.intercept == pytest.approx(peer.intercept_[0], abs=1e-4)


def test_risks_of_twice_the_log_odds_have_half_the_slope():
    rng = np.random.default_rng(4)
    truth = rng.normal(-1, 1, 40_000)
    y = rng.random(len(truth)) < 1 / (1 + np.exp(-truth))
    right, extreme = (1 / (1 + np.exp(-k * truth)) for k in (1, 2))
    assert calibration(right, y).slope == pytest.approx(1, abs=0.05)
    assert calibration(extreme, y).slope == pytest.approx(calibration(right, y).slope / 2, abs=1e-6)
    assert expected_calibration_error(right, y) < 0.01 < expected_calibration_error(extreme, y)


def test_a_model_that_says_the_event_rate_every_day_has_a_scaled_brier_of_0():
    y = np.arange(10) < 3
    assert scaled_brier(np.full(10, 0.3), y) == pytest.approx(0)
    assert scaled_brier(y.astype(float), y) == pytest.approx(1)


def test_net_benefit_counts_false_alarms_at_the_odds_of_the_threshold():
    p, y = np.array([0.9, 0.6, 0.1, 0.05]), np.array([True, False, True, False])
    (found,) = net_benefit(p, y, thresholds=(0.2,))
    assert found.model == pytest.approx(1 / 4 - 0.25 * 1 / 4)
    assert found.treat_all == pytest.approx(0.5 - 0.25 * 0.5)
    assert found.acted_on == 0.5


def test_groups_of_risk_keep_equal_risks_together_and_lose_no_day(days):
    p, y = days
    found = reliability(p, y)
    assert sum(one.days for one in found) == len(p)
    assert sum(one.days * one.observed for one in found) == pytest.approx(y.sum())
    assert [one.predicted for one in found] == sorted(one.predicted for one in found)
    assert len(reliability(np.full(50, 0.2), y[:50])) == 1


def test_intervals_draw_patients_so_that_days_of_one_count_as_alike():
    rng = np.random.default_rng(0)
    patients, each = 40, 50
    level = np.repeat(rng.normal(-1, 1.5, patients), each)
    y = rng.random(len(level)) < 1 / (1 + np.exp(-level))
    p = np.clip(rng.random(len(level)) * 0.2 + np.repeat(rng.random(patients) * 0.6, each), 0.01, 0.99)
    who = np.repeat(np.arange(patients), each)

    def rate(p, y, w):
        return [float(y @ w / w.sum())]

    (wide,) = clustered_intervals(p, y, who, rate)
    (narrow,) = clustered_intervals(p, y, np.arange(len(p)), rate)
    assert wide[0] < y.mean() < wide[1]
    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])


def test_fewer_than_eight_patients_have_no_interval():
    p, y = np.array([0.1, 0.9]), np.array([False, True])
    assert clustered_intervals(p, y, np.array([0, 1]), lambda p, y, w: [auroc(p, y, w)]) == [None]
