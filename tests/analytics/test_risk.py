"""The probability of a flare within a week: only the past counts, what is missing adds nothing, no answer is one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.escalation.risk import (
    came_within,
    outcome_known,
    p_flare_7d,
    p_flare_7d_of_last,
    risk_features,
)
from analytics.escalation.risk_features import row_features
from analytics.escalation.risk_model import (
    CHECKSUM,
    SHIPPED_FILE,
    BadRiskModel,
    checksum,
    read_risk_model,
    shipped_risk_model,
)
from analytics.escalation.rows import DailyRows
from analytics.escalation.screening import go_on, screen
from analytics.escalation.settings import SHIPPED
from analytics.escalation.tiers import Cause

NAN = float("nan")


def rows(numbers: dict[str, np.ndarray], treatments: dict | None = None) -> DailyRows:
    n, d = next(iter(numbers.values())).shape
    return DailyRows(
        tuple(f"p{k}" for k in range(n)),
        (date(2026, 3, 1),) * n,
        np.full(n, d),
        {name: np.asarray(values, dtype=float) for name, values in numbers.items()},
        np.full((n, d), -1, dtype=np.int32),
        treatments or {},
    )


def lives(patients: int, days: int, seed: int, missing: float = 0.3) -> DailyRows:
    """Anything a row may hold, with gaps."""
    rng = np.random.default_rng(seed)
    most = {"average": 10, "worst": 10, "breakthrough": 6, "rescue_doses": 6, "steps": 8000, "activity": 60}
    most |= {"wear_fraction": 1, "sleep_efficiency": 100, "io": 100, "ra": 1, "utc_offset_min": 60}
    found = {}
    for name in most:
        values = rng.random((patients, days)) * most[name]
        if most[name] in (10, 6):
            values = np.round(values)
        values[rng.random(values.shape) < missing] = NAN
        found[name] = values
    given = {(int(rng.integers(patients)), int(k)): frozenset(["chemo"]) for k in rng.integers(days, size=4)}
    return rows(found, given)


def test_steady_pain_has_a_low_risk_and_rising_pain_a_high_one():
    steady = np.full(60, 3.0)
    rising = np.where(np.arange(60) >= 55, 7.0, 3.0)
    made = {"average": np.stack([steady, rising]), "worst": np.stack([steady, rising]) + 1}
    p = p_flare_7d(screen(rows(made)))
    assert p[1, 2:50] == pytest.approx(p[0, 2:50])
    assert p[0, -1] < 0.15 < 0.4 < p[1, -1]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), days=st.integers(1, 70), missing=st.sampled_from([0.0, 0.3, 0.9]))
def test_leaving_out_the_future_changes_no_past_risk(seed, days, missing):
    whole = lives(3, 75, seed, missing)
    now, later = p_flare_7d(screen(whole.until(days))), p_flare_7d(screen(whole))
    np.testing.assert_array_equal(now, later[:, :days])


def test_leaving_out_the_future_changes_no_past_feature():
    whole = lives(4, 80, 7)
    later = risk_features(screen(whole))
    for days in (1, 9, 22, 50):
        for name, values in risk_features(screen(whole.until(days))).items():
            np.testing.assert_array_equal(values, later[name][:, :days], err_msg=name)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    patients=st.integers(1, 3),
    days=st.integers(1, 90),
    last=st.integers(1, 20),
    missing=st.sampled_from([0.0, 0.3, 0.9]),
)
def test_the_last_days_alone_are_to_the_last_bit_what_they_are_among_all_days(
    seed, patients, days, last, missing
):
    made = lives(patients, days, seed, missing)
    for name, values in row_features(made).items():
        np.testing.assert_array_equal(row_features(made, last)[name], values[:, -last:], err_msg=name)
    screened = screen(made)
    until = 1 + seed % days
    whole = p_flare_7d(screen(made.until(until)))[:, -last:]
    np.testing.assert_array_equal(p_flare_7d_of_last(screened, until, last), whole)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.0, 0.3, 0.9]))
def test_a_patient_alone_has_the_features_that_the_patient_has_among_others(seed, missing):
    made = lives(3, 70, seed, missing)
    together = row_features(made)
    for name, values in row_features(made.part(1, 2)).items():
        np.testing.assert_array_equal(values[0], together[name][1], err_msg=name)


def test_a_screen_that_goes_on_has_the_risks_of_one_that_walked_all_days():
    made = lives(1, 120, 11)
    _, checkpoint = go_on(made.until(117), SHIPPED, None, 115, 33)
    went_on, _ = go_on(made, SHIPPED, checkpoint, 118, 33)
    np.testing.assert_array_equal(p_flare_7d_of_last(went_on, 119, 14), p_flare_7d(screen(made))[:, 105:119])
    forgotten = p_flare_7d_of_last(went_on, 119, 80)[0]
    assert np.isnan(forgotten[: 115 - 33 - 39]).all()


def test_days_that_cannot_be_judged_have_no_risk():
    pain = np.full((1, 40), 3.0)
    pain[0, 10:36] = NAN
    screened = screen(rows({"average": pain}))
    cannot = screened.cause[0] == Cause.NO_DATA
    assert cannot[[0, 1]].all() and not cannot[[2, 9, 36]].any()
    assert np.isnan(p_flare_7d(screened)[0]).tolist() == cannot.tolist()


def test_padding_has_no_risk():
    made = replace(rows({"average": np.full((2, 9), 3.0)}), days=np.array([9, 4]))
    p = p_flare_7d(screen(made))
    assert np.isnan(p[:, 2:]).sum(axis=1).tolist() == [0, 5]


def test_a_stream_that_is_missing_adds_nothing():
    model = shipped_risk_model()
    screened = screen(rows({"average": np.full((1, 5), 3.0)}))
    nothing = {name: np.full((1, 5), NAN) for name in model.features}
    at_rest = model.recalibrated(np.array([model.intercept]))
    assert model.log_odds_of(nothing)[0] == pytest.approx(np.repeat(at_rest, 5))
    assert np.isfinite(p_flare_7d(screened)[:, 2:]).all()


def test_the_risk_of_one_patient_does_not_depend_on_others():
    everybody = lives(6, 40, 3)
    alone = DailyRows(
        everybody.patients[2:3],
        everybody.first_day[2:3],
        everybody.days[2:3],
        {name: values[2:3] for name, values in everybody.numbers.items()},
        everybody.device[2:3],
        {(0, day): kinds for (who, day), kinds in everybody.treatments.items() if who == 2},
    )
    # The screen filters in single precision, whose sums depend on how many are side by side.
    np.testing.assert_allclose(
        p_flare_7d(screen(everybody))[2], p_flare_7d(screen(alone))[0], rtol=1e-4, equal_nan=True
    )


def test_many_patients_are_scored_in_parts_that_agree_with_the_whole(monkeypatch):
    everybody = screen(lives(7, 30, 5))
    whole = p_flare_7d(everybody)
    monkeypatch.setattr("analytics.escalation.risk._AT_ONCE", 3)
    np.testing.assert_array_equal(p_flare_7d(everybody), whole)


def test_a_model_that_was_changed_is_refused(tmp_path):
    document = json.loads(SHIPPED_FILE.read_text())
    document["intercept"] += 0.1
    changed = tmp_path / "risk_1.json"
    changed.write_text(json.dumps(document))
    with pytest.raises(BadRiskModel, match="was changed after it was made"):
        read_risk_model(changed)


@pytest.mark.parametrize(
    "text, why",
    [
        ("{", "is not JSON"),
        ("{}", "holds no risk model with a checksum"),
        (json.dumps({"a": 1, CHECKSUM: checksum({"a": 1})}), "lacks a part of a risk model"),
    ],
)
def test_a_file_that_is_no_model_is_refused_with_one_sentence(tmp_path, text, why):
    file = tmp_path / "model.json"
    file.write_text(text)
    with pytest.raises(BadRiskModel, match=why):
        read_risk_model(file)


def test_a_model_of_features_that_the_screen_does_not_deliver_is_refused():
    model = replace(shipped_risk_model(), features=("screen_of_tea", *shipped_risk_model().features[1:]))
    with pytest.raises(BadRiskModel, match="takes screen_of_tea, which"):
        p_flare_7d(screen(rows({"average": np.full((1, 5), 3.0)})), model)


def test_a_model_made_with_another_version_of_the_screen_is_refused():
    model = replace(shipped_risk_model(), screen_rule="another 9")
    with pytest.raises(BadRiskModel, match="was made with another 9"):
        p_flare_7d(screen(rows({"average": np.full((1, 5), 3.0)})), model)


def test_the_shipped_model_says_what_it_was_made_of():
    model = shipped_risk_model()
    assert model.training["settings"] == SHIPPED.label
    assert model.training["seeds"] and model.training["patients"] > 1000
    assert set(model.features) <= set(model.reference)


def test_the_model_card_is_of_the_shipped_model():
    card = Path(__file__).parents[2] / "docs" / "model-card-risk.md"
    assert shipped_risk_model().checksum in card.read_text(), "run python -m docs.model_card_risk"


def test_recalibrated_risks_keep_their_order():
    model = shipped_risk_model()
    told = model.recalibrated(np.linspace(-12, 12, 400))
    assert (np.diff(told) > 0).all()


def test_the_week_ahead_does_not_count_the_day_itself():
    on = np.zeros((1, 12), dtype=bool)
    on[0, 9] = True
    assert came_within(on)[0].nonzero()[0].tolist() == list(range(2, 9))
    made = rows({"average": np.full((1, 12), 3.0)})
    assert outcome_known(made)[0].tolist() == [True] * 5 + [False] * 7
