import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.days import day_bounds
from analytics.indices.clock_bins import clock_bins
from analytics.indices.daily import day_indices, prepare
from analytics.indices.index import Index
from analytics.indices.relative_amplitude import average_day, profile_extremes, window_means
from analytics.indices.timeline import Timeline, timeline_of
from analytics.recordings.read import read_recording

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
UTC, ROME = ZoneInfo("UTC"), ZoneInfo("Europe/Rome")
DAY = 1440


def us(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1e6)


def minutely(x: np.ndarray, start: str = "2026-01-05T00:00+00:00", zone: ZoneInfo = UTC) -> Timeline:
    t = us(start) + np.arange(len(x)) * 60_000_000
    return timeline_of(t, np.asarray(x, float), 60.0, None, None, zone, "counts")


def named(indices: list[Index]) -> dict[str, Index]:
    return {index.name: index for index in indices}


def extremes(timeline: Timeline) -> dict[str, Index]:
    return named(profile_extremes(timeline, clock_bins(timeline)))


def of_day(x: np.ndarray, start: str, day: date, zone: ZoneInfo = UTC) -> dict[str, Index]:
    t = us(start) + np.arange(len(x)) * 60_000_000
    return named(day_indices(prepare(t, np.asarray(x, float), 60.0, None, None, zone, "counts"), day))


def a_day(low_from: int = 0, low_min: int = 480, low: float = 2, high: float = 40) -> np.ndarray:
    x = np.full(DAY, float(high))
    x[(low_from + np.arange(low_min)) % DAY] = low
    return x


def test_rest_at_night_and_activity_by_day_have_their_contrast():
    found = extremes(minutely(np.tile(a_day(), 3)))
    assert (found["L5"].value, found["M10"].value) == (2, 40)
    assert found["RA"].value == pytest.approx(38 / 42)


def test_among_equal_windows_the_first_of_the_clock_is_the_onset():
    found = extremes(minutely(np.tile(a_day(low_from=60, low_min=600), 3)))
    assert (found["L5_onset"].shown, found["M10_onset"].shown) == ("01:00", "11:00")
    assert (found["L5_onset"].value, found["L5_onset"].unit) == (60, "HH:MM")


def test_the_night_goes_round_the_clock():
    assert extremes(minutely(np.tile(a_day(low_from=1388, low_min=300), 3)))["L5_onset"].shown == "23:08"


def test_an_onset_is_cut_to_its_minute():
    t = us("2026-01-05T00:00+00:00") + np.arange(3 * 2880) * 30_000_000
    x = np.tile(np.r_[np.full(1, 40.0), np.full(600, 2.0), np.full(2279, 40.0)], 3)
    assert extremes(timeline_of(t, x, 30.0, None, None, UTC, "counts"))["L5_onset"].shown == "00:00"


def test_a_clock_hour_that_was_never_worn_leaves_no_extremes():
    x = np.tile(a_day(), 3)
    x.reshape(3, DAY)[:, 600:660] = np.nan
    found = extremes(minutely(x))
    assert all(index.value is None and "1 of 24 clock hours" in index.reason for index in found.values())


def test_total_stillness_has_no_contrast():
    found = extremes(minutely(np.zeros(2 * DAY)))
    assert (found["L5"].value, found["M10"].value) == (0, 0)
    assert found["RA"].reason == "there is no activity at all"
    assert (found["L5_onset"].shown, found["M10_onset"].shown) == ("00:00", "00:00")


def test_a_still_night_is_exactly_zero_however_large_the_day():
    x = np.random.default_rng(5).gamma(2, 1e5 / 3, 4 * DAY)
    x.reshape(4, DAY)[:, 100:500] = 0
    found = extremes(minutely(x))
    assert (found["L5"].value, found["L5_onset"].shown, found["RA"].value) == (0, "01:40", 1)


def test_the_average_day_is_a_mean_over_the_days_that_were_worn():
    x = np.r_[np.full(DAY, 1.0), np.full(DAY, 3.0)]
    x[DAY : DAY + 10] = np.nan
    profile = average_day(minutely(x))
    assert set(profile[:10]) == {1.0} and set(profile[10:]) == {2.0}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(0, 5)), min_size=1, max_size=30), st.integers(1, 12))
def test_window_means_equal_the_slow_way(values, size):
    x = np.array([np.nan if v is None else v for v in values], float)
    slow = []
    for k in range(len(x) - size + 1):
        valid = [v for v in x[k : k + size] if v == v]
        slow.append(sum(valid) / len(valid) if 2 * len(valid) >= size else np.nan)
    assert window_means(x, size) == pytest.approx(slow, nan_ok=True, abs=1e-12)


def test_the_low_of_a_day_is_from_noon_to_noon_and_the_high_from_midnight():
    x = np.r_[a_day(low_from=1320, low_min=420, low=2), a_day(low_from=1320, low_min=420, low=2, high=60)]
    found = of_day(x, "2026-01-05T00:00+00:00", date(2026, 1, 6))
    assert (found["L5_day"].value, found["M10_day"].value) == (2, 60)
    assert found["RA_day"].value == pytest.approx(58 / 62)


def test_windows_do_not_wrap_within_a_day():
    # Low at both ends of the span and nowhere five hours long.
    x = np.full(2 * DAY, 40.0)
    x[720:960] = x[2160 - 240 : 2160] = 0
    found = of_day(x, "2026-01-05T00:00+00:00", date(2026, 1, 6))
    assert found["L5_day"].value == pytest.approx(40 / 5)


@pytest.mark.parametrize("hours, known", [(16, True), (15.98, False)])
def test_a_day_needs_sixteen_valid_hours(hours, known):
    x = np.full(DAY, np.nan)
    x[: round(hours * 60)] = 7
    found = of_day(x, "2026-01-06T00:00+00:00", date(2026, 1, 6))
    assert (found["M10_day"].value == 7) == known
    assert found["L5_day"].reason.startswith("too little data: 12 valid hours")
    assert found["RA_day"].reason == found["L5_day"].reason


def test_a_window_of_a_day_needs_half_of_its_own():
    x = np.full(DAY, 5.0)
    x[300:780] = np.nan
    x[500:600] = 1000  # 100 of the minutes inside the hole: no window of 10 h is mostly hole
    found = of_day(x, "2026-01-06T00:00+00:00", date(2026, 1, 6))
    windows = window_means(x, 600)
    assert np.isnan(windows).any() and found["M10_day"].value == pytest.approx(np.nanmax(windows))


@pytest.mark.parametrize(
    "day, hours", [(date(2026, 3, 29), 23), (date(2026, 3, 30), 24), (date(2026, 10, 25), 25)]
)
def test_a_day_of_the_clock_change_is_whole(day, hours):
    start, end = day_bounds(day, ROME)
    t = np.arange(start - 12 * 3_600_000_000, end + 3_600_000_000, 60_000_000)
    found = named(day_indices(prepare(t, np.ones(len(t)), 60.0, None, np.ones(len(t)), ROME, "counts"), day))
    assert (found["hours"].value, found["worn_min"].value) == (hours, hours * 60)
    assert (found["steps"].value, found["mean_activity"].value) == (hours * 60, 1)
    assert (found["L5_day"].value, found["M10_day"].value, found["RA_day"].value) == (1, 1, 0)


def test_what_is_not_worn_is_missing_and_never_zero():
    t = us("2026-01-06T00:00+00:00") + np.arange(DAY) * 60_000_000
    worn = np.arange(DAY) < 100
    found = named(
        day_indices(prepare(t, np.full(DAY, 8.0), 60.0, worn, np.ones(DAY), UTC, "mg"), date(2026, 1, 6))
    )
    assert (found["worn_min"].value, found["mean_activity"].value, found["steps"].value) == (100, 8, 100)
    nobody = named(
        day_indices(prepare(t, np.full(DAY, np.nan), 60.0, None, None, UTC, "mg"), date(2026, 1, 6))
    )
    assert nobody["worn_min"].value == 0
    assert nobody["mean_activity"].value is None and nobody["steps"].value is None


@pytest.mark.recordings
@pytest.mark.skipif(not SHARED.exists(), reason="the real recordings are not beside the project")
@pytest.mark.parametrize("person", ["control_10", "control_29", "condition_12"])
def test_real_watches_agree_with_pyactigraphy(person):
    recording = read_recording(SHARED / "data" / "actigraphy" / "epoch" / "depresjon" / f"{person}.csv")
    found = extremes(
        timeline_of(recording.t_us, recording.activity, 60.0, None, None, recording.zone, "counts")
    )
    path = SHARED / "reference" / f"actigraphy_rar_depresjon_{person}.json"
    peer = json.loads(path.read_text())["counts_binarize_false"]
    for name in ("L5", "M10", "RA"):
        assert found[name].value == pytest.approx(peer[name], rel=1e-6)
    for name in ("L5", "M10"):
        assert found[f"{name}_onset"].shown == peer[f"{name}_onset_time_of_day"][:5]
