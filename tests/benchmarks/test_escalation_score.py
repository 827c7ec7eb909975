"""Counting of the escalation benchmark: small trials by hand, with what must come out of them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from analytics.escalation.rows import DailyRows
from benchmarks.escalation import draws
from benchmarks.escalation.figures import Figures, predictive_value
from benchmarks.escalation.groups import groups
from benchmarks.escalation.seeds import EVALUATION, PATIENTS, TUNING
from benchmarks.escalation.tally import Calls, Tally, tally
from benchmarks.escalation.targets import LINES, Target, shown
from benchmarks.escalation.trials import Trial, trial
from simulate.cohort import EVENT, WINDOW

DAYS = 28
NAN = float("nan")


def a_trial(events=(), windows=(), *, patients: int = 2, worst: float = 4.0, gone: int = 0) -> Trial:
    """Patients with the same pain every day; the last `gone` days have no row."""
    shape = (patients, DAYS)
    present = np.broadcast_to(np.arange(DAYS) < DAYS - gone, shape)
    told = np.where(present, worst, np.nan)
    rows = DailyRows(
        tuple(f"p{i}" for i in range(patients)),
        (date(2026, 3, 1),) * patients,
        np.full(patients, DAYS),
        {"average": np.minimum(told, 3.0), "worst": told},
        np.zeros(shape, dtype=np.int32),
        {},
    )
    return Trial(
        "made",
        "nominal",
        rows,
        np.array(list(events), dtype=EVENT),
        np.array(list(windows), dtype=WINDOW),
        present,
        np.full(shape, 2.0),
        np.full(shape, 3.0),
        {"sex": np.array(["female", "male"] * patients)[:patients]},
    )


def an_event(patient: int = 0, kind: str = "flare", onset: int = 10):
    return (patient, kind, onset, onset + 10, "pain", onset, onset, onset + 8)


def called(patients: int = 2, *, pages=(), check_ins=()) -> Calls:
    days = {
        name: np.zeros((patients, DAYS), dtype=bool) for name in ("page", "check_in", "review", "technical")
    }
    for place in pages:
        days["page"][place] = True
    for place in check_ins:
        days["check_in"][place] = True
    return Calls(**days)


def scored(**scenarios: Tally) -> Figures:
    return Figures(scenarios)


@pytest.mark.parametrize(
    ("day", "delay"),
    [
        pytest.param(9, NAN, id="the day before"),
        pytest.param(10, 0, id="on the day of onset"),
        pytest.param(17, 7, id="seven days later"),
        pytest.param(18, NAN, id="a day too late"),
    ],
)
def test_a_page_counts_from_onset_to_seven_days_later(day, delay):
    (found,) = tally(a_trial([an_event()]), called(pages=[(0, day)])).events
    assert found["paged"] == (not np.isnan(delay))
    assert found["delay"] == pytest.approx(delay, nan_ok=True)


def test_a_page_of_somebody_else_finds_nothing():
    (found,) = tally(a_trial([an_event(patient=0)]), called(pages=[(1, 11)])).events
    assert not found["paged"]


def test_an_answered_check_in_counts_for_whoever_fell_silent_and_for_nobody_else():
    of = scored(
        **{
            kind: tally(a_trial([an_event(kind=kind)]), called(check_ins=[(0, 12)]))
            for kind in ("mnar_flare", "flare")
        }
    )
    assert of.sensitivity("mnar_flare").value == 1.0
    assert of.sensitivity("mnar_flare", pages_alone=True).value == 0.0
    assert of.heard("mnar_flare") == (0, 1, 1)
    assert of.sensitivity("flare").value == 0.0


def test_a_check_in_that_stays_unanswered_finds_nobody():
    made = a_trial([an_event(kind="mnar_flare")])
    made.reply_average[:] = made.reply_worst[:] = NAN
    (found,) = tally(made, called(check_ins=[(0, 12)])).events
    assert not found["heard"]


def test_a_page_on_a_day_at_the_floor_is_not_calm():
    pages = called(pages=[(0, 3), (0, 20), (1, 5)])
    for worst, calm in ((8.0, 3), (9.0, 0)):
        found = tally(a_trial(worst=worst), pages)
        assert (found.paged.sum(), found.calm.sum()) == (3, calm)


def test_weeks_without_rows_are_no_weeks_of_a_patient():
    found = tally(a_trial(gone=14), called(pages=[(0, 3)]))
    assert found.weeks.tolist() == [2.0, 2.0]
    assert scored(stable=found).rate("stable", "paged").value == pytest.approx(0.25)


def test_a_window_is_paged_once_however_often():
    made = a_trial(windows=[(0, "nonwear", 5, 12), (1, "nonwear", 5, 12)])
    found = tally(made, called(pages=[(0, 5), (0, 11), (1, 12)]))
    assert scored(nonwear=found).windows("nonwear", "nonwear").value == 0.5


def test_the_delay_of_what_was_missed_is_never_and_not_left_out_unsaid():
    events = [an_event(0), an_event(1), an_event(2)]
    of = scored(flare=tally(a_trial(events, patients=3), called(3, pages=[(0, 13)])))
    assert of.delay(("flare",)).value == 3
    assert shown(of.delay(("flare",), missed=True), days=True).startswith("never")


def test_chance_capture_is_that_of_the_published_arithmetic():
    """clinical.md 4.3: 0.5 pages a week hit 44 % of windows of 8 days."""
    fourteen = [(0, 3), (1, 3)] * 2 + [(0, 20), (1, 20)]
    stable = tally(a_trial(), called(pages=fourteen))
    flare = tally(a_trial([an_event()]), called())
    of = scored(stable=stable, flare=flare)
    assert of.rate("stable", "calm").value == pytest.approx(0.5)
    assert of.chance("flare", strict=False).value == pytest.approx(0.435, abs=0.001)


@pytest.mark.parametrize(("false", "value"), [(0.02, 0.72), (0.05, 0.50), (0.10, 0.34), (0.35, 0.13)])
def test_predictive_value_is_that_of_the_published_arithmetic(false, value):
    """clinical.md 4.3, for a sensitivity of 0.84."""
    found = predictive_value(draws.Figure(np.array([0.84])), draws.Figure(np.array([false])))
    assert found.value == pytest.approx(value, abs=0.006)


def test_wilsons_interval_is_that_of_the_textbook():
    assert draws.wilson(10, 100) == pytest.approx((0.0552, 0.1744), abs=1e-4)
    assert draws.wilson(0, 40) == pytest.approx((0.0, 0.0876), abs=1e-4)
    assert draws.wilson(0, 0) is None


def test_pages_of_one_patient_say_less_than_the_same_pages_of_many():
    weeks, w = np.full(50, 17.0), draws.weights(50, seed=1)
    one, many = np.zeros(50), np.ones(50)
    one[0] = 50.0
    wide, narrow = (draws.ratio(pages, weeks, w) for pages in (one, many))
    assert wide.value == narrow.value
    assert np.ptp(wide.interval) > 10 * np.ptp(narrow.interval)


def test_no_hit_among_many_windows_of_a_patient_is_not_certainty():
    patient = np.repeat(np.arange(20), 5)
    none = draws.share(np.zeros(100, dtype=bool), patient, draws.weights(20, seed=1))
    assert none.value == 0.0
    assert none.interval == pytest.approx((0.0, 0.161), abs=0.001)


def test_the_median_of_a_sample_weighs_its_patients():
    w = np.array([[1.0, 1.0, 1.0], [3.0, 0.0, 0.0], [0.0, 1.0, 2.0]])
    found = draws.median(np.array([5.0, 1.0, 9.0]), np.arange(3), w)
    assert found.all.tolist() == [5.0, 5.0, 9.0]


def test_a_target_that_nothing_is_known_of_is_not_met():
    assert not Target(most=0.03).met(NAN)
    assert shown(draws.Figure(np.full(4, NAN)), target=Target(most=0.03)) == "none"
    assert shown(draws.Figure(np.full(4, 0.05)), target=Target(most=0.03)).endswith("**not met**")


def test_the_targets_are_those_of_the_issue():
    asked = {line.what: (line.nominal.words, line.stressed.words) for line in LINES if line.nominal}
    assert asked["all pages a patient-week, stable"] == ("<= 0.08", "<= 0.08")
    assert asked["mean sensitivity of the five events"] == (">= 0.9", ">= 0.85")
    assert len(asked) == 22, "of procedures the issue says that they do not page, and no number"


def test_tuning_and_evaluation_share_no_seed():
    assert not set(TUNING) & set(EVALUATION)
    assert len(EVALUATION) == len(set(EVALUATION))
    assert PATIENTS % len(EVALUATION) == 0


def test_a_trial_takes_equal_parts_of_its_seeds_and_events_stay_with_their_patient():
    made = trial("flare", "nominal", TUNING[:3], 8)
    assert [name.split("-")[0] for name in made.rows.patients] == ["1"] * 3 + ["2"] * 3 + ["3"] * 2
    assert sorted(made.events["patient"]) == list(range(8))
    alone = trial("flare", "nominal", TUNING[2:3], 2)
    assert made.events["onset"][6:].tolist() == alone.events["onset"].tolist()
    assert np.array_equal(made.rows.of("worst")[6:], alone.rows.of("worst"), equal_nan=True)


def test_entries_that_arrive_late_can_be_left_out():
    from simulate.cohort import make_cohort

    cohort = make_cohort("stable", 40, 120, TUNING[0])
    late = cohort.arrived_after_days > 0
    assert late.any()
    seen = {
        kept: trial("stable", "nominal", TUNING[:1], 40, late_entries=kept).rows.of("worst")
        for kept in (True, False)
    }
    assert np.isnan(seen[False][late]).all()
    assert not np.isnan(seen[False][cohort.arrived_after_days == 0]).any()
    assert not np.isnan(seen[True][late]).any()


def test_groups_tell_who_is_seen_worse():
    events = [an_event(patient) for patient in range(20)]
    found = tally(a_trial(events, patients=20), called(20, pages=[(i, 11) for i in range(0, 20, 2)]))
    by_name = {group.name: group for group in groups({"flare": found})}
    assert by_name["sex female"].sensitivity.value == 1.0
    assert by_name["sex male"].sensitivity.value == 0.0
    assert by_name["diary on fewer than half of the days"].patients == 0
