"""A night told by the angle of the arm: where it rests, and where it sleeps."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.indices.angle_sleep import asleep_by_angle, rest_period

HOUR = 720  #: values of five seconds


def a_night(rests: list[tuple[float, float]], seed: int = 3) -> NDArray[np.float64]:
    """24 h from noon: the arm turns by some degrees from value to value, but for `rests` (hours)."""
    chance = np.random.default_rng(seed)
    angle = np.cumsum(chance.normal(0, 4, 24 * HOUR)) % 120 - 60
    for start, end in rests:
        first, last = round(start * HOUR), round(end * HOUR)
        angle[first:last] = angle[first] + chance.normal(0, 0.02, last - first)
    return angle


def test_the_long_rest_is_found_to_the_minute() -> None:
    found = rest_period(a_night([(11, 19)]))
    assert found is not None
    assert np.abs(np.array(found) - np.array([11, 19]) * HOUR).max() <= 36  # half the median's window


def test_a_short_rise_belongs_to_the_night_and_an_hour_does_not() -> None:
    risen = rest_period(a_night([(10, 14), (14.5, 18)]))
    assert risen is not None
    assert (risen[1] - risen[0]) / HOUR == pytest.approx(8, abs=0.1)
    two = rest_period(a_night([(10, 12), (14, 18)]))
    assert two is not None
    assert (two[0] / HOUR, two[1] / HOUR) == (pytest.approx(14, abs=0.1), pytest.approx(18, abs=0.1))


def test_a_watch_without_data_never_rests() -> None:
    angle = a_night([(11, 19)])
    angle[: 20 * HOUR] = np.nan
    assert rest_period(angle) is None or rest_period(angle)[0] >= 20 * HOUR  # type: ignore[index]
    assert rest_period(np.full(24 * HOUR, np.nan)) is None
    assert rest_period(np.zeros(0)) is None


def test_an_arm_that_always_moves_has_no_night() -> None:
    assert rest_period(a_night([])) is None


def test_five_minutes_without_a_turn_are_sleep_and_four_are_not() -> None:
    angle = np.tile([0.0, 20.0], 600)
    angle[100:161] = 0.0  # 61 equal values have 60 steps that are small: five minutes
    angle[400:449] = 0.0
    asleep = asleep_by_angle(angle)
    assert asleep[101:161].tolist() == [1.0] * 60
    assert asleep.sum() == 60
    angle[130] = np.nan
    assert np.isnan(asleep_by_angle(angle)[130])
    assert np.nansum(asleep_by_angle(angle)) == 0
