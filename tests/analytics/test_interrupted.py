"""The change of level and slope at an event, on series that were made to have one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analytics.response.interrupted import interrupted
from analytics.response.windows import Daily


def made(seed=1, first=-28, last=84, level=0.0, slope=0.0, trend=0.0, phi=0.5, missing=0.0, noise=1.0):
    rng = np.random.default_rng(seed)
    t = np.arange(first, last + 1)
    e = rng.normal(size=len(t))
    for k in range(1, len(t)):
        e[k] = phi * e[k - 1] + np.sqrt(1 - phi**2) * e[k]
    y = trend * t + (t > 0) * (level + slope * t) + noise * e
    kept = rng.random(len(t)) >= missing
    return Daily(t[kept], y[kept])


def test_a_planted_change_is_found_with_its_trend():
    found = interrupted(made(level=-3, slope=0.05, trend=0.02, noise=1e-3), 84)
    assert found.level_change.estimate == pytest.approx(-3, abs=0.01)
    assert found.slope_change.estimate == pytest.approx(0.05, abs=1e-3)
    assert found.slope_before.estimate == pytest.approx(0.02, abs=1e-3)
    assert found.level_change.ci[0] < -3 < found.level_change.ci[1]


def test_the_estimate_follows_the_scale_and_a_shift_changes_nothing():
    series = made(level=-2)
    one, other = interrupted(series, 84), interrupted(Daily(series.t, 100 - 10 * series.y), 84)
    assert other.level_change.estimate == pytest.approx(-10 * one.level_change.estimate)
    assert other.level_change.ci == pytest.approx(
        (-10 * one.level_change.ci[1], -10 * one.level_change.ci[0]), rel=1e-5
    )


def test_of_days_that_are_not_alike_it_comes_close_to_least_squares():
    """With white noise the likelihood lies about phi 0, where the fit is ordinary least squares."""
    series = made(seed=4, phi=0.0)
    kept = series.t != 0
    t, y = series.t[kept].astype(float), series.y[kept]
    x = np.column_stack([np.ones(len(t)), t, t > 0, (t > 0) * t])
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ y
    left = y - x @ beta
    se = np.sqrt(left @ left / (len(t) - 4) * inverse[2, 2])
    half = stats.t.ppf(0.975, len(t) - 4) * se
    found = interrupted(series, 84)
    assert found.level_change.estimate == pytest.approx(beta[2], abs=0.1 * se)
    assert np.diff(found.level_change.ci)[0] / 2 == pytest.approx(half, rel=0.25)
    assert abs(found.phi) < 0.2


def test_one_phi_alone_is_generalised_least_squares_over_the_real_gaps(monkeypatch):
    """The closed form against the whole covariance matrix phi^|days apart|, with a quarter of days missing."""
    series = made(seed=2, missing=0.25)
    monkeypatch.setattr("analytics.response.interrupted._PHI", np.array([0.6]))
    monkeypatch.setattr("analytics.response.interrupted._PRIOR", np.zeros(1))
    kept = series.t != 0
    t, y = series.t[kept].astype(float), series.y[kept]
    inverse_v = np.linalg.inv(0.6 ** np.abs(t[:, None] - t[None]))
    x = np.column_stack([np.ones(len(t)), t, t > 0, (t > 0) * t])
    inverse = np.linalg.inv(x.T @ inverse_v @ x)
    beta = inverse @ x.T @ inverse_v @ y
    left = y - x @ beta
    dof = len(t) - 4
    half = stats.t.ppf(0.975, dof) * np.sqrt(left @ inverse_v @ left / dof * inverse[2, 2])
    found = interrupted(series, 84)
    assert found.level_change.estimate == pytest.approx(beta[2], abs=1e-9)
    assert found.level_change.ci == pytest.approx((beta[2] - half, beta[2] + half), abs=1e-6)
    assert found.slope_change.estimate == pytest.approx(beta[3], abs=1e-9)


def test_the_day_of_the_event_and_days_out_of_reach_do_not_matter():
    series = made(first=-40, last=84)
    spoiled = Daily(series.t, np.where((series.t == 0) | (series.t < -28) | (series.t > 50), 1e6, series.y))
    assert interrupted(spoiled, 50) == interrupted(series, 50)


@pytest.mark.parametrize(
    ("series", "says"),
    [
        pytest.param(made(first=-7), "7 days before and 84 after, 8 of each are needed", id="a week before"),
        pytest.param(made(last=7), "28 days before and 7 after", id="a week after"),
        pytest.param(Daily(np.zeros(0, np.int64), np.zeros(0)), "0 days before", id="nothing"),
        pytest.param(Daily(np.arange(-28, 85), np.full(113, 5.0)), "nothing varies", id="always the same"),
    ],
)  # fmt: skip
def test_no_estimate_without_enough_days_or_without_variance(series, says):
    found = interrupted(series, 84)
    assert (found.level_change, found.slope_change, found.phi) == (None, None, None)
    assert says in found.reason


def test_days_that_are_alike_widen_the_interval():
    widths = [np.mean([np.diff(interrupted(made(seed, phi=phi), 84).level_change.ci)[0] for seed in range(20)]) for phi in (0.0, 0.7)]  # fmt: skip
    assert widths[1] > 1.3 * widths[0]


def test_two_levels_without_error_have_a_change_and_no_interval():
    t = np.arange(-28, 85)
    found = interrupted(Daily(t, np.where(t > 0, 4.0, 7.0)), 84)
    assert found.level_change.estimate == pytest.approx(-3)
    assert found.slope_change.estimate == pytest.approx(0, abs=1e-9)
    assert found.level_change.ci is None and "without any error" in found.reason
