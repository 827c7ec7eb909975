"""The mixed model equals what others publish of it, and what algebra says where designs are balanced."""

import warnings

import numpy as np
import pytest

from analytics.association.reml import mixed_model

DAYS = np.arange(10.0)


def exactly(rng, rows, covariance):
    """Rows whose sample mean is 0 and whose sample covariance is the one given, to the last digits."""
    noise = rng.normal(size=(rows, len(covariance)))
    noise -= noise.mean(axis=0)
    noise = noise @ np.linalg.inv(np.linalg.cholesky(np.cov(noise.T))).T
    return noise @ np.linalg.cholesky(covariance).T


def sleepstudy_like(seed):
    """18 people x 10 days with the published fit of lme4's sleepstudy as their sufficient statistics.

    In a balanced design each person's own line has the covariance of the people plus that of its error, and what
    is left of the lines has the residual variance: so any such data have the published estimates.
    """
    rng = np.random.default_rng(seed)
    design = np.column_stack([np.ones(10), DAYS])
    between, residual = np.array([[612.096, 9.6046], [9.6046, 35.0716]]), 654.9405
    lines = exactly(rng, 18, between + residual * np.linalg.inv(design.T @ design))
    lines += [251.40510, 10.46729]
    left = rng.normal(size=(18, 10))
    left -= left @ design @ np.linalg.inv(design.T @ design) @ design.T
    left *= np.sqrt(residual * (180 - 36) / (left**2).sum())
    return lines @ design.T + left


@pytest.mark.parametrize("seed", range(4))
def test_sleepstudy_has_the_published_fit_of_lme4(seed):
    y = sleepstudy_like(seed)
    columns = np.stack([np.ones_like(y), np.broadcast_to(DAYS, y.shape)])
    found = mixed_model(y, columns, columns)
    assert found.converged and not found.singular
    assert found.fixed == pytest.approx([251.40510, 10.46729], abs=5e-6)
    assert found.errors == pytest.approx([6.82458, 1.54579], abs=5e-6)
    assert found.between == pytest.approx(np.array([[612.096, 9.6046], [9.6046, 35.0716]]), rel=5e-5)
    assert found.residual == pytest.approx(654.9405, rel=1e-6)
    assert found.criterion == pytest.approx(1743.62827, abs=5e-5)


def test_levels_of_a_balanced_design_are_those_of_the_analysis_of_variance():
    rng = np.random.default_rng(5)
    y = rng.normal(size=(12, 1)) * 2 + rng.normal(size=(12, 7))
    found = mixed_model(y, np.ones((1, 12, 7)), np.ones((1, 12, 7)))
    within = ((y - y.mean(axis=1, keepdims=True)) ** 2).sum() / (12 * 6)
    between = 7 * y.mean(axis=1).var(ddof=1)
    assert found.residual == pytest.approx(within, rel=1e-7)
    assert found.between[0, 0] == pytest.approx((between - within) / 7, rel=1e-6)
    assert found.errors[0] == pytest.approx(np.sqrt(between / 84), rel=1e-7)


def test_where_people_differ_less_than_chance_makes_them_differ_the_spread_is_zero_and_said():
    rng = np.random.default_rng(6)
    y = rng.normal(size=(12, 7))
    y -= y.mean(axis=1, keepdims=True)
    found = mixed_model(y, np.ones((1, 12, 7)), np.ones((1, 12, 7)))
    assert found.converged and found.singular and found.between[0, 0] == 0


def with_gaps(seed, patients=30, days=25):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(patients, days)) * 40 + rng.normal(size=(patients, 1)) * 30
    slope = 0.05 + 0.02 * rng.normal(size=(patients, 1))
    y = rng.normal(size=(patients, 1)) + slope * x + rng.normal(size=(patients, days))
    y[rng.random(y.shape) < 0.3] = np.nan
    return x, y


@pytest.mark.parametrize("own_slopes", [False, True])
def test_an_unbalanced_cohort_has_the_fit_of_statsmodels(own_slopes):
    from statsmodels.regression.mixed_linear_model import MixedLM

    x, y = with_gaps(7)
    one = np.ones_like(x)
    columns = np.stack([one, x])
    ours = mixed_model(y, columns, columns if own_slopes else columns[:1])
    known = ~np.isnan(y)
    who = np.nonzero(known)[0]
    exog = np.column_stack([one[known], x[known]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = MixedLM(y[known], exog, groups=who, exog_re=exog if own_slopes else exog[:, :1]).fit(
            reml=True, method=["bfgs", "nm"], gtol=1e-9
        )
    assert ours.fixed == pytest.approx(peer.fe_params, rel=2e-4)
    assert ours.errors == pytest.approx(peer.bse_fe, rel=2e-3)
    free = known.sum() - 2
    assert ours.criterion <= -2 * peer.llf + 1e-3 and free > 0  # ours is at least as near to the optimum


def test_units_do_not_matter():
    x, y = with_gaps(8)
    one = np.ones_like(x)
    near = mixed_model(y, np.stack([one, x]), np.stack([one, x]))
    far = mixed_model(1000 * y, np.stack([one, x / 60]), np.stack([one, x / 60]))
    assert far.fixed == pytest.approx(near.fixed * [1000, 60_000], rel=1e-5)
    assert np.sqrt(far.between[1, 1]) == pytest.approx(60_000 * np.sqrt(near.between[1, 1]), rel=1e-3)


def test_too_few_rows_give_no_model():
    found = mixed_model(np.array([[1.0, np.nan]]), np.ones((1, 1, 2)), np.ones((1, 1, 2)))
    assert not found.converged and np.isnan(found.fixed).all()
