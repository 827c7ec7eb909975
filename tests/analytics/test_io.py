from datetime import UTC as NO_OFFSET
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from analytics.indices.dichotomy import dichotomy_index
from analytics.indices.in_bed import IN_BED, NOT_JUDGED, OUT_OF_BED, bed_states, in_bed
from analytics.indices.timeline import Timeline, timeline_of

UTC = ZoneInfo("UTC")
DAY = 1440
NOON_US = round(datetime(2026, 1, 5, 12, tzinfo=NO_OFFSET).timestamp() * 1e6)


def from_noon(x: np.ndarray) -> Timeline:
    t = NOON_US + np.arange(len(x)) * 60_000_000
    return timeline_of(t, np.asarray(x, float), 60.0, None, None, UTC, "counts")


def night(bed_from: int = 660, bed_min: int = 480, seed: int = 1) -> np.ndarray:
    """Noon to noon: awake with many counts, in bed (from 23:00 for 8 h) with few."""
    rng = np.random.default_rng(seed)
    x = rng.gamma(2, 100, DAY) + 1
    x[bed_from : bed_from + bed_min] = rng.gamma(0.3, 10, bed_min)
    return x


def bed_of(x: np.ndarray) -> tuple[int, int] | None:
    """Minutes after noon."""
    found = in_bed(from_noon(x), NOON_US, NOON_US + DAY * 60_000_000)
    return None if found is None else tuple((at - NOON_US) // 60_000_000 for at in found)


def test_still_in_bed_and_active_outside_is_a_hundred():
    bed = np.r_[np.full(10, OUT_OF_BED), np.full(5, IN_BED)]
    assert dichotomy_index(np.r_[np.full(10, 50.0), np.zeros(5)], bed).value == 100


def test_only_what_lies_strictly_below_the_median_counts():
    bed = np.array([OUT_OF_BED] * 3 + [IN_BED] * 4)
    assert dichotomy_index(np.array([10, 20, 30, 19, 20, 21, 0.0]), bed).value == 50


def test_what_is_missing_is_on_neither_side():
    bed = np.array([OUT_OF_BED] * 3 + [IN_BED] * 3 + [NOT_JUDGED] * 2)
    x = np.array([10, 20, np.nan, 1, np.nan, 99, 99, 0.0])
    assert dichotomy_index(x, bed).value == 50  # the median outside is 15; in bed 1 lies below, 99 does not


def test_a_median_of_zero_is_a_reason_and_not_a_zero():
    index = dichotomy_index(np.array([0, 0, 5, 0, 0.0]), np.array([OUT_OF_BED] * 3 + [IN_BED] * 2))
    assert index.value is None and index.reason == "the median of the activity out of bed is 0"


@pytest.mark.parametrize("side", [IN_BED, OUT_OF_BED, NOT_JUDGED])
def test_one_side_alone_cannot_be_judged(side):
    index = dichotomy_index(np.ones(5), np.full(5, side))
    assert index.value is None and index.reason.startswith("too little data: ")


def test_the_time_in_bed_is_found_to_a_quarter_of_an_hour():
    start, end = bed_of(night())
    assert abs(start - 660) <= 15 and abs(end - 1140) <= 15


def test_a_walk_to_the_bathroom_does_not_end_the_night():
    x = night()
    x[900:915] = 300
    start, end = bed_of(x)
    assert abs(start - 660) <= 15 and abs(end - 1140) <= 15


def test_two_hours_up_at_night_end_it():
    x = night()
    x[780:900] = 300
    start, _ = bed_of(x)
    assert abs(start - 900) <= 15


def test_a_nap_after_lunch_is_not_the_night():
    x = night()
    x[90:150] = 0
    start, _ = bed_of(x)
    assert abs(start - 660) <= 15


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(slice(600, 1200), id="watch on the night stand"),
        pytest.param(slice(0, 181), id="three hours without data could be the night"),
    ],
)
def test_a_night_that_may_be_hidden_is_not_judged(spoil):
    x = night()
    x[spoil] = np.nan
    assert bed_of(x) is None


def test_an_hour_of_charging_is_no_obstacle():
    x = night()
    x[300:360] = np.nan
    assert bed_of(x) is not None


def test_a_day_without_contrast_has_no_time_in_bed():
    assert bed_of(np.full(DAY, 5.0)) is None
    assert bed_of(np.zeros(DAY)) is None


def test_epochs_of_a_night_that_cannot_be_judged_are_on_neither_side():
    second = night(seed=2)
    second[600:1200] = np.nan
    states = bed_states(from_noon(np.r_[night(), second, night(seed=3)]))
    first, hidden, third = states.reshape(3, DAY)
    assert set(hidden.tolist()) == {NOT_JUDGED}
    assert (first == IN_BED).sum() == pytest.approx(480, abs=30) == (third == IN_BED).sum()
    assert set(first.tolist()) == {IN_BED, OUT_OF_BED}


def test_nothing_recorded_is_no_error():
    assert len(bed_states(from_noon(np.zeros(0)))) == 0
