"""Which few minutes are looked into, where all of a day would be too much."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.signal.samples import Samples
from analytics.signal.still import still_windows
from analytics.signal.still_minutes import seamless, still_minutes

MINUTE_US = 60_000_000
T0 = 1_790_000_040 * 1_000_000


def spells(*of: tuple[int, float]) -> tuple[np.ndarray, np.ndarray]:
    """Quiet spells of (minutes, z-angle) that follow on each other."""
    angle = np.concatenate([np.full(minutes, degrees) for minutes, degrees in of])
    return T0 + np.arange(len(angle)) * MINUTE_US, angle


def chosen(most: int, *of: tuple[int, float]) -> list[int]:
    t_us, angle = spells(*of)
    return ((still_minutes(t_us, angle, most) - T0) // MINUTE_US).tolist()


def test_a_night_in_one_posture_is_one_minute_from_its_middle():
    assert chosen(24, (480, 12.0)) == [240]


def test_each_angle_has_its_turn_before_one_has_two():
    night = [(100, 5.0), (90, -60.0), (80, 4.0), (5, 75.0), (70, 6.0)]
    assert chosen(3, *night) == [50, 145, 272], "of the three near 5 degrees the longest"
    assert chosen(4, *night) == [50, 145, 230, 272]


def test_minutes_that_do_not_follow_on_each_other_are_two_postures():
    t_us, angle = spells((20, 5.0))
    t_us[10:] += 30 * MINUTE_US
    assert len(still_minutes(t_us, angle, 24)) == 2


def test_of_nothing_nothing_is_chosen():
    assert chosen(0, (10, 5.0)) == []
    assert len(still_minutes(np.zeros(0, np.int64), np.zeros(0), 24)) == 0


@given(
    st.lists(st.tuples(st.integers(1, 30), st.floats(-90, 90)), min_size=1, max_size=60), st.integers(1, 48)
)
def test_never_more_than_asked_for_and_each_once(of, most):
    found = chosen(most, *of)
    assert 1 <= len(found) <= most and found == sorted(set(found))


def lying(seconds: int) -> list[Samples]:
    """A still hand in blocks of so many seconds, 30 Hz, from second 37."""
    chance = np.random.default_rng(3)
    g = np.array([0.1, 0.2, 0.97]) + chance.normal(0, 0.004, (120 * 30, 3))
    xyz, n = np.round(g * 1000).astype(np.int16), seconds * 30
    return [
        Samples(T0 + 37_000_000 + i * seconds * 1_000_000, 30.0, 0.001, xyz[i * n : (i + 1) * n])
        for i in range(120 // seconds)
    ]


@pytest.mark.parametrize("seconds", [1, 4, 15, 60])
def test_windows_lie_across_short_blocks(seconds):
    one, cut = (still_windows(seamless(lying(s))) for s in (120, seconds))
    assert one.t_us.tolist() == cut.t_us.tolist() and len(cut.t_us) == 11
    np.testing.assert_allclose(one.g, cut.g)


def test_a_gap_or_another_rate_is_no_seam():
    first, second = lying(60)
    assert len(seamless([first, second])) == 1
    assert len(seamless([first, Samples(second.t0_us + 17_000, 30.0, 0.001, second.xyz)])) == 2
    assert len(seamless([first, Samples(second.t0_us, 25.0, 0.001, second.xyz)])) == 2
