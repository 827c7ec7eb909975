"""Drift over stored history: what became of each day by the cases, and month by month."""

from datetime import date, timedelta

import numpy as np
import pytest

from analytics.escalation.risk_history import RISK, PastDays, Span, became, document
from analytics.escalation.risk_model import shipped_risk_model
from tests.analytics.test_risk import rows

FIRST, DAY = date(2026, 3, 1), timedelta(days=1)


def day(k):
    return FIRST + k * DAY


def of(*spans, days=40):
    known, comes = became(rows({"average": np.full((1, days), 3.0)}), [spans])
    return known[0], comes[0]


def test_without_a_case_nothing_came_and_the_last_week_is_not_known_yet():
    known, comes = of()
    assert known.tolist() == [True] * 33 + [False] * 7
    assert not comes.any()


def test_a_case_that_was_acted_on_came_on_the_seven_days_before_it_and_its_own_days_are_left_out():
    known, comes = of(Span(day(20), day(23), "acted"))
    assert comes.nonzero()[0].tolist() == list(range(13, 20))
    assert np.flatnonzero(~known[:33]).tolist() == [20, 21, 22, 23]


@pytest.mark.parametrize("outcome", ["false", "no_action", "expected_level"])
def test_a_case_that_was_for_nothing_is_no_flare(outcome):
    known, comes = of(Span(day(20), day(20), outcome))
    assert not comes.any() and known[13:20].all() and not known[20]


@pytest.mark.parametrize("span", [Span(day(20), None, None), Span(day(20), day(21), "other"),
                                  Span(day(20), day(21), "technical")])  # fmt: skip
def test_a_case_of_which_nobody_said_what_it_was_leaves_the_week_before_it_unknown(span):
    known, comes = of(span)
    assert not comes.any() and not known[13:21].any() and known[:13].all()
    assert bool(known[22]) is (span.closed is not None)


def test_a_case_from_before_the_first_day_runs_until_it_is_closed():
    known, comes = of(Span(day(-5), day(2), "acted"))
    assert np.flatnonzero(~known[:33]).tolist() == [0, 1, 2] and not comes.any()


def test_a_month_has_its_own_figures_and_its_own_calibration():
    model = shipped_risk_model()
    rng = np.random.default_rng(4)
    days, patients = 61, 40
    p = rng.beta(1, 9, (patients, days))
    seen = np.broadcast_to(np.arange(days), p.shape)
    came = rng.random(p.shape) < np.where(seen < 31, p, np.clip(3 * p, 0, 1))  # in April as many again, twice
    found = document(
        model,
        PastDays(
            (FIRST.toordinal() + seen).ravel(),
            np.repeat(np.arange(patients), days),
            {name: rng.normal(size=p.size) for name in model.features} | {RISK: p.ravel()},
            np.ones(p.size, dtype=bool),
            came.ravel(),
        ),
    )
    march, april = found["months"]
    assert (march["month"], march["days"], march["patients"]) == ("2026-03", 31 * 40, 40)
    assert abs(march["in_the_large"]["intercept"]) < 0.3 < 1 < april["in_the_large"]["intercept"]
    assert march["mean_risk"] == pytest.approx(0.1, abs=0.02)
    assert {one["name"] for one in march["figures"]} | {RISK} == set(model.reference)
    assert (found["days"], found["patients"]) == (61 * 40, 40)


def test_a_month_of_few_days_has_reasons_and_no_figures():
    model = shipped_risk_model()
    few = np.full(5, 0.1)
    nothing = np.zeros(5, dtype=bool)
    when = FIRST.toordinal() + np.arange(5)
    found = document(model, PastDays(when, np.zeros(5, int), {RISK: few}, nothing, nothing))
    (month,) = found["months"]
    assert (month["risk"]["index"], month["risk"]["verdict"]) == (None, "cannot tell")
    assert month["risk"]["reason"] == "too little data: 5 days, 200 are needed"
    assert month["in_the_large"]["intercept"] is None
    assert month["in_the_large"]["reason"].startswith("too little data: 0 days before an event")
