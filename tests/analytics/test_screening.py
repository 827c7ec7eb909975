"""Daily rows in, decisions out: the clinical floor, silence, what cannot be judged, no look into the future."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.escalation.rows import NUMBERS, DailyRows
from analytics.escalation.screening import Screened, Tier, go_on, screen
from analytics.escalation.settings import SHIPPED
from analytics.escalation.states import transitions

NAN = float("nan")
STEADY = [3.0, 2.0, 3.0, 4.0, 3.0, 3.0, 2.0] * 5


def rows(**numbers: list[float]) -> DailyRows:
    """One patient's days."""
    n = len(next(iter(numbers.values())))
    return DailyRows(
        ("p1",),
        (date(2026, 3, 1),),
        np.array([n]),
        {name: np.array([values], dtype=float) for name, values in numbers.items()},
        np.full((1, n), -1, dtype=np.int32),
        {},
    )


def days_of(tier: Tier, judged: Screened) -> list[int]:
    return np.flatnonzero(judged.tier[0] == tier).tolist()


def test_from_each_state_a_day_leads_somewhere():
    assert transitions().sum(axis=1) == pytest.approx(1.0)
    assert (transitions() >= 0).all()


@pytest.mark.parametrize("said", [{"average": [*STEADY, 7.0]}, {"worst": [*STEADY, 9.0]}])
def test_a_report_at_the_clinical_floor_always_pages(said):
    judged = screen(rows(**said))
    assert days_of(Tier.PAGE, judged) == [35]
    assert judged.floor[0].sum() == 1
    assert judged.decision(0, 35).reason.startswith("severe now: ")


def test_the_floor_does_not_wait_for_a_history():
    assert screen(rows(average=[8.0])).tier[0].tolist() == [Tier.PAGE]


def test_the_same_severe_level_is_paged_once_and_reviewed_then_until_it_steps_up():
    judged = screen(rows(average=[7.0] * 40 + [9.0]))
    assert days_of(Tier.PAGE, judged) == [0, 40]
    assert set(judged.tier[0][1:40].tolist()) == {Tier.REVIEW}


def test_a_level_that_a_clinician_has_accepted_is_reviewed():
    accepted = [NAN] * 5 + [9.0] * 30
    judged = screen(rows(worst=[8.0] * 5 + [9.0] * 30, accepted_level=accepted))
    assert days_of(Tier.PAGE, judged) == []
    assert judged.tier[0, 6] == Tier.REVIEW


@pytest.mark.parametrize(("said", "paged"), [(8.0, True), (7.0, False)])
def test_average_pain_alone_is_held_against_an_accepted_level_too(said, paged):
    judged = screen(rows(average=[*STEADY, said], accepted_level=[7.0] * 36))
    assert (days_of(Tier.PAGE, judged) == [35]) is paged


def test_a_floor_two_points_above_what_was_paged_does_not_wait_for_the_cool_down():
    risen = [*STEADY, 6.0, 6.0, 6.0]
    (first,) = days_of(Tier.PAGE, screen(rows(average=risen)))
    assert first in (35, 36)
    stepped = screen(rows(average=[*risen, 8.0, 8.0, 9.0, 10.0]))
    assert days_of(Tier.PAGE, stepped) == [first, 38, 41], "8 is two above 6, 9 only one above 8, 10 is two"
    assert stepped.decision(0, 38).reason.startswith("severe now: ")
    level = screen(rows(average=[*risen, 7.0]))
    assert days_of(Tier.PAGE, level) == [first]
    assert level.tier[0, 38] == Tier.REVIEW, "at the floor, one point above: never silent"


def test_steady_pain_is_quiet_and_a_clear_rise_is_paged_once():
    judged = screen(rows(average=[*STEADY, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0, 6.0]))
    (page,) = days_of(Tier.PAGE, judged)
    assert page in (35, 36)
    said = judged.decision(0, page)
    assert said.reason.startswith("more pain than usual: average pain 6")
    assert said.evidence["usual_average"] == pytest.approx(3.0, abs=0.5)
    assert said.evidence["likeliest"] == "flare"


def test_a_slow_rise_is_paged_though_no_single_day_stands_out():
    drift = [3 + round(0.13 * day) for day in range(28)]
    judged = screen(rows(average=[*STEADY, *map(float, drift)]))
    pages = days_of(Tier.PAGE, judged)
    assert pages
    assert 35 + 6 <= pages[0] <= 35 + 18


def test_more_breakthrough_episodes_are_paged_while_the_average_stays():
    judged = screen(rows(average=[*STEADY, *STEADY[:7]], breakthrough=[1.0, 0.0] * 17 + [1.0] + [4.0] * 7))
    (page,) = days_of(Tier.PAGE, judged)
    assert 35 <= page <= 38
    assert judged.decision(0, page).reason.startswith("more breakthrough episodes than the usual 0.")


def test_whoever_always_answers_and_stops_is_asked_again_before_a_clinician_sees_it():
    judged = screen(rows(average=[*STEADY, *[NAN] * 8], steps=[3000.0] * 43))
    asked, (seen,) = days_of(Tier.CHECK_IN, judged), days_of(Tier.REVIEW, judged)
    assert 36 <= asked[0] <= 38
    assert len([day for day in asked if day < seen]) == SHIPPED.unanswered_check_ins
    assert judged.decision(0, seen).reason.startswith("no answer for ")
    assert days_of(Tier.PAGE, judged) == []


def test_silence_weighs_more_when_movement_and_sleep_have_changed_with_it():
    quiet = {
        "sleep_efficiency": [84.0, 82.0, 86.0] * 14 + [84.0],
        "steps": [3000.0, 3300.0, 2800.0] * 14 + [3000.0],
    }
    changed = {
        "sleep_efficiency": [*quiet["sleep_efficiency"][:36], *[80.0] * 7],
        "steps": [*quiet["steps"][:36], *[1900.0] * 7],
    }
    said = [*STEADY, 3.0, *[NAN] * 7]
    usual, unusual = (
        screen(rows(average=said, **beside)).features["p_silent_flare"][0, -1] for beside in (quiet, changed)
    )
    assert unusual > 3 * usual


def test_whoever_seldom_answers_is_not_asked_again_for_a_usual_pause():
    judged = screen(rows(average=[3.0, NAN, NAN, NAN] * 12, steps=[3000.0] * 48))
    assert days_of(Tier.CHECK_IN, judged) == []


def test_days_without_any_data_cannot_be_judged_and_say_so():
    judged = screen(rows(average=[2.0, 3.0, 2.0, NAN, NAN, NAN]))
    said = [judged.decision(0, day) for day in (0, 5)]
    assert [one.tier for one in said] == [Tier.TECHNICAL, Tier.TECHNICAL]
    assert said[0].reason == "cannot judge: 1 answered day so far, the least is 3"
    assert said[1].reason == "cannot judge: no diary and no movement for 3 days"
    assert said[1].score is None


def test_whoever_stays_silent_with_the_watch_on_is_asked_reviewed_and_then_cannot_be_judged_day_after_day():
    judged = screen(rows(average=[*STEADY, *[NAN] * 35], steps=[3000.0, 3200.0] * 35))
    asked, (seen,) = days_of(Tier.CHECK_IN, judged), days_of(Tier.REVIEW, judged)
    assert len(asked) + 1 == SHIPPED.most_check_ins
    assert set(judged.tier[0, max(*asked, seen) + 1 :].tolist()) == {Tier.TECHNICAL}
    said = judged.decision(0, 69)
    assert said.reason == "cannot judge: no answer for 35 days, and movement alone does not tell pain"
    assert said.score is None


def test_an_answer_that_is_three_days_old_is_enough_and_one_of_four_days_is_not():
    judged = screen(rows(average=[3.0, NAN, NAN, NAN, NAN] * 10, steps=[3000.0] * 50))
    assert judged.tier[0, -5:].tolist() == [Tier.NONE] * 4 + [Tier.TECHNICAL]
    assert judged.decision(0, 49).reason.startswith("cannot judge: no answer for 4 days, ")


def test_less_movement_with_the_pain_of_always_is_for_review_and_no_page():
    judged = screen(rows(average=STEADY * 2, steps=[3000.0, 3300.0] * 20 + [1500.0] * 30))
    assert days_of(Tier.PAGE, judged) == []
    (review,) = days_of(Tier.REVIEW, judged)
    assert review > 40
    assert "look at function" in judged.decision(0, review).reason


def with_treatment(kind: str, *days: int, after: list[float], **beside: list[float]) -> Screened:
    """Steady pain for five weeks, what was given on these days, and the averages from day 36 on."""
    said = rows(average=[*STEADY, 3.0, *after], **beside)
    return screen(replace(said, treatments={(0, day): frozenset({kind}) for day in days}))


@pytest.mark.parametrize("kind", ["radiotherapy", "nerve_block", "surgery", "biopsy"])
def test_some_more_pain_in_the_days_after_a_planned_procedure_is_expected_and_pages_nobody(kind):
    sore = [5.0, 5.0, 5.0, 4.0, 4.0, 3.0, 3.0]
    assert days_of(Tier.PAGE, with_treatment("opioid_up", 35, after=sore)) == [38]
    judged = with_treatment(kind, 35, after=sore)
    assert days_of(Tier.PAGE, judged) == []
    assert days_of(Tier.REVIEW, judged) == []


def test_worse_nights_and_less_movement_after_a_planned_procedure_are_expected_too():
    nights = [84.0, 82.0, 86.0] * 12 + [70.0] * 6
    steps = [3000.0, 3300.0, 2800.0] * 12 + [1200.0] * 6
    beside = {"sleep_efficiency": nights, "steps": steps}
    usual, after = (
        with_treatment(kind, 35, after=[4.0] * 6, **beside).score[0, -1] for kind in ("opioid_up", "surgery")
    )
    assert usual > 0 > after


def test_a_clear_flare_in_the_days_after_a_planned_procedure_is_paged_and_says_so():
    judged = with_treatment("radiotherapy", 35, after=[6.0] * 6)
    (page,) = days_of(Tier.PAGE, judged)
    assert page in (36, 37, 38)
    assert judged.decision(0, page).reason.startswith("more pain than usual, and than is expected ")
    assert "after radiotherapy: average pain 6, usual average 3" in judged.decision(0, page).reason


def test_the_clinical_floor_pages_on_the_day_of_a_procedure():
    judged = with_treatment("surgery", 35, after=[7.0])
    assert judged.tier[0, 36] == Tier.PAGE
    assert judged.decision(0, 36).reason.startswith("severe now: ")


def test_pain_that_stays_when_the_week_after_a_procedure_is_over_is_paged():
    (page,) = days_of(Tier.PAGE, with_treatment("nerve_block", 35, after=[5.0] * 12))
    assert 40 <= page <= 45


def test_over_weeks_of_fractions_only_the_first_week_expects_more_pain():
    fractions = [day for day in range(14, 36) if day % 7 < 5]
    with_them, without = (
        with_treatment(kind, *fractions, after=[5.0] * 6) for kind in ("radiotherapy", "opioid_up")
    )
    assert days_of(Tier.PAGE, with_them) == days_of(Tier.PAGE, without) != []


def test_a_watch_on_the_table_is_told_once_and_says_nothing_about_the_patient():
    worn = [0.9] * 30 + [0.0] * 10
    judged = screen(
        rows(average=[*STEADY, *STEADY[:5]], wear_fraction=worn, steps=[3000.0] * 30 + [0.0] * 10)
    )
    assert days_of(Tier.TECHNICAL, judged)[-1] == 32
    assert days_of(Tier.PAGE, judged) == []
    assert judged.decision(0, 32).reason == "the device has not been worn for 3 days"


def test_a_stricter_threshold_pages_no_more_often():
    said = rows(average=[*STEADY, 5.0, 6.0, 3.0, 6.0, 6.0])
    low, high = (screen(said, replace(SHIPPED, page_score=score)) for score in (-0.5, 1.5))
    assert np.array_equal(low.score, high.score, equal_nan=True)
    assert (low.tier == Tier.PAGE).sum() >= (high.tier == Tier.PAGE).sum()


def test_a_name_that_is_absent_is_unknown_everywhere():
    assert np.isnan(rows(average=[1.0]).of("steps")).all()


BOUNDS = {
    "average": 10,
    "worst": 10,
    "breakthrough": 12,
    "rescue_doses": 8,
    "steps": 9000,
    "activity": 60,
    "wear_fraction": 1,
    "sleep_efficiency": 100,
    "io": 100,
    "ra": 1,
    "utc_offset_min": 840,
    "accepted_level": 10,
}


@st.composite
def histories(draw: st.DrawFn) -> DailyRows:
    """A few patients with anything in their rows."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, d = draw(st.integers(1, 3)), draw(st.integers(2, 50))
    numbers = {}
    for name in NUMBERS:
        values = np.round(rng.random((n, d)) * BOUNDS[name], 0 if BOUNDS[name] > 1 else 2)
        numbers[name] = np.where(rng.random((n, d)) < draw(st.floats(0, 1)), np.nan, values)
    kinds = ("chemo", "chemo", "radiotherapy", "surgery", "opioid_up")
    treatments = {
        (int(rng.integers(n)), int(rng.integers(d))): frozenset(rng.choice(kinds, 2).tolist())
        for _ in range(4)
    }
    return DailyRows(
        tuple(f"p{i}" for i in range(n)),
        (date(2026, 1, 1),) * n,
        rng.integers(1, d + 1, n),
        numbers,
        rng.integers(-1, 3, (n, d)).astype(np.int32),
        treatments,
    )


@settings(max_examples=60, deadline=None)
@given(histories(), st.data())
def test_leaving_out_the_future_changes_no_decision_about_the_past(said, data):
    """Prequential: day k is judged from days 0..k, word for word and to the last digit."""
    until = data.draw(st.integers(1, said.shape[1]))
    whole, cut = screen(said), screen(said.until(until))
    # A patient who is gone by then has no rows after; the last of them is the same in both.
    assert np.array_equal(whole.tier[:, :until], cut.tier)
    assert np.array_equal(whole.score[:, :until], cut.score, equal_nan=True)
    for name, values in whole.features.items():
        assert np.array_equal(values[:, :until], cut.features[name], equal_nan=True), name
    for patient, day in np.argwhere(cut.tier != Tier.NONE):
        assert whole.decision(patient, day) == cut.decision(patient, day)


@settings(max_examples=20, deadline=None)
@given(histories())
def test_each_patient_is_judged_alone(said):
    together = screen(said)
    for i in range(said.shape[0]):
        alone = screen(said.part(i, i + 1))
        assert np.array_equal(alone.tier[0], together.tier[i])
        assert alone.score[0] == pytest.approx(together.score[i], abs=1e-4, nan_ok=True)


def same(one, other, days=slice(None)):
    """All that is said of these days is the same, to the last bit."""
    for name in ("tier", "cause", "score", "floor"):
        assert np.array_equal(getattr(one, name)[:, days], getattr(other, name)[:, days], equal_nan=True), (
            name
        )
    for name, values in one.features.items():
        assert np.array_equal(values[:, days], other.features[name][:, days], equal_nan=True), name
    for name in ("states", "level", "spread", "spoke"):
        ours, theirs = (getattr(screened.filtered, name)[:, days] for screened in (one, other))
        assert np.array_equal(ours, theirs, equal_nan=True), name
    for name, values in one.filtered.usual.items():
        assert np.array_equal(values[:, days], other.filtered.usual[name][:, days], equal_nan=True), name
    said = range(one.rows.shape[1])[days]
    for patient in range(one.rows.shape[0]):
        for day in said:
            assert one.decision(patient, day) == other.decision(patient, day)


@settings(max_examples=60, deadline=None)
@given(histories(), st.data())
def test_a_screen_that_goes_on_says_to_the_last_bit_what_one_screen_says(said, data):
    """Walked in pieces, at any days, each piece with rows that end later, as nights do."""
    d = said.shape[1]
    cuts = sorted(data.draw(st.lists(st.integers(0, d), min_size=1, max_size=3)))
    checkpoint = None
    for cut in cuts:
        known = data.draw(st.integers(cut, d))
        judged, checkpoint = go_on(said.until(known), SHIPPED, checkpoint, cut, keep=d)
        same(judged, screen(said.until(known)))
    judged, _ = go_on(said, SHIPPED, checkpoint, d, keep=d)
    same(judged, screen(said))


@settings(max_examples=30, deadline=None)
@given(histories(), st.data())
def test_what_is_kept_is_enough_for_its_days_and_the_others_say_nothing(said, data):
    d = said.shape[1]
    cut, keep = data.draw(st.integers(1, d)), data.draw(st.integers(8, 20))
    _, checkpoint = go_on(said.until(cut), SHIPPED, None, cut, keep)
    before = [values.copy() for values in (checkpoint.belief.p, checkpoint.belief.learned.habit.days)]
    judged, _ = go_on(said, SHIPPED, checkpoint, cut, keep)
    forgotten = max(0, cut - keep)
    same(judged, screen(said), slice(min(d, forgotten + 7 if forgotten else 0), None))
    assert np.isnan(judged.filtered.states[:, :forgotten]).all()
    assert (judged.tier[:, :forgotten] == -1).all()
    after = (checkpoint.belief.p, checkpoint.belief.learned.habit.days)
    assert all(np.array_equal(*pair) for pair in zip(before, after, strict=True)), "it can be used again"


def test_nobody_to_judge_is_no_fault():
    nobody = DailyRows((), (), np.array([], np.int64), {}, np.full((0, 5), -1, np.int32), {})
    assert screen(nobody).tier.shape == (0, 5)
    assert list(screen(nobody).decisions()) == []


def test_the_words_of_one_day_cost_the_days_of_one_patient_however_many_stand_beside():
    n, d = 2_000, 30
    many = DailyRows(
        tuple(map(str, range(n))),
        (date(2026, 3, 1),) * n,
        np.full(n, d),
        {"average": np.full((n, d), 3.0)},
        np.full((n, d), -1, np.int32),
        {(i, 0): frozenset(["chemo"]) for i in range(n)},
    )
    judged = screen(many)
    tracemalloc.start()
    assert judged.decision(n - 1, d - 1).evidence["last_averages"] == [3.0] * 7
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < n * d, "a column of all patients alone would be eight times that"
