"""How strongly two measures are linked within patients, and what of it chance can do."""

import numpy as np
import pytest

from analytics.association.families import benjamini_hochberg
from analytics.association.links import LEAST_DAYS, links
from analytics.association.mixed import FALLBACK, MODEL, within_between
from analytics.association.panel import panel_of
from analytics.association.patients import patient_interval, patient_weights
from analytics.association.repeated_measures import repeated_measures_correlation
from analytics.association.shifts import random_shifts, shift_p, shifted_strength, strength
from analytics.association.sums import Sums, lagged_sums, shifted_sums


def alike(rng, patients, days, phi=0.5):
    noise = rng.normal(size=(patients, days))
    noise[:, 1:] *= np.sqrt(1 - phi**2)
    for day in range(1, days):
        noise[:, day] += phi * noise[:, day - 1]
    return noise


def cohort(seed, patients=20, days=60, within=0.0, between=0.0, missing=0.25):
    rng = np.random.default_rng(seed)
    a, b = alike(rng, patients, days), alike(rng, patients, days)
    level = rng.normal(size=(patients, 1))
    x, y = level + a, between * level + within * a + np.sqrt(1 - within**2) * b
    for values in (x, y):
        values[rng.random(values.shape) < missing / 2] = np.nan
    who = np.repeat(np.arange(patients), days)
    day = np.tile(np.arange(days), patients).astype("datetime64[D]")
    return panel_of(who, day, x.ravel(), y.ravel())


def by_hand(u, v):
    ok = ~np.isnan(u) & ~np.isnan(v)
    u, v = u[ok], v[ok]
    return ok.sum(), ((u - u.mean()) * (v - v.mean())).sum(), ((u - u.mean()) ** 2).sum()


def test_a_lag_pairs_x_with_y_that_many_days_later():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(4, 30))
    y = np.full_like(x, np.nan)
    y[:, 2:] = x[:, :-2]  # y follows x by two days
    panel = panel_of(
        np.repeat(np.arange(4), 30), np.tile(np.arange(30), 4).astype("datetime64[D]"), x.ravel(), y.ravel()
    )
    of = {link.lag: link.r for link in links(panel, (-2, 0, 2)).lags}
    assert of[2] == pytest.approx(1) and abs(of[-2]) < 0.5 and abs(of[0]) < 0.5


def test_sums_of_lags_and_of_turns_are_those_by_hand():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(2, 5, 40))
    x[rng.random(x.shape) < 0.2] = y[rng.random(y.shape) < 0.2] = np.nan
    spans = np.array([40, 31, 25, 40, 18])
    for p, span in enumerate(spans):
        x[p, span:] = y[p, span:] = np.nan
    turned, lagged = shifted_sums(x, y, spans), lagged_sums(x, y, (-3, 0, 5))
    for p, span in enumerate(spans):
        for shift in range(span):
            n, xy, xx = by_hand(x[p, :span], np.roll(y[p, :span], -shift))
            assert (turned.n[p, shift], turned.xy[p, shift], turned.xx[p, shift]) == pytest.approx(
                (n, xy, xx)
            )
        for place, (u, v) in enumerate(((x[p, 3:], y[p, :-3]), (x[p], y[p]), (x[p, :-5], y[p, 5:]))):
            n, xy, xx = by_hand(u, v)
            assert (lagged.n[p, place], lagged.xy[p, place], lagged.xx[p, place]) == pytest.approx(
                (n, xy, xx)
            )


def test_lag_0_is_the_repeated_measures_correlation():
    panel = cohort(5, within=0.4)
    who = np.repeat(panel.patients, panel.x.shape[1])
    textbook = repeated_measures_correlation(who, panel.x.ravel(), panel.y.ravel())
    found = links(panel, (0,))
    assert found.lags[0].r == pytest.approx(textbook.r, rel=1e-12)
    assert (found.n_patients, found.n_days) == (textbook.n_patients, textbook.n_days)


def test_chance_is_called_a_finding_about_as_often_as_said():
    """200 cohorts; the 2,000 of the benchmark have the figures."""
    p = np.array([links(cohort(seed), (0, 3), draws=199).lags[0].p for seed in range(200)])
    assert 2 <= (p < 0.05).sum() <= 20
    assert abs(np.median(p) - 0.5) < 0.12


def test_a_planted_link_is_found_and_its_interval_holds_it():
    found = links(cohort(7, patients=100, days=90, within=-0.13), (0, 5)).lags
    assert found[0].p < 0.01 and found[0].p_adjusted < 0.02
    assert found[0].ci[0] < -0.13 < found[0].ci[1] < 0
    assert found[1].p > 0.05


def test_a_link_between_patients_is_not_one_within():
    panel = cohort(8, patients=100, days=90, between=0.9)
    link = links(panel, (0,)).lags[0]
    mixed = within_between(panel, link.p)
    assert link.p > 0.05 and link.ci[0] < 0 < link.ci[1]
    assert mixed.within.p == link.p and mixed.within.ci[0] < 0 < mixed.within.ci[1]
    assert mixed.between.p < 1e-6 and mixed.between.estimate == pytest.approx(0.9, abs=0.2)
    assert mixed.converged and mixed.method == MODEL


def test_the_same_question_gets_the_same_answer():
    panel = cohort(9)
    assert links(panel) == links(panel)


def test_the_order_and_the_names_of_patients_change_only_what_chance_may():
    rng = np.random.default_rng(2)
    n, who = 40, np.repeat(["b", "a", "c"], 40)
    day, x, y = np.tile(np.arange(n), 3).astype("datetime64[D]"), *rng.normal(size=(2, 3 * n))
    order = rng.permutation(3 * n)
    one, other = panel_of(who, day, x, y), panel_of(who[order], day[order], x[order], y[order])
    assert links(one) == links(other)


@pytest.mark.parametrize(
    "patients, days, says",
    [(2, 10, f"a p value needs {LEAST_DAYS}"), (20, 5, "no patient has 14 days")],
)
def test_too_little_data_has_a_reason_and_no_p(patients, days, says):
    link = links(cohort(1, patients, days, missing=0.0), (0,)).lags[0]
    assert link.r is not None and link.p is link.p_adjusted is None and says in link.reasons["p"]


def unlinked(seed, spans):
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(len(spans)), spans)
    day = np.concatenate([np.arange(n) for n in spans]).astype("datetime64[D]")
    x, y = (np.concatenate([alike(rng, 1, n)[0] for n in spans]) for _ in range(2))
    return panel_of(who, day, x, y)


def test_no_p_is_smaller_than_one_in_all_the_ways_to_turn_the_days():
    found = [links(unlinked(seed, [13] * 20 + [14]), (0, 3)).lags for seed in range(60)]
    assert min(link.p for lags in found for link in lags) == pytest.approx(1 / 14)


def test_pairs_that_leave_no_degree_of_freedom_have_no_r():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 9))
    panel = panel_of(["a"] * 5 + ["b"] * 4, np.array([*range(5), *range(4)]).astype("datetime64[D]"), x, y)
    told = {link.lag: link for link in links(panel, (0, 2, 3)).lags}
    assert told[0].r is not None and told[2].r is not None  # 5 pairs of two patients leave 2
    assert told[3].r is told[3].ci is None  # 2 pairs of one, 1 of the other
    assert told[3].reasons["r"] == "too little data: 3 pairs of days leave no degree of freedom"


def test_the_interval_of_few_patients_counts_their_levels_as_the_textbook_does():
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(2, 7 * 6))
    who = np.repeat(np.arange(7), 6)
    textbook = repeated_measures_correlation(who, x, y)
    link = links(panel_of(who, np.tile(np.arange(6), 7).astype("datetime64[D]"), x, y), (0,)).lags[0]
    share = link.n_eff / link.n
    half = (np.arctanh(link.ci[1]) - np.arctanh(link.ci[0])) / 2
    assert half == pytest.approx(1.959964 / np.sqrt(share * (textbook.dof + 2) - 3), rel=1e-6)


def test_a_measure_that_never_changes_is_linked_with_nothing():
    panel = panel_of(["a"] * 40, np.arange(40).astype("datetime64[D]"), np.ones(40), np.arange(40.0))
    link = links(panel, (0,)).lags[0]
    assert link.r is link.p is link.ci is None and "never varies" in link.reasons["r"]
    mixed = within_between(panel)
    assert mixed.within.estimate is None and "never varies" in mixed.within.reasons["estimate"]
    days = np.tile(np.arange(40), 10).astype("datetime64[D]")
    panel = panel_of(
        np.repeat(np.arange(10), 40), days, np.random.default_rng(1).normal(size=400), np.full(400, 3.0)
    )
    mixed = within_between(panel, 0.5)
    assert mixed.within.estimate is mixed.between.estimate is mixed.spread is None
    assert mixed.between.reasons["ci"] == "y never varies within a patient"


def test_days_in_a_row_that_are_alike_count_for_less():
    alike_days, fresh = (links(cohort(3, missing=0.0), (0,)).lags[0], None)
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 1200))
    fresh = links(
        panel_of(np.repeat(np.arange(20), 60), np.tile(np.arange(60), 20).astype("datetime64[D]"), x, y), (0,)
    ).lags[0]
    assert alike_days.n_eff / alike_days.n == pytest.approx(0.6, abs=0.06)
    assert fresh.n_eff / fresh.n > 0.97


def test_a_turn_by_a_whole_span_is_no_turn():
    panel = cohort(2, patients=3)
    sums = shifted_sums(panel.x, panel.y, panel.spans)
    none = np.zeros((1, 3), np.int64)
    total = Sums(*(part.sum(axis=0) for part in lagged_sums(panel.x, panel.y, (0,))))
    assert shifted_strength(sums, none)[0] == pytest.approx(strength(total)[0])
    turns = random_shifts(panel.spans, 500, np.random.default_rng(1))
    assert turns.min() >= 0 and (turns < panel.spans).all()


def test_p_counts_what_is_observed_as_one_of_the_draws():
    assert shift_p(np.array([0.5, 0.0, np.nan]), np.array([0.1, -0.5, 0.6])).tolist()[:2] == [0.75, 1.0]


def test_false_discovery_by_hand():
    adjusted = benjamini_hochberg(np.array([0.01, np.nan, 0.04, 0.03, 0.005]))
    assert adjusted[[0, 2, 3, 4]].tolist() == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert np.isnan(adjusted[1])


def test_patients_who_agree_leave_a_narrow_interval():
    rng = np.random.default_rng(1)
    xx = yy = np.full((30, 1), 50.0)
    agree, differ = (50 * (0.3 + spread * rng.normal(size=(30, 1))) for spread in (0.02, 0.3))
    weights = patient_weights(30, 500, 1)
    widths = []
    for xy in (agree, differ):
        low, high = patient_interval(Sums(xx, xx, yy, xy), weights)
        widths.append(float(high[0] - low[0]))
    assert widths[0] < 0.04 < 0.15 < widths[1]


def test_slopes_of_a_few_patients_are_those_of_least_squares():
    panel = cohort(6, patients=5, within=0.5)
    mixed = within_between(panel, 0.01)
    assert mixed.method == FALLBACK and not mixed.converged
    assert mixed.within.estimate == pytest.approx(0.5, abs=0.15)
    assert mixed.between.estimate is None and "needs 8" in mixed.between.reasons["estimate"]
    assert mixed.spread is None and "needs 8" in mixed.spread_reason


def test_how_far_patients_differ_in_their_slope_is_told():
    rng = np.random.default_rng(10)
    who, day = np.repeat(np.arange(40), 60), np.tile(np.arange(60), 40).astype("datetime64[D]")
    x, slope = rng.normal(size=2400), np.repeat(0.2 + 0.3 * rng.normal(size=40), 60)
    apart = within_between(panel_of(who, day, x, slope * x + rng.normal(size=2400)), 0.5)
    alike = within_between(panel_of(who, day, x, 0.2 * x + rng.normal(size=2400)), 0.5)
    assert apart.spread == pytest.approx(0.3, abs=0.08)
    assert alike.spread < 0.08


def test_one_day_twice_is_refused():
    with pytest.raises(ValueError, match="same day twice"):
        panel_of(["a", "a"], np.array(["2026-05-04"] * 2, "datetime64[D]"), np.ones(2), np.ones(2))
