"""What happens to rows beside the model: each by itself, and none of it moves an event."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from simulate.cohort import SCENARIOS, Cohort, Realism, make_cohort

BARE = Realism.none()


def with_only(name: str, scenario: str = "stable", patients: int = 300) -> Cohort:
    return make_cohort(scenario, patients, 120, seed=5, realism=replace(BARE, **{name: True}))


@pytest.fixture(scope="module")
def bare() -> Cohort:
    return make_cohort("stable", 300, 120, seed=5, realism=BARE)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_onset_and_window_of_events_do_not_depend_on_what_else_happens(scenario: str) -> None:
    plain = make_cohort(scenario, 100, 120, seed=6, realism=BARE)
    rich = make_cohort(scenario, 100, 120, seed=6)
    for name in ("patient", "kind", "onset", "plus_two", "count_from", "count_to"):
        np.testing.assert_array_equal(plain.events[name], rich.events[name])
    for event in rich.events:
        seen = rich.present[event["patient"], event["count_from"] : event["count_to"]]
        assert seen.all()


@pytest.mark.parametrize("name", [field.name for field in fields(Realism)])
def test_one_thing_that_is_switched_on_leaves_the_other_patients_alone(name: str, bare: Cohort) -> None:
    made = with_only(name)
    same = [
        np.array_equal(getattr(made, column)[i], getattr(bare, column)[i], equal_nan=True)
        for i in range(0, 300, 5)
        for column in ("average", "worst")
    ]
    if name in ("unequal", "seasons", "duplicates", "clock_drift", "new_devices", "zero_steps"):
        return
    assert np.mean(same) > 0.5 or name == "late_entries"


def test_rows_stop_in_hospital_for_days_and_after_death_for_good() -> None:
    admitted = with_only("admissions").present
    assert 0.03 < (~admitted).any(axis=1).mean() < 0.12
    assert (~admitted).sum(axis=1).max() <= 9
    died = with_only("deaths")
    gone = (~died.present).any(axis=1)
    assert 2 <= gone.sum() <= 30
    assert set(died.attributes["stage"][gone]) == {"IV"}
    for row in died.present[gone]:
        assert not row[row.argmin() :].any()
    assert np.isnan(died.steps[~died.present]).all()
    assert np.isnan(died.reply_average[~died.present]).all()


def test_some_patients_like_0_5_and_8(bare: Cohort) -> None:
    def favourites(made: Cohort) -> float:
        return float(np.isin(made.average[~np.isnan(made.average)], (0, 5, 8)).mean())

    heaped = with_only("heaping")
    assert favourites(heaped) > favourites(bare) + 0.01
    answered = ~np.isnan(heaped.average)
    assert (heaped.worst >= heaped.average)[answered].all()


def test_late_entries_say_how_late_they_are(bare: Cohort) -> None:
    assert set(np.unique(bare.arrived_after_days[~np.isnan(bare.average)])) == {0.0}
    late = with_only("late_entries")
    np.testing.assert_array_equal(np.isnan(late.arrived_after_days), np.isnan(late.average))
    arrived = late.arrived_after_days[~np.isnan(late.arrived_after_days)]
    assert (arrived == 1).mean() == pytest.approx(0.04, abs=0.01)
    assert (arrived >= 2).mean() == pytest.approx(0.02, abs=0.01)
    assert arrived.max() == 4


def test_a_carers_entries_are_marked_and_higher(bare: Cohort) -> None:
    made = with_only("proxies")
    assert 0.01 < made.proxy.sum() / (~np.isnan(made.average)).sum() < 0.05
    assert np.nanmean((made.average - bare.average)[made.proxy]) == pytest.approx(0.7, abs=0.2)


def test_a_day_in_the_drawer_is_zero_steps_on_some_devices_and_none_on_others(bare: Cohort) -> None:
    drawer = bare.wear_fraction == 0
    assert np.isnan(bare.steps[drawer]).all()
    sent = with_only("zero_steps").steps
    assert (sent[drawer] == 0).mean() == pytest.approx(0.2, abs=0.07)


def test_who_is_treated_after_a_flare_gets_better_sooner() -> None:
    untreated = make_cohort("flare", 200, 120, seed=5, realism=BARE)
    treated = with_only("response", "flare", 200)
    given = (treated.treatment != untreated.treatment).any(axis=1)
    assert 0.3 < given.mean() < 0.7
    for event in treated.events[given[treated.events["patient"]]]:
        i = event["patient"]
        day = int((treated.treatment[i] != untreated.treatment[i]).argmax())
        assert event["count_to"] <= day < event["end"]
        assert treated.truth[i, day + 1] < untreated.truth[i, day + 1]


def test_a_drift_ends_when_its_treatment_has_helped() -> None:
    made = with_only("response", "drift", 200)
    ended = made.events["end"] < 120
    assert ended.mean() > 0.3
    assert (made.events["end"] > made.events["count_to"])[ended].all()


def test_summer_time_and_summer_steps(bare: Cohort) -> None:
    made = with_only("seasons")
    assert (made.utc_offset_min[:, 82] == 60).all()
    assert (made.utc_offset_min[:, 83] == 120).all()
    ratio = made.steps / np.where(bare.steps > 0, bare.steps, np.nan)
    assert np.nanmean(ratio[:, :20]) < 0.98
    assert np.nanmean(ratio[:, -20:]) > np.nanmean(ratio[:, :20]) + 0.03


def test_a_slow_clock_lets_days_run_into_each_other(bare: Cohort) -> None:
    made = with_only("clock_drift")
    changed = np.nanmax(np.abs(made.steps - bare.steps), axis=1) > 20
    assert 0.01 < changed.mean() < 0.1


def test_some_patients_get_another_device_some_rows_come_twice_some_doses_change() -> None:
    assert 0.03 < (with_only("new_devices").device > 0).any(axis=1).mean() < 0.14
    assert with_only("duplicates").uploaded_twice.mean() == pytest.approx(0.01, abs=0.003)
    doses = with_only("dose_changes").treatment
    assert 0.15 < np.isin(doses, ("opioid_up", "opioid_down")).any(axis=1).mean() < 0.35


def test_stage_iv_answers_less_and_the_average_patient_as_often_as_ever(bare: Cohort) -> None:
    made = with_only("unequal")
    answered = (~np.isnan(made.average)).mean(axis=1)
    fourth = made.attributes["stage"] == "IV"
    assert answered[fourth].mean() < answered[~fourth].mean() - 0.02
    assert answered.mean() == pytest.approx((~np.isnan(bare.average)).mean(), abs=0.02)
    old = made.attributes["age_band"] == "75+"
    worn = (made.wear_fraction >= 0.6).mean(axis=1)
    assert worn[old].mean() < worn[~old].mean()


def test_a_stressed_cohort_is_the_same_people_with_a_fifth_less() -> None:
    calm = make_cohort("flare", 200, 120, seed=5)
    stressed = make_cohort("flare", 200, 120, seed=5, stressed=True)
    entries = (~np.isnan(stressed.average)).sum() / (~np.isnan(calm.average)).sum()
    assert entries == pytest.approx(0.8, abs=0.02)
    worn = (stressed.wear_fraction >= 0.6).sum() / (calm.wear_fraction >= 0.6).sum()
    assert worn == pytest.approx(0.8, abs=0.02)
    np.testing.assert_array_equal(calm.events, stressed.events)
    np.testing.assert_array_equal(calm.truth, stressed.truth)
    both = ~np.isnan(stressed.average)
    np.testing.assert_array_equal(calm.average[both], stressed.average[both])
