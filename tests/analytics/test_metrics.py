import json
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.signal import butter, lfilter, lfilter_zi

from analytics.recordings.read import read_recording
from analytics.signal.angle import anglez_median_deg
from analytics.signal.low_pass import lfenmo_mg
from analytics.signal.metrics import grid_of, metrics
from analytics.signal.raw_epochs import raw_epochs
from analytics.signal.samples import Samples

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
T0 = 1_790_000_040 * 1_000_000
FIVE_US = 5_000_000


def still(seconds: float, g: tuple[float, float, float], hz: float = 50.0, t0_us: int = T0) -> Samples:
    whole = np.tile(np.round(np.array(g) * 1000), (round(seconds * hz), 1)).astype(np.int16)
    return Samples(t0_us, hz, 0.001, whole)


def random_walk(seed: int, n: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    g = (
        np.array([0, 0.3, 0.9])
        + np.cumsum(chance.normal(0, 0.01, (n, 3)), axis=0)
        + chance.normal(0, 0.1, (n, 3))
    )
    return np.clip(np.round(g * 1000), -8000, 8000).astype(np.int16)


def slowly(segments: list[Samples], length_us: int) -> dict[int, tuple[float, float, float, float]]:
    """The same figures, one sample after the other."""
    found: dict[int, list[tuple[float, float, float]]] = {}
    for s in segments:
        for k, (x, y, z) in enumerate(s.xyz * s.scale):
            at = (s.t0_us + math.floor(k * 1e6 / s.hz + 1e-3)) // length_us
            found.setdefault(at, []).append((x, y, z))
    figures = {}
    for at, g in found.items():
        r = [math.sqrt(x * x + y * y + z * z) for x, y, z in g]
        mean = sum(r) / len(r)
        figures[at] = (
            sum(max(v - 1, 0) for v in r) / len(r) * 1000,
            sum(abs(v - 1) for v in r) / len(r) * 1000,
            sum(abs(v - mean) for v in r) / len(r) * 1000,
            sum(math.degrees(math.atan2(z, math.hypot(x, y))) for x, y, z in g) / len(g),
        )
    return figures


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 9_999_999),
    st.sampled_from([12.5, 25.0, 30.0, 31.25, 50.0, 100.0]),
    st.lists(st.integers(1, 3000), min_size=1, max_size=4),
    st.sampled_from([1_000_000, 5_000_000, 7_000_000]),
    st.integers(0, 2**32 - 1),
)
def test_cutting_a_recording_changes_nothing_and_equals_the_slow_way(into_us, hz, lengths, length_us, seed):
    whole, t0 = random_walk(seed, sum(lengths)), T0 + into_us
    edges = np.cumsum([0, *lengths]).tolist()
    parts = [Samples(t0 + round(a * 1e6 / hz), hz, 0.001, whole[a:b]) for a, b in pairwise(edges)]
    # A sample within a microsecond of the edge of an epoch, and not on it, is too close to call.
    times = np.concatenate([round(a * 1e6 / hz) + np.arange(b - a) * 1e6 / hz for a, b in pairwise(edges)])
    past = (t0 % length_us + times) % length_us
    assume(not np.any((past > 0) & (np.minimum(past, length_us - past) < 1)))
    grid = grid_of(parts, length_us)
    found = metrics(parts, grid)
    expected = slowly(parts, length_us)
    for row, at in enumerate(range(grid.first, grid.first + grid.n)):
        got = (found.enmo_mg[row], found.enmoa_mg[row], found.mad_mg[row], found.anglez_deg[row])
        assert got == pytest.approx(expected[at], abs=0.01)


def test_more_and_less_than_gravity_both_count_in_enmoa():
    up, down = still(10, (0, 0, 1.2)), still(10, (0, 0.7, 0), t0_us=T0 + 2 * FIVE_US)
    found = metrics([up, down], grid_of([up, down], FIVE_US))
    assert found.enmoa_mg == pytest.approx([200, 200, 300, 300], abs=0.001)
    assert found.enmo_mg == pytest.approx([200, 200, 0, 0], abs=0.001)
    assert found.anglez_deg == pytest.approx([90, 90, 0, 0], abs=0.001)


def test_calibration_is_offset_first_and_then_scale():
    segment = still(10, (0, 0, 1.0))
    found = metrics([segment], grid_of([segment], FIVE_US), np.array([1, 1, 2.0]), np.array([0, 0, 0.1]))
    assert found.enmo_mg == pytest.approx([1200, 1200], abs=0.001)


@pytest.mark.parametrize(
    "there_s, known", [pytest.param(2.5, True, id="half"), pytest.param(2.48, False, id="a sample less")]
)
def test_an_epoch_needs_half_of_its_samples(there_s, known):
    head, tail = still(5 + there_s, (0, 0, 1.1)), still(5, (0, 0, 1.1), t0_us=T0 + 2 * FIVE_US)
    found = metrics([head, tail], grid_of([head, tail], FIVE_US))
    assert np.isfinite(found.enmo_mg).tolist() == [True, known, True]
    assert (np.isfinite(found.mad_mg) == np.isfinite(found.anglez_deg)).all()


def test_epochs_begin_at_whole_multiples_and_cut_ones_are_dropped():
    segment = still(21, (0, 0, 1), t0_us=T0 + 1_000_000)
    grid = grid_of([segment], FIVE_US)
    assert grid.t_us.tolist() == [T0 + 5_000_000, T0 + 10_000_000, T0 + 15_000_000]
    assert grid_of([still(7, (0, 0, 1), t0_us=T0 + 1_000_000)], FIVE_US).n == 0


def test_the_low_pass_takes_what_is_faster_than_twenty_hertz():
    t = np.arange(100 * 60) / 100
    slow, fast = (
        Samples(
            T0, 100.0, 0.0005, np.outer(2000 + 800 * np.sin(2 * np.pi * f * t), [0, 0, 1]).astype(np.int16)
        )
        for f in (2, 45)
    )
    grid = grid_of([slow], FIVE_US)
    assert lfenmo_mg([slow], grid)[1:] == pytest.approx(metrics([slow], grid).enmo_mg[1:], abs=1)
    assert lfenmo_mg([fast], grid)[1:].max() < 1 < 100 < metrics([fast], grid).enmo_mg.min()


def test_the_low_pass_is_the_plain_filter_axis_by_axis():
    whole = random_walk(1, 6000)
    b, a = butter(4, 20, fs=50.0)
    g = whole * 0.001
    smooth = np.column_stack([lfilter(b, a, v, zi=lfilter_zi(b, a) * v[0])[0] for v in g.T])
    excess = np.maximum(np.linalg.norm(smooth, axis=1) - 1, 0).reshape(-1, 250).mean(axis=1) * 1000
    segment = Samples(T0, 50.0, 0.001, whole)
    assert lfenmo_mg([segment], grid_of([segment], FIVE_US)) == pytest.approx(excess, abs=1e-6)


def test_forty_hertz_has_nothing_to_filter():
    segment = still(20, (0, 0, 1.1), hz=40.0)
    assert np.isnan(lfenmo_mg([segment], grid_of([segment], FIVE_US))).all()


def test_the_median_angle_does_not_follow_a_short_throw():
    whole = np.tile(np.array([0, 0, 1000], np.int16), (1500, 1))
    whole[500:560] = [1000, 0, 0]
    segment = Samples(T0, 50.0, 0.001, whole)
    grid = grid_of([segment], FIVE_US)
    assert anglez_median_deg([segment], grid) == pytest.approx([90] * 6)
    assert metrics([segment], grid).anglez_deg.min() == pytest.approx(90 * (1 - 60 / 250), abs=0.01)


def test_the_median_angle_is_the_angle_of_plain_medians():
    whole = random_walk(2, 2000)
    segment = Samples(T0, 50.0, 0.001, whole)
    medians = np.array([np.median(whole[k - 125 : k + 126], axis=0) for k in range(125, 2000 - 125)])
    angle = np.degrees(np.arctan2(medians[:, 2], np.hypot(medians[:, 0], medians[:, 1])))
    angle = np.concatenate((np.repeat(angle[:1], 125), angle, np.repeat(angle[-1:], 125)))
    found = anglez_median_deg([segment], grid_of([segment], FIVE_US))
    assert found == pytest.approx(angle.reshape(-1, 250).mean(axis=1), abs=1e-9)


@pytest.mark.recordings
@pytest.mark.skipif(not SHARED.exists(), reason="the real recordings are not beside the project")
def test_a_real_night_agrees_with_scikit_digital_health_in_every_five_seconds():
    recording = read_recording(SHARED / "data" / "actigraphy" / "raw" / "agcounts_r" / "calibration_30hz.npz")
    made = raw_epochs(recording.segments, 5, calibrated=False)
    results = json.loads((SHARED / "reference" / "actigraphy_raw_calibration_30hz.json").read_text())[
        "results"
    ]
    peer = results["skdh_epochs_5s_uncalibrated"]
    for ours, theirs, limit in (
        (made.movement.enmo_mg, "enmo_mg", 0.005),
        (made.movement.mad_mg, "mad_mg", 0.005),
        (made.movement.anglez_deg, "anglez_deg", 0.005),
    ):
        assert len(peer[theirs]) == len(ours) == 14_930
        assert np.abs(ours - np.array(peer[theirs])).max() < limit


class TestRawEpochs:
    def test_a_minute_has_the_mean_of_its_five_second_deviations(self):
        steps = [still(5, (0, 0, 1 + k / 10), t0_us=T0 + k * FIVE_US) for k in range(12)]
        made = raw_epochs(steps, 60, calibrated=False)
        assert made.movement.mad_mg == pytest.approx([0], abs=0.001)
        assert made.movement.enmo_mg == pytest.approx([550], abs=0.01)

    def test_three_seconds_have_their_own_deviation(self):
        whole = np.zeros((150, 3), np.int16)
        whole[:, 2] = np.tile([500, 1500], 75)
        made = raw_epochs([Samples(T0, 50.0, 0.001, whole)], 3, calibrated=False)
        assert made.movement.mad_mg == pytest.approx([500], abs=0.001) and len(made.worn) == 1

    def test_less_than_half_of_an_epoch_is_unknown_in_every_array(self):
        made = raw_epochs([still(7, (0, 0, 1)), still(8, (0, 0, 1), t0_us=T0 + 12_000_000)], 5)
        for values in (made.movement.enmo_mg, made.movement.mad_mg, made.movement.anglez_deg, made.worn):
            assert np.isnan(values).tolist() == [False, True, False, False]
        assert np.isnan(made.counts).any(axis=1).tolist() == [False, True, True, False]

    def test_an_hour_on_the_table_is_not_worn(self):
        hz = 12.5
        arm = Samples(T0, hz, 0.001, random_walk(4, round(3600 * hz)))
        made = raw_epochs([arm, still(2 * 3600, (0, 0, 1), hz, T0 + 3600 * 1_000_000)], 5)
        assert np.nanmean(made.worn[:600]) == 1 and np.nanmean(made.worn[-600:]) == 0

    def test_calibrated_figures_are_used_only_where_the_fit_was_accepted(self):
        made = raw_epochs([still(60, (0, 0, 1.05))], 5)
        assert made.calibration.reason == "6 still windows of 10 s; 10 are needed"
        assert made.movement.enmo_mg == pytest.approx([50] * 12, abs=0.001)

    @pytest.mark.parametrize("epoch_s", [1, 3, 5, 10, 60, 300])
    def test_epochs_of_any_length_fit_together(self, epoch_s):
        segment = Samples(T0 + 1_234_567, 50.0, 0.001, random_walk(5, 50 * 1000))
        made = raw_epochs([segment], epoch_s, calibrated=False)
        assert (made.grid.t_us % (epoch_s * 1_000_000) == 0).all()
        assert made.grid.t_us[0] >= segment.t0_us
        assert made.grid.t_us[-1] + made.grid.length_us <= segment.end_us
        arrays = (made.movement.enmo_mg, made.movement.mad_mg, made.counts[:, 0], made.worn)
        assert all(len(values) == made.grid.n and np.isfinite(values).all() for values in arrays)

    @settings(max_examples=10, deadline=None)
    @given(st.sampled_from([25.0, 30.0, 50.0]), st.sampled_from([2, 4]), st.integers(0, 2**32 - 1))
    def test_the_step_of_a_device_does_not_matter(self, hz, finer, seed):
        whole = (random_walk(seed, round(60 * hz)) // 4).astype(np.int16)
        coarse = raw_epochs([Samples(T0, hz, 1 / 256, whole)], 5)
        fine = raw_epochs([Samples(T0, hz, 1 / 256 / finer, whole * finer)], 5)
        np.testing.assert_array_equal(coarse.counts, fine.counts)
        np.testing.assert_allclose(coarse.movement.enmo_mg, fine.movement.enmo_mg, atol=1e-3)
        np.testing.assert_allclose(coarse.movement.anglez_deg, fine.movement.anglez_deg, atol=1e-3)
