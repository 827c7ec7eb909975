import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.recordings.read import read_recording
from analytics.signal.calibration import calibrate, error_mg
from analytics.signal.epochs import epochs_of_minutes
from analytics.signal.live_calibration import (
    StillPoints,
    drifted_since,
    live_calibration,
    only_since,
    remember,
)
from analytics.signal.samples import Samples
from analytics.signal.still import StillWindows, still_windows
from analytics.signal.still_minutes import QUIET_MG, still_minutes

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
T0 = 1_790_000_040 * 1_000_000
SCALE, OFFSET = np.array([0.97, 1.02, 0.99]), np.array([0.03, -0.05, 0.02])
TEN_S, HOUR_US = 10_000_000, 3_600_000_000


def postures(n: int, seed: int = 0, noise_g: float = 0.002) -> np.ndarray:
    """Directions all over the sphere as a device with wrong scale and offset measures them."""
    chance = np.random.default_rng(seed)
    true = chance.normal(0, 1, (n, 3))
    true /= np.linalg.norm(true, axis=1)[:, None]
    return true / SCALE - OFFSET + chance.normal(0, noise_g, (n, 3))


def lying(hz: float, *spells: tuple[float, tuple[float, float, float], float]) -> Samples:
    """Spells of (seconds, mean [g], standard deviation [g])."""
    chance = np.random.default_rng(1)
    g = np.concatenate([np.array(m) + chance.normal(0, sd, (round(s * hz), 3)) for s, m, sd in spells])
    return Samples(T0, hz, 0.0005, np.round(g / 0.0005).astype(np.int16))


def test_a_wrong_scale_and_offset_are_found():
    found = calibrate(postures(2000), 20)
    assert found.accepted and found.reason is None and found.points == 2000
    assert found.scale == pytest.approx(SCALE, abs=0.001)
    assert found.offset == pytest.approx(OFFSET, abs=0.001)
    assert found.error_after_mg < 2 < 20 < found.error_before_mg


def test_without_noise_the_fit_is_exact():
    found = calibrate(postures(500, noise_g=0), 20)
    assert found.scale == pytest.approx(SCALE, abs=1e-4) and found.offset == pytest.approx(OFFSET, abs=1e-4)


def test_postures_of_one_half_are_refused_with_the_sides_that_lack():
    half = postures(2000)
    half = half[(half[:, 2] > 0) & (half[:, 0] < 0.3)]
    found = calibrate(half, 20)
    assert not found.accepted
    assert found.reason == "the postures do not cover the sphere: none beyond 0.3 g towards +x, -z"
    assert (found.scale == 1).all() and (found.offset == 0).all() and np.isnan(found.error_after_mg)


def test_nine_still_windows_are_too_few():
    assert calibrate(postures(9), 20).reason == "9 still windows of 10 s; 10 are needed"
    assert np.isnan(calibrate(np.zeros((0, 3)), 0).error_before_mg)


def test_seventy_two_hours_may_be_asked_for():
    points = postures(100)
    assert calibrate(points, 71.5, 72).reason == "71.5 h of data; 72 h are needed"
    assert calibrate(points, 72, 72).accepted


def test_noise_that_no_scale_explains_is_refused():
    found = calibrate(postures(300, noise_g=0.1), 20)
    assert not found.accepted and "10 mg is needed" in found.reason and found.error_after_mg > 10


def test_a_perfect_sensor_is_left_alone():
    true = (postures(300, noise_g=0) + OFFSET) * SCALE
    found = calibrate(true, 20)
    assert found.error_before_mg == pytest.approx(0, abs=1e-9)
    assert (found.scale == 1).all() or found.scale == pytest.approx(np.ones(3), abs=1e-9)


def test_only_windows_without_movement_are_still():
    segment = lying(50.0, (20, (0, 0, 1), 0.005), (10, (0, 0, 1), 0.02), (10, (0, 1, 0), 0.005))
    found = still_windows([segment])
    assert found.looked_at == 4
    assert ((found.t_us - T0) // TEN_S).tolist() == [0, 1, 3]
    assert found.g == pytest.approx(np.array([[0, 0, 1], [0, 0, 1], [0, 1, 0]]), abs=0.002)


def test_one_moving_axis_is_enough():
    chance = np.random.default_rng(0)
    g = np.tile([0.0, 0.0, 1.0], (500, 1))
    g[:, 1] += chance.normal(0, 0.014, 500)
    assert len(still_windows([Samples(T0, 50.0, 0.0005, np.round(g / 0.0005).astype(np.int16))]).g) == 0


def test_windows_beyond_two_g_are_no_gravity():
    assert len(still_windows([lying(50.0, (10, (0, 0, 2.1), 0.001))]).g) == 0


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([12.5, 30.0, 31.25, 50.0]), st.integers(0, 9_999_999), st.integers(0, 2**32 - 1))
def test_still_windows_are_what_their_samples_say_one_by_one(hz, into_us, seed):
    chance = np.random.default_rng(seed)
    sd = np.repeat(chance.uniform(0.008, 0.018, 12), round(5 * hz))[:, None]
    g = chance.normal([0.2, -0.5, 0.8], sd, (len(sd), 3))
    segment = Samples(T0 + into_us, hz, 0.001, np.round(g * 1000).astype(np.int16))
    found = still_windows([segment])
    expected = {}
    for at in range(segment.t0_us // TEN_S, segment.end_us // TEN_S + 1):
        begin, end = ((k * TEN_S - segment.t0_us) * hz / 1e6 for k in (at, at + 1))
        if 1e-6 < abs(end - len(g)) < 2e-3:
            return  # the last window ends within microseconds of the last sample: either is right
        if begin < -1e-6 or end > len(g) + 1e-3:
            continue
        inside = segment.xyz[int(np.ceil(begin - 1e-6)) : int(np.ceil(end - 1e-6))] * 0.001
        if (np.abs(inside.std(axis=0, ddof=1) - 0.013) < 1e-6).any():
            return  # too close to call
        if (inside.std(axis=0, ddof=1) < 0.013).all():
            expected[at * TEN_S] = inside.mean(axis=0)
    assert found.t_us.tolist() == list(expected)
    if expected:
        assert found.g == pytest.approx(np.array(list(expected.values())), abs=1e-6)


@pytest.mark.recordings
@pytest.mark.skipif(not SHARED.exists(), reason="the real recordings are not beside the project")
class TestTwentyHours:
    def fitted(self):
        raw = SHARED / "data" / "actigraphy" / "raw"
        still = still_windows(read_recording(raw / "agcounts_r" / "calibration_30hz.npz").segments)
        return still, calibrate(still.g, still.looked_at / 360)

    def test_the_residual_is_that_of_the_peers(self):
        _, found = self.fitted()
        assert found.accepted and found.error_before_mg == pytest.approx(23, abs=0.5)
        assert found.error_after_mg < 4.5

    def test_scale_and_offset_lie_among_those_of_three_peers(self):
        _, found = self.fitted()
        peers = json.loads((SHARED / "reference" / "actigraphy_raw_calibration_30hz.json").read_text())
        actipy = json.loads(
            (SHARED / "reference" / "actigraphy_raw_actipy_calibration_30hz.json").read_text()
        )
        fits = []
        for name, said in peers["results"].items():
            if name.startswith(("GGIR g.calibrate", "skdh.CalibrateAccelerometer")):
                fits.append((said["scale"], said["offset"]))
        for name, said in actipy.items():
            if "calibrate_gravity" in name:
                slope = np.array([said[f"Calib{axis}Slope"] for axis in "xyz"])
                # The peer's corrected = a * slope + intercept.
                fits.append((slope, np.array([said[f"Calib{axis}Intercept"] for axis in "xyz"]) / slope))
        assert len(fits) == 3
        for scale, offset in fits:
            assert found.scale == pytest.approx(np.array(scale), abs=0.007)
            # They stop searching at different errors: 3.94 mg and 3.90 mg are one valley.
            assert found.offset == pytest.approx(np.array(offset), abs=0.006)

    def test_twenty_four_minutes_of_twenty_hours_are_as_good_as_all_of_them(self):
        """The way of a device that streams: quiet minutes by their epochs, few of them read."""
        segments = read_recording(SHARED / "data/actigraphy/raw/agcounts_r/calibration_30hz.npz").segments
        minutes = epochs_of_minutes(segments)
        quiet = minutes.mad_mg < QUIET_MG
        chosen = still_minutes(minutes.t_us[quiet], minutes.anglez_deg[quiet], 24)
        assert len(chosen) == 24 < len(minutes.t_us) / 50
        blocks = [piece for t_us in chosen.tolist() for piece in cut(segments, t_us, t_us + 60_000_000)]
        few = live_calibration(remember(StillPoints(), still_windows(blocks), T0, T0), least_hours=0)
        assert few.accepted and 3.5 < few.error_after_mg < 4.5
        still, found = self.fitted()
        live = live_calibration(
            remember(StillPoints(), still, T0, T0), least_hours=0
        )  # all windows, spread over the sphere
        left = [error_mg((still.g + c.offset) * c.scale) for c in (found, live, few)]
        assert left == pytest.approx([3.9, 5.3, 5.7], abs=0.1)

    def test_a_fifteenth_of_the_points_gives_the_same(self):
        still, found = self.fitted()
        few = calibrate(still.g[::15], 20)
        assert few.scale == pytest.approx(found.scale, abs=0.005)


def cut(segments, start_us, end_us):
    """What of these segments lies in [start, end)."""
    for one in segments:
        first, end = (round(max(t - one.t0_us, 0) * one.hz / 1e6) for t in (start_us, end_us))
        if end > first and len(one.xyz) > first:
            yield Samples(one.t0_us + round(first * 1e6 / one.hz), one.hz, one.scale, one.xyz[first:end])


def windows(t_us: np.ndarray, g: np.ndarray) -> StillWindows:
    return StillWindows(t_us, g, len(g))


def days(first: int, count: int, seed: int, per_hour: int = 60) -> tuple[np.ndarray, np.ndarray]:
    t = T0 + np.arange(first * 24 * per_hour, (first + count) * 24 * per_hour) * (HOUR_US // per_hour)
    return t // TEN_S * TEN_S, postures(len(t), seed)


def remembered(t: np.ndarray, g: np.ndarray, points: StillPoints | None = None) -> StillPoints:
    return remember(points or StillPoints(), windows(t, g), int(t[0]), int(t[-1]) + TEN_S)


class TestLive:
    def test_a_device_is_fitted_after_three_days(self):
        two, three = remembered(*days(0, 2, 1)), remembered(*days(0, 3, 1))
        assert live_calibration(two).reason.endswith("72 h are needed")
        found = live_calibration(three)
        assert found.accepted and found.scale == pytest.approx(SCALE, abs=0.002)

    def test_memory_is_bounded(self):
        points = StillPoints()
        for day in range(0, 70, 10):
            points = remembered(*days(day, 10, day), points)
        assert len(points.t_us) <= 2000 and len(points.hours) == 1440
        assert (np.diff(points.t_us) > 0).all()

    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.integers(1, 700), min_size=1, max_size=6), st.randoms(use_true_random=False))
    def test_order_pieces_and_repeats_change_nothing(self, lengths, chance):
        t, g = days(0, 1, 5, per_hour=120)
        edges = sorted({0, len(t), *(sum(lengths[: k + 1]) % len(t) for k in range(len(lengths)))})
        parts = [slice(a, b) for a, b in pairwise(edges)]
        parts += parts[:1]
        chance.shuffle(parts)
        points = StillPoints()
        for part in parts:
            points = remembered(t[part], g[part], points)
        whole = remembered(t, g)
        for name in ("t_us", "g", "hours"):
            np.testing.assert_array_equal(getattr(points, name), getattr(whole, name))

    def test_a_night_in_one_posture_does_not_drown_the_others(self):
        t, g = days(0, 3, 2)
        night = np.tile(postures(1, 3), (3000, 1))
        later = t[-1] + TEN_S * (1 + np.arange(3000))
        found = live_calibration(remembered(later, night, remembered(t, g)))
        assert found.accepted and found.scale == pytest.approx(SCALE, abs=0.002)

    def test_a_drift_is_seen_in_what_came_since_and_fitted_again(self):
        points = remembered(*days(0, 3, 1))
        found = live_calibration(points)
        since = T0 + 3 * 24 * HOUR_US
        t, g = days(3, 3, 4)
        assert drifted_since(remembered(t, g, points), found.scale, found.offset, since) is None
        moved = remembered(t, g + np.array([0.03, 0, 0]), points)
        assert drifted_since(moved, found.scale, found.offset, since) == since
        again = live_calibration(only_since(moved, since))
        assert again.accepted and again.offset == pytest.approx(OFFSET - [0.03, 0, 0], abs=0.003)

    def test_what_was_measured_before_a_jump_is_left_behind(self):
        points = remembered(*days(0, 3, 1))
        found = live_calibration(points)
        t, g = days(3, 8, 4)
        jump = t[len(t) * 5 // 8]  # after five good days
        g = g + np.where(t >= jump, 0.04, 0)[:, None] * [0, 1, 0]
        points = remembered(t, g, points)
        since = drifted_since(points, found.scale, found.offset, int(t[0]))
        assert abs(since - jump) < 4 * HOUR_US
        again = live_calibration(only_since(points, since))
        assert again.accepted and again.offset == pytest.approx(OFFSET - [0, 0.04, 0], abs=0.003)

    def test_a_few_points_are_no_drift(self):
        points = remembered(*days(0, 3, 1))
        found = live_calibration(points)
        t, g = days(3, 1, 4, per_hour=2)
        assert drifted_since(remembered(t, g + 0.1, points), found.scale, found.offset, int(t[0])) is None

    def test_nothing_yet_is_an_answer(self):
        assert not live_calibration(StillPoints()).accepted
        empty = remember(StillPoints(), windows(np.zeros(0, np.int64), np.zeros((0, 3))), T0, T0 + TEN_S)
        assert len(empty.t_us) == 0 and len(empty.hours) == 1


def test_the_error_is_the_mean_distance_from_one_g():
    assert error_mg(np.array([[0, 0, 1.01], [0.98, 0, 0]])) == pytest.approx(15)
