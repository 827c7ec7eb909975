"""Links without what weekday, wear and treatment do to both measures, after prewhitening, and under suppositions."""

from dataclasses import replace

import numpy as np
import pytest

from analytics.association.links import links
from analytics.association.panel import panel_of
from analytics.association.partial import adjusted, weekdays
from analytics.association.phases import Treated, phases
from analytics.association.prewhitening import prewhitened
from analytics.association.repeated_measures import repeated_measures_correlation
from analytics.association.sums import lagged_sums
from analytics.association.unanswered import sensitivity

FIRST = np.datetime64("2026-03-02")  # a Monday


def made(seed, patients=12, days=70, **change):
    rng = np.random.default_rng(seed)
    who, day = np.repeat(np.arange(patients), days), np.tile(FIRST + np.arange(days), patients)
    x, y, z = rng.normal(size=(3, patients * days))
    if "both" in change:
        x, y = x + change["both"](z, day), y + change["both"](z, day)
    gone = rng.random((3, len(x))) < change.get("missing", 0.0)
    x, y, z = (np.where(out, np.nan, v) for out, v in zip(gone, (x, y, z), strict=True))
    return panel_of(who, day, x, y, [z])


def r_of(panel):
    return float(lagged_sums(panel.x, panel.y, (0,)).over(0).r[0])


def test_on_complete_days_it_is_the_partial_correlation_within_patients():
    """Against least squares with a dummy for each patient, by hand."""
    panel = made(1, both=lambda z, day: 0.7 * z)
    columns = np.concatenate([panel.z, weekdays(panel)])
    found = adjusted(panel, weekday=True)
    who = np.repeat(np.arange(12), 70)
    design = np.column_stack([who[:, None] == np.arange(12), *(c.ravel() for c in columns)]).astype(float)
    left = []
    for v in (panel.x.ravel(), panel.y.ravel()):
        left.append(v - design @ np.linalg.lstsq(design, v, rcond=None)[0])
    assert r_of(found) == pytest.approx(np.corrcoef(*left)[0, 1], abs=1e-12)
    assert found.spent == 1  # turning a week leaves weekdays as they are


def test_what_moves_both_is_no_link_once_it_is_taken_away():
    weekend = lambda z, day: 1.5 * ((day.astype(int) + 3) % 7 >= 5) + 0.5 * z  # noqa: E731
    panel = made(2, patients=20, both=weekend, missing=0.1)
    plain = links(panel, (0,)).lags[0]
    (without,) = links(adjusted(panel, weekday=True), (0,)).lags
    assert plain.p < 0.01 and plain.r > 0.3
    assert without.p > 0.05 and without.ci[0] < 0 < without.ci[1]


def test_a_day_on_which_the_wear_is_unknown_is_left_out():
    panel = made(3, missing=0.2)
    found = adjusted(panel)
    unknown = np.isnan(panel.z[0])
    assert np.isnan(found.x[unknown]).all() and np.isnan(found.y[unknown]).all()
    assert (np.isnan(found.x) == (unknown | np.isnan(panel.x))).all()


def test_a_column_that_says_nothing_new_changes_nothing():
    panel = made(4)
    twice = replace(panel, z=np.concatenate([panel.z, panel.z, np.ones_like(panel.z)]))
    assert r_of(adjusted(twice)) == pytest.approx(r_of(adjusted(panel)), abs=1e-12)


def test_weekdays_are_those_of_the_calendar():
    panel = made(5, patients=1, days=8)
    of_days = weekdays(panel)[:, 0]
    assert of_days[:, 0].sum() == 0  # Monday
    assert [int(np.argmax(of_days[:, k])) for k in range(1, 7)] == list(range(6))
    assert (of_days[:, 7] == of_days[:, 0]).all()


def test_a_treatment_begins_a_stretch_with_a_level_of_its_own():
    def step(z, day):
        return 3.0 * (day >= FIRST + 30)

    panel = made(6, both=step)
    columns, episodes = phases(panel, [Treated(p, FIRST + 30, "nerve_block") for p in panel.patients])
    assert not columns.any() and (episodes[:, :30] == 0).all() and (episodes[:, 30:] == 1).all()
    assert r_of(panel) > 0.6
    found = adjusted(replace(panel, z=columns), episodes=episodes)
    assert abs(r_of(found)) < 0.1
    # Two stretches of each patient, each in a circle of its own; the patients are still twelve.
    assert found.x.shape == (24, 40) and set(found.spans.tolist()) == {30, 40}
    assert links(found, (0,)).n_patients == 12
    assert found.first[1] - found.first[0] == np.timedelta64(30, "D")
    who = np.repeat(np.arange(12), 70) * 2 + np.tile(np.arange(70) >= 30, 12)
    textbook = repeated_measures_correlation(who, panel.x.ravel(), panel.y.ravel())
    assert r_of(found) == pytest.approx(textbook.r, abs=1e-12)


def test_cycles_are_told_by_the_days_since_the_last_of_them():
    panel = made(7, patients=2, days=40)
    columns, episodes = phases(
        panel,
        [
            Treated("0", FIRST - 2, "chemo"),  # before the window, and still felt in it
            Treated("0", FIRST + 19, "chemo"),
            Treated("nobody", FIRST, "chemo"),
        ],
    )
    assert not episodes.any() and not columns[:, 1].any()
    assert np.flatnonzero(columns[0, 0]).tolist() == [0, 19, 20, 21]
    assert np.flatnonzero(columns[1, 0]).tolist() == [1, 2, 3, 4, 22, 23, 24, 25]
    assert np.flatnonzero(columns[2, 0]).tolist() == [*range(5, 12), *range(26, 33)]


def test_prewhitening_takes_the_day_before_out_of_both_and_fills_no_gap():
    rng = np.random.default_rng(8)
    x = rng.normal(size=(20, 100))
    for day in range(1, 100):
        x[:, day] += 0.7 * x[:, day - 1]
    y = np.roll(x, 2, axis=1) + rng.normal(size=x.shape)
    y[:, :2] = np.nan
    x[3, 50] = np.nan
    who, day = np.repeat(np.arange(20), 100), np.tile(FIRST + np.arange(100), 20)
    panel = panel_of(who, day, x.ravel(), y.ravel())
    filtered, phi = prewhitened(panel)
    assert phi == pytest.approx(0.7, abs=0.05)
    row = panel.patients.index("3")
    assert np.isnan(filtered.x[:, 0]).all() and np.isnan(filtered.x[row, 50:52]).all()
    before, after = (lagged_sums(p.x, p.y, (0, 2, 4)).over(0).r for p in (panel, filtered))
    assert before[0] > 0.3 and before[2] > 0.3  # the peak at lag 2 is smeared over its neighbours
    assert after[1] > 0.5 and abs(after[0]) < 0.1 and abs(after[2]) < 0.1


def test_an_unanswered_day_that_was_worse_is_found_again_with_the_true_delta():
    panel = made(9, patients=60, days=90)
    about = panel.x - panel.x.mean(axis=1, keepdims=True)
    fails = np.random.default_rng(9).random(about.shape) < 1 / (1 + np.exp(1.2 + about))
    truth = panel.y + 2.0 * fails
    r = lagged_sums(panel.x, truth, (0,)).over(0).r[0]
    who, day = np.repeat(np.arange(60), 90), np.tile(FIRST + np.arange(90), 60)
    answered = panel_of(who, day, panel.x.ravel(), np.where(fails, np.nan, truth).ravel())
    found = sensitivity(answered)
    assert found.n_unanswered == fails.sum() and found.share == pytest.approx(fails.mean())
    assert abs(found.supposed[0].r) < 0.05  # complete days know nothing of it
    last = found.supposed[-1]
    assert last.delta == 2 and last.r == pytest.approx(r, abs=0.03) and last.ci[0] < r < last.ci[1]


def test_a_finding_that_rests_on_who_answers_tips():
    panel = made(10, patients=40, days=60)
    y = panel.y - 0.12 * panel.x
    fails = np.random.default_rng(1).random(y.shape) < 1 / (1 + np.exp(1.0 - panel.x))  # active days
    who, day = np.repeat(np.arange(40), 60), np.tile(FIRST + np.arange(60), 40)
    found = sensitivity(panel_of(who, day, panel.x.ravel(), np.where(fails, np.nan, y).ravel()))
    assert found.supposed[0].ci[1] < 0
    assert 0 < found.tipping_delta <= 1
    none = sensitivity(panel_of(who, day, panel.x.ravel(), panel.y.ravel()))
    assert none.n_unanswered == 0 and none.supposed == () and "lacks y" in none.reasons["supposed"]


def test_few_patients_get_suppositions_without_an_interval():
    panel = made(11, patients=3, missing=0.2)
    found = sensitivity(panel)
    assert all(one.r is not None and one.ci is None for one in found.supposed)
    assert "needs 8" in found.reasons["ci"] and found.tipping_delta is None
    empty = sensitivity(made(12, patients=3, missing=1.0))
    assert empty.share is None and "too little data" in empty.reasons["supposed"]
