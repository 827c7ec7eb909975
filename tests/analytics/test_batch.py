"""Many patients at once, beside the functions for one timeline."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analytics.indices.batch import regularity_of_many, rhythm_of_many
from analytics.indices.clock_bins import clock_bins
from analytics.indices.cosinor import cosinor
from analytics.indices.day_to_day import NOT_SCORED, autocorrelation_24h, sleep_regularity
from analytics.indices.multiscale import over_bin_lengths
from analytics.indices.persistence import persistence
from analytics.indices.relative_amplitude import profile_extremes
from analytics.indices.rhythm import explained_share, interdaily_stability, intradaily_variability, step_share
from analytics.indices.scales import LENGTHS_MIN, lengths_for
from analytics.indices.timeline import Timeline, timeline_of
from tests.analytics.lives import DAY, ROME, SLEEP_THEN_WALK, epochs, restless

LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # half an hour at a time


def alone(timeline: Timeline) -> dict[str, float | None]:
    hours = clock_bins(timeline)
    indices = [
        *profile_extremes(timeline, hours),
        interdaily_stability(hours),
        intradaily_variability(hours),
        *over_bin_lengths(timeline, hours),
        *cosinor(timeline, hours),
        autocorrelation_24h(timeline),
        persistence(hours),
    ]
    return {index.name: index.value for index in indices}


def a_ward() -> np.ndarray:
    """A week of people who wear it well, badly, on some days, never, or lie perfectly still."""
    week = [restless(7, seed, gaps) for seed, gaps in ((1, 0), (2, 0.1), (3, 0.5), (4, 0.9), (5, 0.02))]
    half = restless(7, 6)
    half[3 * DAY :] = np.nan
    no_morning = restless(7, 7)
    no_morning.reshape(7, DAY)[:, 420:500] = np.nan
    still, never = np.full(7 * DAY, 3.3), np.full(7 * DAY, np.nan)
    spotty = np.where(np.random.default_rng(9).random(7 * DAY) < 0.5, restless(7, 8), np.nan)
    steady = np.tile(SLEEP_THEN_WALK, 7)
    return np.array([*week, half, no_morning, still, never, np.zeros(7 * DAY), spotty, steady])


def test_a_ward_at_once_is_everybody_alone():
    ward = a_ward()
    found = rhythm_of_many(ward.reshape(len(ward), 7, DAY))
    for number, x in enumerate(ward):
        for name, value in alone(epochs(x)).items():
            together = found[name][number]
            if value is None:
                assert np.isnan(together), (name, number)
            else:
                assert together == pytest.approx(value, rel=1e-9, abs=1e-9), (name, number)


def test_the_order_of_patients_and_the_size_of_the_ward_change_nothing():
    ward = a_ward().reshape(-1, 7, DAY)
    found, turned = rhythm_of_many(ward), rhythm_of_many(np.tile(ward[::-1], (3, 1, 1)))
    for name, values in found.items():
        again = np.tile(values[::-1], 3)
        np.testing.assert_allclose(turned[name], again, rtol=1e-12, atol=1e-12, err_msg=name)


def test_nobody_is_nobody():
    assert all(len(values) == 0 for values in rhythm_of_many(np.zeros((0, 7, DAY))).values())


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(patients, days, 1440\)"):
        rhythm_of_many(np.zeros((2, 7, 24)))


def test_regularity_at_once_is_that_of_everybody_alone():
    rng = np.random.default_rng(3)
    states = rng.integers(0, 2, (6, 5, DAY)).astype(np.int8)
    states[rng.random(states.shape) < 0.3] = NOT_SCORED
    states[4, 1:] = NOT_SCORED
    found = regularity_of_many(states)
    for number, one in enumerate(states):
        value = sleep_regularity(epochs(np.zeros(5 * DAY)), one.ravel()).value
        assert found[number] == pytest.approx(np.nan if value is None else value, nan_ok=True)
    assert np.isnan(found[4])


def slowly(timeline: Timeline) -> tuple[float, float]:
    bins = [clock_bins(timeline, minutes) for minutes in lengths_for(timeline.epoch_s)]
    return np.mean([explained_share(b) for b in bins]), np.mean([step_share(b) for b in bins])


@pytest.mark.parametrize(
    "epoch_s, start", [(60.0, "00:00"), (15.0, "09:30"), (120.0, "12:00"), (30.0, "23:59")]
)
def test_many_bin_lengths_at_once_are_each_of_them_alone(epoch_s, start):
    x = np.repeat(restless(5, 4, gaps=0.1), round(60 / epoch_s) or 1)[:: 2 if epoch_s == 120 else 1]
    timeline = epochs(x, epoch_s, f"2026-01-05T{start}+00:00")
    found = [index.value for index in over_bin_lengths(timeline, clock_bins(timeline))]
    assert found == pytest.approx(slowly(timeline), rel=1e-9)


@pytest.mark.parametrize(
    "start, zone",
    [
        ("2026-03-27T00:00+01:00", ROME),
        ("2026-10-22T00:00+02:00", ROME),
        ("2026-04-02T00:00+11:00", LORD_HOWE),
    ],
)
def test_bins_of_many_lengths_know_the_clock_change(start, zone):
    timeline = epochs(restless(6, 4, gaps=0.05), start=start, zone=zone)
    found = [index.value for index in over_bin_lengths(timeline, clock_bins(timeline))]
    assert found == pytest.approx(slowly(timeline), rel=1e-9)


def test_epochs_that_fill_no_table_are_binned_one_by_one():
    whole = epochs(restless(5, 4))
    shaken = whole.t_us + np.random.default_rng(1).integers(-20_000_000, 20_000_000, len(whole.t_us))
    timeline = timeline_of(shaken, whole.x, 60.0, None, None, ROME, "counts")
    found = [index.value for index in over_bin_lengths(timeline, clock_bins(timeline))]
    assert found == pytest.approx(slowly(timeline), rel=1e-12)


def test_the_lengths_are_the_divisors_of_a_day_up_to_an_hour_that_the_epoch_allows():
    assert list(LENGTHS_MIN) == [n for n in range(1, 61) if 1440 % n == 0]
    assert lengths_for(60) == list(LENGTHS_MIN) and lengths_for(5) == list(LENGTHS_MIN)
    assert lengths_for(240) == [4, 8, 12, 16, 20, 24, 32, 36, 40, 48, 60]
    assert lengths_for(7200) == []


def test_three_days_and_every_clock_hour_are_needed_at_every_bin_length():
    timeline = epochs(restless(2, 4))
    stable, varying = over_bin_lengths(timeline, clock_bins(timeline))
    assert "48 valid hours of the 72" in stable.reason and varying.value is not None
    lonely = epochs(np.full(20, 1.0))
    stable, varying = over_bin_lengths(lonely, clock_bins(lonely))
    assert varying.reason.startswith("too little data")
