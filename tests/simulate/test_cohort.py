"""Simulated cohorts: the figures of the model, the events in it, and that a seed means one cohort."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from simulate.cohort import EVENT_KINDS, NUMBERS, SCENARIOS, Cohort, Realism, make_cohort
from simulate.cohort.cohort import Family

Floats = NDArray[np.float64]


def within(values: Floats) -> Floats:
    return values - np.nanmean(values, axis=1, keepdims=True)


def within_correlation(x: Floats, y: Floats) -> float:
    """Pooled over patients, each around the own mean of the days that have both."""
    both = ~np.isnan(x) & ~np.isnan(y)
    x, y = within(np.where(both, x, np.nan)), within(np.where(both, y, np.nan))
    return float(np.nansum(x * y) / np.sqrt(np.nansum(x * x) * np.nansum(y * y)))


def lag_1(values: Floats) -> float:
    return within_correlation(values[:, 1:], values[:, :-1])


def log_steps_of_worn_days(cohort: Cohort) -> Floats:
    counted = np.where((cohort.wear_fraction >= 0.6) & (cohort.steps > 0), cohort.steps, np.nan)
    return np.log(counted)


@pytest.fixture(scope="module")
def stable() -> Cohort:
    return make_cohort("stable", 300, 120, seed=1, realism=Realism.none())


def test_stable_patients_achieve_the_published_figures_of_the_model(stable: Cohort) -> None:
    assert np.mean(~np.isnan(stable.average)) == pytest.approx(0.76, abs=0.03)
    assert np.mean(stable.wear_fraction >= 0.6) == pytest.approx(0.75, abs=0.03)
    assert np.nanmean(stable.steps) == pytest.approx(2852, rel=0.12)
    means = np.nanmean(stable.average, axis=1)
    assert means.mean() == pytest.approx(3.17, abs=0.2)
    assert means.std() == pytest.approx(1.21, abs=0.12)
    assert np.nanstd(stable.average, axis=1, ddof=1).mean() == pytest.approx(1.00, abs=0.08)
    assert lag_1(stable.truth) == pytest.approx(0.50, abs=0.05)
    assert within_correlation(stable.average, log_steps_of_worn_days(stable)) == pytest.approx(
        -0.134, abs=0.03
    )
    assert within_correlation(stable.average, stable.sleep_efficiency) == pytest.approx(-0.122, abs=0.03)


def test_what_happens_beside_the_model_leaves_its_figures_near() -> None:
    made = make_cohort("stable", 300, 120, seed=1)
    assert np.mean(~np.isnan(made.average)) == pytest.approx(0.76, abs=0.04)
    assert np.mean(made.wear_fraction >= 0.6) == pytest.approx(0.75, abs=0.04)
    assert np.nanmean(made.average) == pytest.approx(3.17, abs=0.25)
    assert np.nanstd(made.average, axis=1, ddof=1).mean() == pytest.approx(1.00, abs=0.1)
    assert within_correlation(made.average, log_steps_of_worn_days(made)) == pytest.approx(-0.134, abs=0.04)


@pytest.mark.parametrize("family", ["plain", "heavy"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_seed_means_one_cohort_whose_patients_stay_when_more_are_added(
    scenario: str, family: Family
) -> None:
    few = make_cohort(scenario, 7, 100, seed=3, family=family)
    more = make_cohort(scenario, 12, 100, seed=3, family=family)
    for name in (
        *NUMBERS,
        "truth",
        "device",
        "treatment",
        "reply_average",
        "reply_worst",
        "present",
        "proxy",
        "uploaded_twice",
    ):
        np.testing.assert_array_equal(getattr(few, name), getattr(more, name)[:7])
    np.testing.assert_array_equal(few.events, more.events[more.events["patient"] < 7])
    np.testing.assert_array_equal(few.windows, more.windows[more.windows["patient"] < 7])
    for name, values in few.attributes.items():
        np.testing.assert_array_equal(values, more.attributes[name][:7])


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_pain_event_has_a_window_to_be_told_in(scenario: str) -> None:
    cohort = make_cohort(scenario, 100, 120, seed=4)
    pain = cohort.events[cohort.events["route"] == "pain"]
    if scenario not in EVENT_KINDS:
        assert len(pain) == 0
        return
    assert set(pain["patient"]) == set(range(100))
    assert scenario in set(pain["kind"])
    assert (pain["count_to"] - pain["onset"] >= 8).all()
    assert (pain["count_to"] <= 120).all()
    assert (pain["end"] > pain["onset"]).all()


def test_what_cannot_be_simulated_is_said_in_one_sentence() -> None:
    for scenario, patients, days, seed in (
        ("toothache", 5, 120, 1),
        ("flare", 0, 120, 1),
        ("flare", 5, 20, 1),
        ("flare", 5, 120, -1),
    ):
        with pytest.raises(ValueError, match=r"^[^\n]+$"):
            make_cohort(scenario, patients, days, seed)
