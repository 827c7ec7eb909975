from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.indices.clock_bins import clock_bins
from analytics.indices.rhythm import interdaily_stability, intradaily_variability
from analytics.indices.timeline import Timeline, timeline_of
from analytics.recordings.read import read_recording

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "actigraphy" / "epoch" / "depresjon"
UTC, ROME = ZoneInfo("UTC"), ZoneInfo("Europe/Rome")
HOUR_US = 3600 * 1_000_000
SLEEP_THEN_WALK = np.r_[np.zeros(8), np.full(16, 100.0)]


def us(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1e6)


def hourly(x: np.ndarray, start: str = "2026-01-05T00:00+00:00", zone: ZoneInfo = UTC) -> Timeline:
    t = us(start) + np.arange(len(x)) * HOUR_US
    return timeline_of(t, np.asarray(x, float), 3600.0, None, None, zone, "counts")


def minutely(x: np.ndarray, start: str = "2026-01-05T00:00+00:00", zone: ZoneInfo = UTC) -> Timeline:
    t = us(start) + np.arange(len(x)) * 60_000_000
    return timeline_of(t, np.asarray(x, float), 60.0, None, None, zone, "counts")


def stability(timeline: Timeline) -> float | None:
    return interdaily_stability(clock_bins(timeline)).value


def test_identical_days_are_perfectly_stable():
    assert stability(hourly(np.tile(SLEEP_THEN_WALK, 7))) == pytest.approx(1.0)


def test_days_without_a_common_shape_are_not_stable():
    # Day and night change places every day: the average day is flat.
    assert stability(hourly(np.tile(np.r_[np.zeros(12), np.ones(24), np.zeros(12)], 4))) == pytest.approx(0)


def test_half_of_the_variance_is_in_the_average_day():
    # Two levels by the hour and two by the day, equally far apart: by hand 1/2.
    x = np.tile(np.r_[np.zeros(12), np.ones(12)], 4) + np.repeat([0, 1, 0, 1], 24)
    assert stability(hourly(x)) == pytest.approx(0.5)


@pytest.mark.parametrize("hours, says", [(71, "71 valid hours of the 72"), (0, "0 valid hours")])
def test_less_than_three_days_cannot_be_judged(hours, says):
    index = interdaily_stability(clock_bins(hourly(np.arange(hours))))
    assert index.value is None and says in index.reason and index.reason.startswith("too little data: ")


def test_an_hour_of_the_clock_that_was_never_worn_leaves_no_stability():
    x = np.tile(SLEEP_THEN_WALK, 5)
    x[3::24] = np.nan
    assert "1 of 24" in interdaily_stability(clock_bins(hourly(x))).reason


def test_a_constant_level_has_no_rhythm_to_speak_of():
    bins = clock_bins(hourly(np.full(96, 0.1)))
    assert (
        interdaily_stability(bins).reason
        == intradaily_variability(bins).reason
        == "the activity never varies"
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(3, 9), st.floats(0, 0.7), st.integers(0, 2**32 - 1))
def test_gaps_never_push_stability_above_one(days, gaps, seed):
    rng = np.random.default_rng(seed)
    x = np.tile(rng.gamma(0.5, 100, 24), days) * rng.choice([1, 1, 1, 3], days * 24)
    x[rng.random(len(x)) < gaps] = np.nan
    value = stability(hourly(x))
    assert value is None or 0 <= value <= 1


def test_an_alternation_by_the_hour_is_four_times_its_variance():
    assert intradaily_variability(clock_bins(hourly(np.tile([0.0, 1.0], 36)))).value == pytest.approx(4)


def test_steps_across_a_gap_are_no_steps():
    x = np.array([0, 0, np.nan, 10, 10.0])  # mean 5, variance 25, both neighbours equal
    assert intradaily_variability(clock_bins(hourly(x))).value == 0


def test_variability_by_hand():
    # Hours 1, 2, 4: steps 1 and 4 (squared), mean 2.5; variance 14/9.
    assert intradaily_variability(clock_bins(hourly([1, 2, 4]))).value == pytest.approx(2.5 / (14 / 9))


def test_no_two_hours_in_a_row_leave_no_variability():
    index = intradaily_variability(clock_bins(hourly([1, np.nan, 2, np.nan])))
    assert index.value is None and "no two valid hours" in index.reason


@pytest.mark.parametrize("valid, counts", [(29, False), (30, True)])
def test_an_hour_counts_when_half_of_it_is_valid(valid, counts):
    x = np.full(60, np.nan)
    x[:valid] = 5
    assert clock_bins(minutely(x)).mean.tolist() == ([5.0] if counts else [])


def test_hours_are_those_of_the_wall_and_not_of_the_first_epoch():
    bins = clock_bins(minutely(np.r_[np.full(30, 1.0), np.full(60, 2.0)], "2026-01-05T08:30+00:00", ROME))
    assert bins.clock.tolist() == [9, 10] and bins.mean.tolist() == [1.0, 2.0]


def test_the_skipped_hour_lies_between_neighbours_and_the_repeated_one_is_two():
    spring = clock_bins(hourly(np.arange(4), "2026-03-29T00:00+01:00", ROME))
    assert spring.clock.tolist() == [0, 1, 3, 4]
    assert np.diff(spring.start_us).tolist() == [HOUR_US] * 3
    autumn = clock_bins(hourly(np.arange(5), "2026-10-25T00:00+02:00", ROME))
    assert autumn.clock.tolist() == [0, 1, 2, 2, 3]
    assert np.diff(autumn.start_us).tolist() == [HOUR_US] * 4


def test_a_clock_that_goes_back_half_an_hour_cuts_an_hour_in_two():
    lord_howe = ZoneInfo("Australia/Lord_Howe")  # on 2026-04-05 at 02:00 back to 01:30
    bins = clock_bins(minutely(np.arange(150), "2026-04-05T01:00+11:00", lord_howe))
    assert bins.clock.tolist() == [1, 1, 2]
    assert bins.mean.tolist() == [np.arange(60).mean(), np.arange(60, 90).mean(), np.arange(90, 150).mean()]


def test_epochs_out_of_order_are_refused():
    with pytest.raises(ValueError, match="rising order"):
        timeline_of(np.array([60, 0]), np.zeros(2), 60.0, None, None, UTC, "counts")


@pytest.mark.recordings
@pytest.mark.skipif(not SHARED.exists(), reason="the real recordings are not beside the project")
class TestControl10:
    @pytest.fixture
    def recording(self):
        return read_recording(SHARED / "control_10.csv")

    def test_all_of_it_gives_the_known_stability_and_variability(self, recording):
        bins = clock_bins(
            timeline_of(recording.t_us, recording.activity, 60.0, None, None, recording.zone, "counts")
        )
        assert interdaily_stability(bins).value == pytest.approx(0.371513, abs=1e-6)
        assert intradaily_variability(bins).value == pytest.approx(0.631171, abs=1e-6)

    def test_the_peer_differs_by_sums_of_hours_and_sample_variances(self, recording):
        """Hours of pyActigraphy are sums, the last one cut short; its profile counts each clock hour once."""
        padded = np.r_[recording.activity, np.zeros(-len(recording.activity) % 60)]
        hours = padded.reshape(-1, 60).sum(axis=1)
        first = recording.t_us[0] // HOUR_US
        clock = (first + np.arange(len(hours))) % 24
        profile = np.array([hours[clock == c].mean() for c in range(24)])
        assert profile.var(ddof=1) / hours.var(ddof=1) == pytest.approx(0.3872425833, abs=1e-9)
        steps = (np.diff(hours) ** 2).mean()
        assert steps / hours.var(ddof=1) == pytest.approx(0.6294146553, abs=1e-9)
