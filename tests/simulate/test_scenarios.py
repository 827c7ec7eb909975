"""Each story does what it says: seen as the mean of many simulated patients, around their own usual."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from simulate.cohort import Cohort, Realism, make_cohort
from simulate.cohort.cohort import Family

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

BARE = Realism.none()
PLANNED = ("radiotherapy", "nerve_block", "surgery", "biopsy")


def cohort(scenario: str, family: Family = "plain", realism: Realism = BARE) -> Cohort:
    return make_cohort(scenario, 250, 120, seed=7, family=family, realism=realism)


def days(made: Cohort, first: Floats, last: Floats) -> Mask:
    """(n, d): from a day of each patient up to and without another."""
    day = np.arange(made.shape[1])[None, :]
    return (day >= np.asarray(first)[:, None]) & (day < np.asarray(last)[:, None])


def rise(values: Floats, there: Mask, before: Mask) -> float:
    """Mean over patients of the days `there` against the days `before`."""
    with np.errstate(all="ignore"):
        now = np.nanmean(np.where(there, values, np.nan), axis=1)
        then = np.nanmean(np.where(before, values, np.nan), axis=1)
    return float(np.nanmean(now - then))


@pytest.fixture(scope="module", params=["plain", "heavy"])
def family(request: pytest.FixtureRequest) -> Family:
    return "heavy" if request.param == "heavy" else "plain"


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
class TestEvents:
    def test_a_flare_raises_pain_by_about_three_points_for_one_to_two_weeks(self, family: Family) -> None:
        made = cohort("flare", family)
        onset, end = made.events["onset"], made.events["end"]
        assert ((end - onset >= 7) & (end - onset <= 14)).all()
        assert onset.min() >= 28
        up = rise(made.truth, days(made, onset, onset + 6), days(made, onset - 28, onset))
        assert up == pytest.approx(3.25, abs=0.4 if family == "plain" else 0.6)
        after = rise(made.truth, days(made, end + 1, end + 8), days(made, onset - 28, onset))
        assert after == pytest.approx(0, abs=0.2)

    def test_a_drift_passes_two_points_after_two_to_three_weeks(self, family: Family) -> None:
        made = cohort("drift", family)
        onset, crossed = made.events["onset"], made.events["plus_two"]
        assert (made.events["count_from"] == onset + 4).all()
        assert (made.events["count_to"] == np.minimum(crossed + 11, 120)).all()
        assert ((crossed - onset >= 12) & (crossed - onset <= 19)).all()
        usual = days(made, onset - 28, onset)
        assert rise(made.truth, days(made, onset, onset + 4), usual) < 0.8
        assert rise(made.truth, days(made, crossed, crossed + 3), usual) == pytest.approx(2.2, abs=0.4)

    def test_bad_nights_come_three_days_before_a_sleep_led_flare(self, family: Family) -> None:
        made = cohort("sleep_lead", family)
        onset = made.events["onset"]
        assert (made.events["count_from"] == onset - 3).all()
        usual, lead = days(made, onset - 28, onset - 3), days(made, onset - 3, onset)
        assert rise(made.sleep_efficiency, lead, usual) == pytest.approx(-8, abs=1.5)
        times = np.exp(rise(np.log(100.001 - made.io), lead, usual))
        assert times == pytest.approx(2.5, abs=0.5)
        assert rise(made.truth, lead, usual) == pytest.approx(0, abs=0.25)
        assert rise(made.truth, days(made, onset, onset + 6), usual) > 2.6

    def test_pain_silences_the_diary_in_a_missed_flare_and_the_answer_to_a_check_in_less(
        self, family: Family
    ) -> None:
        made = cohort("mnar_flare", family)
        onset, end = made.events["onset"], made.events["end"]
        inside, usual = days(made, onset, onset + 8), days(made, onset - 28, onset)
        answered = ~np.isnan(made.average)
        assert answered[inside & days(made, onset, end)].mean() < 0.15
        assert answered[usual].mean() > 0.6
        assert 0.2 < (~np.isnan(made.reply_average[inside])).mean() < 0.45

    def test_breakthrough_episodes_rise_by_three_a_day_and_the_average_does_not(self, family: Family) -> None:
        made = cohort("btp_rise", family)
        onset, end = made.events["onset"], made.events["end"]
        inside, usual = days(made, onset, end), days(made, onset - 28, onset)
        assert rise(made.breakthrough, inside, usual) == pytest.approx(3.0, abs=0.5)
        assert rise(made.average, inside, usual) == pytest.approx(0, abs=0.2)
        assert rise(made.worst, inside, usual) > 0.7

    def test_a_flare_after_therapy_begins_one_to_four_days_after_an_infusion(self, family: Family) -> None:
        made = cohort("chemo_flare", family)
        for event in made.events:
            given = np.flatnonzero(made.treatment[event["patient"]] == "chemo")
            assert 1 <= event["onset"] - given[given <= event["onset"]].max() <= 4
        onset = made.events["onset"]
        assert rise(made.truth, days(made, onset, onset + 6), days(made, onset - 28, onset)) > 2.7

    def test_a_flare_after_a_procedure_begins_one_to_four_days_after_it(self, family: Family) -> None:
        made = cohort("procedure_flare", family)
        for event in made.events:
            given = np.flatnonzero(np.isin(made.treatment[event["patient"]], PLANNED))
            assert given[0] < event["onset"] <= given[0] + 4
        onset = made.events["onset"]
        assert rise(made.truth, days(made, onset, onset + 6), days(made, onset - 28, onset - 4)) > 2.7

    def test_an_early_flare_begins_within_two_weeks_of_enrolment(self) -> None:
        made = cohort("early_flare")
        assert set(made.events["onset"]) == set(range(5, 14))

    def test_a_second_flare_begins_twenty_days_after_the_first(self) -> None:
        made = cohort("second_flare")
        first = made.events[made.events["kind"] == "flare"]
        second = made.events[made.events["kind"] == "second_flare"]
        np.testing.assert_array_equal(first["patient"], second["patient"])
        assert (second["onset"] - first["onset"] == 20).all()
        assert (first["end"] < second["onset"]).all()


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
class TestWhatOnlyLooksLikeOne:
    def test_therapy_has_a_window_from_each_infusion_on_and_tires(self, family: Family) -> None:
        made = cohort("chemo", family)
        assert (made.treatment == "chemo").any(axis=1).all()
        assert len(made.windows) == (made.treatment == "chemo").sum()
        inside = np.zeros(made.shape, dtype=bool)
        for window in made.windows:
            inside[window["patient"], window["first"] + 1 : window["last"]] = True
        assert rise(made.truth, inside, ~inside) > 0.2
        worn = np.where((made.wear_fraction >= 0.6) & (made.steps > 0), made.steps, np.nan)
        assert rise(np.log(worn), inside, ~inside) < -0.1

    def test_a_procedure_has_a_window_with_some_more_pain_and_less_movement_for_days(
        self, family: Family
    ) -> None:
        made = cohort("procedure", family)
        first, last = made.windows["first"], made.windows["last"]
        given = np.isin(made.treatment, PLANNED)
        assert (given.argmax(axis=1) == first).all()
        assert given.any(axis=1).all()
        assert (last - first == 8).all()
        usual = days(made, first - 28, first)
        assert 0.4 < rise(made.truth, days(made, first + 1, first + 4), usual) < 1.2
        assert rise(made.sleep_efficiency, days(made, first + 1, first + 4), usual) < -1
        worn = np.where((made.wear_fraction >= 0.6) & (made.steps > 0), made.steps, np.nan)
        assert rise(np.log(worn), days(made, first, first + 3), usual) < -0.1
        later = days(made, last + 2, last + 10)
        assert rise(made.truth, later, usual) == pytest.approx(0, abs=0.2)

    def test_a_week_without_the_device_is_nothing_worn_for_seven_days(self) -> None:
        made = cohort("nonwear")
        inside = days(made, made.windows["first"], made.windows["last"])
        assert (inside.sum(axis=1) == 7).all()
        assert (made.wear_fraction[inside] == 0).all()
        assert np.isnan(made.steps[inside]).all()
        assert (~np.isnan(made.average[inside])).mean() > 0.6

    def test_another_device_counts_thirty_percent_more(self) -> None:
        made = cohort("device_swap")
        first = made.windows["first"]
        after = made.device == 1
        np.testing.assert_array_equal(after.argmax(axis=1), first)
        counted = np.log(np.where((made.wear_fraction >= 0.6) & (made.steps > 0), made.steps, np.nan))
        assert np.exp(rise(counted, after, ~after)) == pytest.approx(1.3, abs=0.06)
        assert rise(made.truth, after, ~after) == pytest.approx(0, abs=0.1)

    def test_a_traveller_is_hours_away_and_sleeps_badly(self, family: Family) -> None:
        made = cohort("tz_shift", family)
        away = made.utc_offset_min != 60
        assert set(away.sum(axis=1)) == ({4} if family == "plain" else {14})
        assert (np.abs(made.utc_offset_min - 60)[away] >= 300).all()
        first = made.windows["first"]
        assert rise(made.sleep_efficiency, days(made, first, first + 4), ~away) < -3

    def test_relief_follows_more_opioid(self, family: Family) -> None:
        made = cohort("opioid_relief", family)
        first = made.windows["first"]
        given = made.treatment[np.arange(250), first]
        assert (given == "opioid_up").mean() > 0.9  # an infusion on the same day keeps its place
        before, after = days(made, first - 14, first), days(made, first + 6, first + 20)
        assert rise(made.truth, after, before) == pytest.approx(-2, abs=0.3)

    def test_severe_and_stable_is_seven_to_eight_all_along(self) -> None:
        made = cohort("severe_stable")
        assert np.nanmedian(made.average) in (7, 8)
        assert (np.nanmean(made.average, axis=1) > 6.5).all()

    def test_a_noisy_rater_scatters_by_about_two_points(self) -> None:
        made = cohort("noisy_rater")
        assert np.nanstd(made.average, axis=1).mean() == pytest.approx(1.9, abs=0.3)

    def test_functional_decline_takes_45_percent_of_the_steps_on_a_route_of_its_own(
        self, family: Family
    ) -> None:
        made = cohort("func_decline", family)
        assert set(made.events["route"]) == {"function"}
        onset = made.events["onset"]
        end = np.full(250, 120)
        worn = np.where((made.wear_fraction >= 0.6) & (made.steps > 0), made.steps, np.nan)
        after, before = days(made, onset + 10, end), days(made, onset - 28, onset)
        assert np.exp(rise(np.log(worn), after, before)) == pytest.approx(0.55, abs=0.06)
        assert rise(made.truth, after, before) == pytest.approx(0, abs=0.15)
