"""Many overlapping windows at once, beside the functions for one window."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.days import local_day_of
from analytics.indices.daily import WEEK_DAYS, indices_of_days, prepare
from analytics.indices.extended_cosinor import extended_cosinor
from analytics.indices.index import Index
from analytics.indices.rolling import rolling
from analytics.indices.scored import scored_by_counts
from analytics.indices.windows import up_to, window_indices
from analytics.recordings.recording import EpochRecording
from tests.analytics.lives import DAY, ROME, UTC, restless, us

LORD_HOWE, HAVANA = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("America/Havana")


def life(x, epoch_s=60.0, start="2026-01-05T00:00+00:00", zone=UTC, shift_us=0):
    t_us = us(start) + np.arange(len(x)) * round(epoch_s * 1e6) + shift_us
    recording = EpochRecording(t_us, epoch_s, x, "counts", zone.key, zone)
    scored = scored_by_counts(recording, ~np.isnan(x))
    return prepare(t_us, x, epoch_s, None, None, zone, "counts", scored=scored)


def windows_of(prepared, lengths=(28, 7, 1)) -> list[tuple[date, date]]:
    t_us = prepared.timeline.t_us
    first, last = local_day_of(t_us[[0, -1]], prepared.timeline.zone).tolist()
    days = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    return [up_to(day, n) for day in days[:: max(len(days) // 8, 1)] for n in lengths]


def assert_alike(found: list[Index], alone: list[Index]) -> None:
    assert [one.name for one in found] == [one.name for one in alone]
    for one, other in zip(found, alone, strict=True):
        assert (one.reason, one.unit) == (other.reason, other.unit), one.name
        if other.value is not None:
            assert one.value == pytest.approx(other.value, rel=1e-9, abs=1e-9), one.name


def assert_rolling(prepared) -> None:
    windows = windows_of(prepared)
    for window, rolled in zip(windows, rolling(prepared, windows), strict=True):
        assert_alike(rolled.indices, window_indices(prepared, *window))


def spiked() -> np.ndarray:
    """Ten days on which next to nothing happens, and one on which the device is struck."""
    x = np.full(11 * DAY, 1e-3)
    x[2 * DAY : 3 * DAY] = restless(1, 1) * 1e7
    return x


def flat_later() -> np.ndarray:
    """A week of life, then a counter that stands at 3."""
    return np.r_[restless(7, 1), np.full(9 * DAY, 3.0)]


@pytest.mark.parametrize(
    "x",
    [
        pytest.param(restless(40, 1, 0.05), id="worn well"),
        pytest.param(restless(40, 2, 0.9), id="hardly worn"),
        pytest.param(np.r_[restless(3, 3), np.full(20 * DAY, np.nan), restless(9, 4, 0.1)], id="a gap"),
        pytest.param(np.full(12 * DAY, 3.3), id="a counter that stands"),
        pytest.param(np.zeros(12 * DAY), id="nothing at all"),
        pytest.param(flat_later(), id="stands later"),
        pytest.param(spiked(), id="struck once"),
        pytest.param(restless(1, 5), id="one day"),
        pytest.param(restless(9, 6)[:77], id="an hour"),
    ],
)
def test_windows_at_once_are_each_of_them_alone(x):
    assert_rolling(life(x))


@pytest.mark.parametrize(
    "start, zone",
    [
        ("2026-03-15T13:07+01:00", ROME),
        ("2026-10-15T00:00+02:00", ROME),
        ("2026-03-25T00:00+11:00", LORD_HOWE),
        ("2026-02-28T00:00-05:00", HAVANA),
        ("2026-10-22T00:00-04:00", HAVANA),
    ],
)
def test_windows_know_the_clock_change(start, zone):
    assert_rolling(life(restless(32, 4, gaps=0.05), start=start, zone=zone))


@pytest.mark.parametrize("epoch_s", [15.0, 30.0, 120.0])
def test_windows_of_epochs_of_other_lengths(epoch_s):
    assert_rolling(life(np.resize(restless(20, 4, 0.1), round(12 * DAY * 60 / epoch_s)), epoch_s))


def test_epochs_off_the_minute_and_off_any_grid():
    x = restless(12, 4, gaps=0.1)
    assert_rolling(life(x, shift_us=17_000_000))
    assert_rolling(life(x, shift_us=np.random.default_rng(1).integers(-9, 9, len(x)) * 1_000_000))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.floats(0, 1))
def test_windows_at_once_whatever_is_missing(seed, days, missing):
    x = restless(days, seed, gaps=missing / 2)
    x[np.random.default_rng(seed).random(len(x)) < missing / 2] = np.nan
    assert_rolling(life(x, start="2026-03-20T05:00+01:00", zone=ROME))


def test_a_window_is_the_same_to_the_last_bit_among_others_and_alone():
    prepared = life(restless(40, 4, gaps=0.1), start="2026-03-10T13:07+01:00", zone=ROME)
    windows = windows_of(prepared)
    for window, together in zip(windows, rolling(prepared, windows), strict=True):
        assert rolling(prepared, [window])[0].indices == together.indices


def test_the_week_has_the_extended_cosinor_of_its_own_epochs():
    prepared = life(restless(12, 4, gaps=0.1))
    day = date(2026, 1, 14)
    found = {index.name: index for index in indices_of_days(prepared, [day])[day]}
    (week,) = rolling(prepared, [up_to(day, WEEK_DAYS)])
    for alone in extended_cosinor(week.timeline, week.hours):
        own = found[f"{alone.name}_7d"]
        assert own.reason == alone.reason and own.value == pytest.approx(alone.value, rel=1e-5, abs=1e-5)


def test_nobody_asks_for_no_window_and_nobody_wore_anything():
    assert rolling(life(restless(2, 1)), []) == []
    (never,) = rolling(life(np.zeros(0)), [(date(2026, 1, 5), date(2026, 1, 11))])
    assert all(index.value is None and index.reason for index in never.indices)
