"""The second simulator family differs from the first in its mechanisms, and not in how ill its people are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from simulate.cohort import Cohort, Realism, make_cohort
from simulate.cohort.cohort import Family
from tests.simulate.test_cohort import log_steps_of_worn_days, within_correlation

Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def plain() -> Cohort:
    return make_cohort("stable", 300, 120, seed=9, realism=Realism.none())


@pytest.fixture(scope="module")
def heavy() -> Cohort:
    return make_cohort("stable", 300, 120, seed=9, family="heavy", realism=Realism.none())


def autocorrelation(values: Floats, lag: int) -> float:
    return within_correlation(values[:, lag:], values[:, :-lag])


def excess_kurtosis_of_changes(truth: Floats) -> float:
    changes = np.diff(truth, axis=1)
    scaled = changes / changes.std(axis=1, keepdims=True)
    return float((scaled**4).mean() - 3)


def test_pain_has_the_same_level_and_spread_in_both(plain: Cohort, heavy: Cohort) -> None:
    for made in (plain, heavy):
        assert np.nanmean(made.average) == pytest.approx(3.1, abs=0.3)
        assert np.nanstd(made.average, axis=1).mean() == pytest.approx(1.0, abs=0.1)
        assert 0.65 < np.mean(~np.isnan(made.average)) < 0.8
        assert 0.7 < np.mean(made.wear_fraction >= 0.6) < 0.8


def test_pain_takes_steps_away_in_one_and_makes_restless_in_the_other(plain: Cohort, heavy: Cohort) -> None:
    assert within_correlation(plain.average, log_steps_of_worn_days(plain)) < -0.08
    assert within_correlation(heavy.average, log_steps_of_worn_days(heavy)) > 0.05


def test_the_second_jumps_where_the_first_wanders(plain: Cohort, heavy: Cohort) -> None:
    assert abs(excess_kurtosis_of_changes(plain.truth)) < 0.5
    assert excess_kurtosis_of_changes(heavy.truth) > 1.5


def test_the_second_remembers_longer_than_an_autoregression_of_its_first_lag(heavy: Cohort) -> None:
    assert autocorrelation(heavy.truth, 7) > 1.5 * autocorrelation(heavy.truth, 1) ** 7


def test_diaries_and_devices_pause_for_longer_in_the_second(plain: Cohort, heavy: Cohort) -> None:
    def median_gap_of_three(missing: NDArray[np.bool_]) -> float:
        """Of the missing days, those whose two next days are missing too."""
        three = missing[:, :-2] & missing[:, 1:-1] & missing[:, 2:]
        return float(three.sum() / missing.sum())

    off = [median_gap_of_three(made.wear_fraction < 0.6) for made in (plain, heavy)]
    assert off[1] > off[0] + 0.05
    fading = [
        (~np.isnan(made.average[:, :30])).mean() - (~np.isnan(made.average[:, -30:])).mean()
        for made in (plain, heavy)
    ]
    assert abs(fading[0]) < 0.03
    assert fading[1] > 0.04


def test_therapy_is_felt_at_once_in_the_first_and_late_in_the_second() -> None:
    worst_day = {}
    families: tuple[Family, ...] = ("plain", "heavy")
    for family in families:
        made = make_cohort("chemo", 300, 120, seed=9, family=family, realism=Realism.none())
        pain = made.truth - made.truth.mean(axis=1, keepdims=True)
        since = [
            np.mean([pain[i, day + k] for i, day in np.argwhere(made.treatment[:, :110] == "chemo")])
            for k in range(10)
        ]
        worst_day[family] = int(np.argmax(since))
    assert worst_day["plain"] in (1, 2)
    assert worst_day["heavy"] >= 3
