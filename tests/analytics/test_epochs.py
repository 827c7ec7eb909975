import json
import math
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analytics.recordings.read import read_recording
from analytics.signal.epochs import epochs_of_minutes, is_whole, whole_minutes
from analytics.signal.samples import Samples

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
MINUTE_US = 60_000_000
T0 = 1_790_000_040 * 1_000_000  # a whole minute


def still(t0_us: int, seconds: float, g: tuple[float, float, float], hz: float = 50.0) -> Samples:
    whole = np.tile(np.round(np.array(g) * 1000), (round(seconds * hz), 1)).astype(np.int16)
    return Samples(t0_us, hz, 0.001, whole)


def test_a_minute_at_a_constant_pull_has_its_excess_over_gravity():
    minutes = epochs_of_minutes([still(T0, 60, (0, 0, 1.2))])
    assert minutes.t_us.tolist() == [T0]
    assert minutes.enmo_mg[0] == pytest.approx(200) and minutes.mad_mg[0] == pytest.approx(0, abs=1e-9)
    assert minutes.anglez_deg[0] == 90 and minutes.share[0] == pytest.approx(1)
    assert minutes.enmo_5s_mg.shape == minutes.anglez_5s_deg.shape == (1, 12)


def test_less_than_gravity_is_no_movement():
    assert epochs_of_minutes([still(T0, 60, (0.5, 0, 0))]).enmo_mg[0] == 0


def test_each_sample_is_clipped_before_the_average():
    whole = np.zeros((3000, 3), np.int16)
    whole[:, 2] = np.tile([500, 1500], 1500)  # mean r is 1 g: averaged first there would be nothing
    minutes = epochs_of_minutes([Samples(T0, 50.0, 0.001, whole)])
    assert minutes.enmo_mg[0] == pytest.approx(250) and minutes.mad_mg[0] == pytest.approx(500)


def test_deviation_is_from_the_mean_of_its_own_five_seconds():
    steps = [still(T0 + k * 5_000_000, 5, (0, 0, 1 + k / 10)) for k in range(12)]
    minutes = epochs_of_minutes(steps)
    assert minutes.mad_mg[0] == pytest.approx(0, abs=1e-9)
    assert minutes.enmo_5s_mg[0] == pytest.approx([100 * k for k in range(12)])


def test_the_angle_follows_the_arm():
    minutes = epochs_of_minutes([still(T0, 30, (0, 1, 1)), still(T0 + 30_000_000, 30, (0, 0, -1))])
    assert minutes.anglez_5s_deg[0] == pytest.approx([45] * 6 + [-90] * 6)
    assert minutes.anglez_deg[0] == pytest.approx((45 - 90) / 2)


@pytest.mark.parametrize(
    "seconds, known", [pytest.param(30, True, id="half"), pytest.param(29.98, False, id="a sample less")]
)
def test_a_minute_needs_half_of_its_samples(seconds, known):
    minutes = epochs_of_minutes([still(T0, seconds, (0, 0, 1))])
    assert np.isfinite(minutes.enmo_mg[0]) == known
    assert np.isfinite(minutes.enmo_5s_mg[0]).sum() == 6
    assert np.isnan(minutes.enmo_5s_mg[0, 6:]).all()
    assert minutes.n_samples[0] == round(seconds * 50)


def test_minutes_that_no_sample_touches_are_not_there():
    minutes = epochs_of_minutes([still(T0 + 7 * MINUTE_US, 60, (0, 0, 1)), still(T0, 60, (0, 0, 1))])
    assert minutes.t_us.tolist() == [T0, T0 + 7 * MINUTE_US]


def test_no_blocks_make_no_minutes():
    assert len(epochs_of_minutes([]).t_us) == 0


def test_a_block_sent_twice_counts_once():
    block = still(T0, 60, (0, 0, 1.1))
    assert epochs_of_minutes([block, block]).n_samples.tolist() == [3000]


def test_time_that_two_blocks_share_is_taken_from_the_earlier():
    minutes = epochs_of_minutes([still(T0 + 30_000_000, 30, (0, 0, 3)), still(T0, 45, (0, 0, 1))])
    assert minutes.n_samples.tolist() == [3000]
    assert minutes.enmo_mg[0] == pytest.approx(2000 / 4)


def test_rates_and_scales_may_change_within_a_minute():
    coarse = Samples(T0 + 30_000_000, 25.0, 1 / 64, np.tile(np.array([0, 0, 128], np.int16), (750, 1)))
    minutes = epochs_of_minutes([still(T0, 30, (0, 0, 1)), coarse])
    assert minutes.share[0] == pytest.approx(1) and minutes.n_samples.tolist() == [2250]
    assert minutes.enmo_mg[0] == pytest.approx(1000 * 750 / 2250)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 59_999_999),
    st.sampled_from([12.5, 25.0, 30.0, 31.25, 50.0, 100.0]),
    st.lists(st.integers(1, 4000), min_size=1, max_size=4),
    st.integers(0, 2**32 - 1),
)
def test_cutting_a_stream_into_blocks_changes_nothing(into_us, hz, lengths, seed):
    whole = np.random.default_rng(seed).integers(-2000, 2000, (sum(lengths), 3)).astype(np.int16)
    t0 = T0 + into_us
    edges = np.cumsum([0, *lengths])
    blocks = [Samples(t0 + round(a * 1e6 / hz), hz, 0.001, whole[a:b]) for a, b in pairwise(edges.tolist())]
    minutes = epochs_of_minutes(blocks[::-1])
    assert minutes.n_samples.sum() == len(whole)
    # The slow way: one sample after the other.
    sums: dict[int, list[float]] = {}
    for block in blocks:
        for k, (x, y, z) in enumerate(block.xyz * 0.001):
            # Blocks begin at whole microseconds: less than one before an edge, either side is right.
            assume((block.t0_us + k * 1e6 / hz) % 5_000_000 < 5_000_000 - 1)
            at = (block.t0_us + math.floor(k * 1e6 / hz + 1e-3)) // 5_000_000
            sums.setdefault(at, []).append(math.sqrt(x * x + y * y + z * z))
    for at, r in sums.items():
        row = int(np.searchsorted(minutes.t_us, at * 5_000_000 // MINUTE_US * MINUTE_US))
        found = (minutes.enmo_5s_mg[row, at % 12], minutes.mad_5s_mg[row, at % 12])
        if len(r) / hz < 2.5 - 1e-6:
            assert np.isnan(found).all()
        else:
            enmo = sum(max(value - 1, 0) for value in r) / len(r) * 1000
            mean = sum(r) / len(r)
            mad = sum(abs(value - mean) for value in r) / len(r) * 1000
            assert found == pytest.approx((enmo, mad), rel=1e-9, abs=1e-9)


def test_a_minute_at_fifty_hertz_costs_well_below_a_millisecond():
    whole = np.random.default_rng(0).integers(-300, 300, (3000, 3)).astype(np.int16)
    blocks = [Samples(T0 + i * MINUTE_US, 50.0, 1 / 256, whole) for i in range(200)]
    best = math.inf
    for _ in range(3):
        start = time.perf_counter()
        epochs_of_minutes(blocks)
        best = min(best, time.perf_counter() - start)
    assert best / 200 < 0.001


@pytest.mark.recordings
@pytest.mark.skipif(not SHARED.exists(), reason="the real recordings are not beside the project")
def test_a_real_night_agrees_with_scikit_digital_health_in_every_five_seconds():
    recording = read_recording(SHARED / "data" / "actigraphy" / "raw" / "agcounts_r" / "calibration_30hz.npz")
    minutes = epochs_of_minutes(recording.segments)
    path = SHARED / "reference" / "actigraphy_raw_calibration_30hz.json"
    peer = json.loads(path.read_text())["results"]["skdh_epochs_5s_uncalibrated"]
    for ours, theirs, apart in (
        (minutes.enmo_5s_mg, "enmo_mg", 1e-6),
        (minutes.mad_5s_mg, "mad_mg", 1e-6),
        (minutes.anglez_5s_deg, "anglez_deg", 1e-5),  # angles are reckoned in single precision
    ):
        values = np.array(peer[theirs])
        # The peer's file is rounded to four decimals.
        assert np.abs(ours.ravel()[: len(values)] - values).max() <= 5e-5 + apart


def test_whole_minutes_at_once_are_the_minutes_one_by_one():
    rng = np.random.default_rng(3)
    blocks = [rng.integers(-2000, 2000, (3000, 3)).astype(np.int16) for _ in range(19)]
    blocks.append(np.zeros((3000, 3), np.int16))  # a fall from the sky: no angle but 0, no excess
    scales = [0.001 * (1 + i % 3) for i in range(20)]
    at_once = whole_minutes(blocks, scales)
    for i, (block, scale) in enumerate(zip(blocks, scales, strict=True)):
        alone = epochs_of_minutes([Samples(T0, 50.0, scale, block)])
        for name in set(at_once._fields) - {"sway"}:  # see test_sway.py
            np.testing.assert_allclose(
                getattr(at_once, name)[i], getattr(alone, name)[0], rtol=1e-9, atol=1e-9
            )


@pytest.mark.parametrize(
    ("t0", "n", "hz", "whole"),
    [
        (T0, 3000, 50.0, True),
        (T0, 9000, 50.0, True),
        (T0 + 1, 3000, 50.0, False),
        (T0, 2999, 50.0, False),
        (T0, 1500, 25.0, True),
        (T0, 1536, 25.6, True),
        (T0, 1875, 31.25, False),  # five seconds are not a whole number of samples
        (T0, 0, 50.0, False),
    ],
)
def test_a_block_is_whole_when_it_begins_and_ends_with_a_minute(t0, n, hz, whole):
    assert is_whole(t0, n, hz) is whole
