import numpy as np
import pytest

from analytics.indices import cut_points
from analytics.indices.cut_points import BY_NAME, CutPoints, usual_cut_points
from analytics.indices.index import Index
from analytics.indices.intensity_gradient import intensity_line
from analytics.indices.intensity_minutes import intensity_minutes
from analytics.indices.most_active import most_active
from analytics.indices.timeline import Timeline, timeline_of
from tests.analytics.lives import DAY, UTC, epochs

WRIST = BY_NAME["hildebrand_wrist_actigraph"]
TEN = CutPoints("ten", "mg", "a test", 10, 100, "by hand")
S, L, M = 1.0, 50.0, 500.0


def minutes(x: list[float] | np.ndarray, cuts: CutPoints = TEN, epoch_s: float = 60.0) -> dict[str, Index]:
    timeline = epochs(np.array(x), epoch_s, unit=cuts.unit)
    return {index.name: index for index in intensity_minutes(timeline, cuts)}


def values(found: dict[str, Index]) -> list[float | None]:
    return [found[name].value for name in ("sedentary_min", "light_min", "mvpa_min", "mvpa_bout_min")]


def test_minutes_add_up_to_what_was_worn():
    found = minutes([S] * 30 + [L] * 20 + [M] * 5 + [np.nan] * 100)
    assert values(found) == [30, 20, 5, 0]


def test_a_cut_point_belongs_to_the_higher_class():
    assert values(minutes([9.999, 10, 99.999, 100]))[:3] == [1, 2, 1]
    assert values(minutes([44.7, 44.8, 100.5, 100.6], WRIST))[:3] == [1, 2, 1]


def test_short_epochs_of_enmo_are_judged_one_by_one():
    assert values(minutes([S, L, M, M, M, M, M, M, M, M, M, M], epoch_s=5.0))[:3] == pytest.approx(
        [5 / 60, 5 / 60, 50 / 60]
    )


def test_short_epochs_of_counts_are_summed_by_the_clock_minute():
    hip = BY_NAME["troiano_2008_hip_axis1"]
    # 4 x 24.9 stays below 100 a minute, 4 x 25 reaches it; a minute of which half is valid is scaled.
    x = [24.9] * 4 + [25] * 4 + [505, 505, np.nan, np.nan] + [505, np.nan, np.nan, np.nan]
    assert values(minutes(x, hip, 15.0))[:3] == [1, 1, 0.5]


def test_ten_minutes_make_a_bout_and_nine_do_not():
    assert values(minutes([L] * 5 + [M] * 10 + [L] * 5))[3] == 10
    assert values(minutes([L] * 5 + [M] * 9 + [L] * 5 + [M] * 9))[3] == 0


def test_a_bout_forgives_single_minutes_but_no_longer_break():
    assert values(minutes([L] * 9 + [M] * 5 + [L] + [M] * 6 + [L] * 9))[3] == 12
    assert values(minutes([M] * 6 + [L] * 2 + [M] * 6))[3] == 0
    assert values(minutes([M, L] * 10))[3] == 0  # half is not 80 %


def test_what_is_missing_is_no_exertion():
    assert values(minutes([M] * 6 + [np.nan] * 2 + [M] * 6))[2:] == [12, 0]


def test_sitting_is_broken_by_what_follows_at_once():
    # Two breaks in 120 sedentary minutes; the third end is a gap.
    found = minutes([S] * 50 + [L] + [S] * 50 + [M] + [S] * 20 + [np.nan] + [L])
    assert found["sedentary_breaks_per_h"].value == pytest.approx(1)
    assert minutes([L] * 5)["sedentary_breaks_per_h"].value is None


def test_a_day_that_was_never_worn_has_no_minutes():
    found = minutes(np.full(100, np.nan))
    assert all(i.value is None and i.reason == "too little data: nothing was worn" for i in found.values())
    empty = timeline_of(np.zeros(0, np.int64), np.zeros(0), 60.0, None, None, UTC, "mg")
    assert all(index.value is None for index in intensity_minutes(empty, TEN))


def test_cut_points_of_counts_are_not_for_milligravities():
    with pytest.raises(ValueError, match="not for mg"):
        intensity_minutes(epochs(np.ones(5), unit="mg"), BY_NAME["troiano_2008_hip_axis1"])


def test_cut_points_rise_and_their_names_are_unique():
    assert len(BY_NAME) == len(cut_points.ALL)
    assert all(0 < cuts.sedentary_below < cuts.mvpa_from and cuts.source for cuts in cut_points.ALL)


def test_the_usual_cut_points_follow_what_was_measured():
    assert usual_cut_points("mg") is WRIST
    assert usual_cut_points("counts", vector_magnitude=True).name == "montoye_2020_wrist_vm"
    assert usual_cut_points("counts").name == "landry_2015_wrist_motionwatch"


def day_of(x: np.ndarray, epoch_s: float = 60.0) -> Timeline:
    return epochs(x, epoch_s, unit="mg")


def test_the_most_active_minutes_need_not_follow_each_other():
    x = np.full(DAY, 1.0)
    x[::48] = 100  # 30 minutes over the day
    assert [index.value for index in most_active(day_of(x))] == [50.5, 100, 100]


def test_the_most_active_minutes_of_short_epochs_are_minutes():
    x = np.ones(DAY * 4)
    x[:20] = 9
    assert most_active(day_of(x, 15.0))[2].value == 9


def test_the_most_active_minutes_need_a_day():
    found = most_active(day_of(np.ones(16 * 60 - 1)))
    assert all("15.98 valid hours of the 16" in index.reason for index in found)
    hourly = most_active(day_of(np.ones(24), 3600.0))
    assert hourly[0].value == 1 and "longer than 30 min" in hourly[1].reason


def test_the_gradient_of_a_straight_line_is_its_slope():
    middle = (np.arange(160) + 0.5) * 25
    n = np.round(2e6 * middle**-1.7).astype(int)
    x = np.repeat(middle, n)
    slope, intercept = intensity_line(x)
    held = n > 0
    expected = np.polyfit(np.log(middle[held]), np.log(n[held] / 12), 1)
    assert (slope.value, intercept.value) == (pytest.approx(expected[0]), pytest.approx(expected[1]))
    assert slope.value == pytest.approx(-1.7, abs=0.1)


def test_bins_are_half_open_and_end_at_four_g():
    slope, _ = intensity_line(np.array([0, 24.999, 25, 49, 49, 3999, 4000, 9000, np.nan]))
    x, y = np.log([12.5, 37.5, 3987.5]), np.log(np.array([2, 3, 1]) / 12)
    assert slope.value == pytest.approx(np.polyfit(x, y, 1)[0])


def test_one_bin_makes_no_line_and_minutes_none_either():
    assert "1 of the 2 bins" in intensity_line(np.array([3.0, 4.0]))[0].reason
    assert intensity_line(None)[1].reason == "there is no ENMO in epochs of 5 s"
