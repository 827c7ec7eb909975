"""Drift of what is scored: alike, moved, missing, and too little to tell."""

from dataclasses import replace

import numpy as np
import pytest

from analytics.escalation.risk_drift import drift, in_the_large, reference_of, stability_index
from analytics.escalation.risk_model import Reference, shipped_risk_model


def model_of(**training):
    made = {name: reference_of(values) for name, values in training.items()}
    reference = {
        name: Reference(np.array(one["edges"]), np.array(one["shares"]), one["missing"])
        for name, one in made.items()
    }
    return replace(shipped_risk_model(), reference=reference)


def values(seed, n=3000, at=0.0):
    return np.random.default_rng(seed).normal(at, 1, n)


def test_the_index_of_two_groups_by_hand():
    before, now = np.array([0.5, 0.5]), np.array([0.8, 0.2])
    assert stability_index(before, now) == pytest.approx(0.3 * np.log(1.6) - 0.3 * np.log(0.4))
    assert stability_index(before, before) == 0


def test_days_like_those_of_training_are_alike_and_a_standard_deviation_is_another_population():
    model = model_of(pain=values(0), sleep=values(1))
    moved, same = drift(model, {"pain": values(2), "sleep": values(3, at=1.0)})
    assert (moved.name, moved.verdict) == ("sleep", "another")
    assert (same.name, same.verdict) == ("pain", "alike") and same.index < 0.02


def test_a_feature_that_stays_away_is_missing_whatever_its_index():
    known = values(1)
    known[: len(known) // 3] = np.nan
    (found,) = drift(model_of(pain=values(0)), {"pain": known})
    assert found.verdict == "missing" and found.missing == pytest.approx(1 / 3)
    (absent, _) = sorted(drift(model_of(pain=values(0), b=values(1)), {"b": values(2)}), key=lambda d: d.days)
    assert absent.verdict == "missing" and absent.missing == 1.0


def test_few_days_are_too_little_data():
    (found,) = drift(model_of(pain=values(0)), {"pain": values(1, n=50)})
    assert found.verdict == "cannot tell" and found.index is None
    assert found.reason == "too little data: 50 days, 200 are needed"


def test_equal_values_share_a_group():
    heap = np.where(np.random.default_rng(0).random(2000) < 0.7, 0.0, 1.0)
    made = reference_of(heap)
    assert made["edges"] == [0.0, 1.0] and made["shares"][0] == pytest.approx((heap == 0).mean(), abs=1e-6)
    (found,) = drift(model_of(episodes=heap), {"episodes": heap})
    assert found.index == 0


def test_risks_that_are_too_low_on_average_have_an_intercept_above_0():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.02, 0.2, 4000)
    y = rng.random(4000) < 2 * p
    assert in_the_large(p, y, patients=40).intercept > 0.5
    assert in_the_large(p, y, patients=3).intercept is None
    few = in_the_large(p[:30], np.arange(30) < 2, patients=40)
    assert few.intercept is None and few.reason.startswith("too little data: 2 days before an event")
    assert in_the_large(np.zeros(0), np.zeros(0, bool), 0).days == 0
