import sqlite3
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter, lfilter_zi

from analytics.recordings.read import read_recording
from analytics.signal.band_pass import BLOCK, DENOMINATOR, GROUP, NUMERATOR, BandPass
from analytics.signal.counts import counts
from analytics.signal.samples import Samples
from analytics.signal.thirty_hz import FINEST, MEMORY, ThirtyHz, samples_in_a_block

RAW = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "actigraphy" / "raw" / "agcounts_r"
T0 = 1_790_000_040 * 1_000_000
SECOND_US = 1_000_000


def movement(seed: int, seconds: float, hz: float) -> np.ndarray:
    """An arm that rests, swings and is shaken [0.001 g], (n, 3) int16."""
    chance = np.random.default_rng(seed)
    t = np.arange(round(seconds * hz)) / hz
    busy = np.repeat(chance.random(int(seconds) // 7 + 2) < 0.6, int(np.ceil(7 * hz)))[: len(t)]
    g = np.tile(chance.normal(0, 0.6, 3), (len(t), 1)) + chance.normal(0, 0.003, (len(t), 3))
    for axis in range(3):
        g[:, axis] += busy * 0.4 * np.sin(2 * np.pi * chance.uniform(0.3, 4) * t + chance.uniform(0, 6))
        g[:, axis] += busy * chance.normal(0, 0.3, len(t))
    return np.round(g * 1000).astype(np.int16)


def seconds_of(segments: list[Samples], n: int, t0: int = T0) -> np.ndarray:
    return counts(segments, SECOND_US, t0 // SECOND_US, n)


@pytest.mark.recordings
@pytest.mark.skipif(not RAW.exists(), reason="the real recordings are not beside the project")
def test_counts_are_the_manufacturers_in_every_second_of_twenty_hours():
    recording = read_recording(RAW / "calibration_30hz.npz")
    (segment,) = recording.segments
    n = len(segment.xyz) // 30
    ours = seconds_of(list(recording.segments), n, segment.t0_us)
    with sqlite3.connect(RAW / "calibration1sec.agd") as device:
        rows = device.execute("SELECT axis2, axis1, axis3 FROM data ORDER BY dataTimestamp").fetchall()
    theirs = np.array(rows[:n], float)  # axis 1 of the manufacturer is y
    assert n == 74_654 and theirs.sum() > 2_000_000
    assert (ours == theirs).all()


@pytest.mark.parametrize("hz", [30, 40, 50, 60, 70, 80, 90, 100])
def test_other_rates_agree_with_the_manufacturers_own_package(hz):
    extract = pytest.importorskip("agcounts.extract", reason="agcounts is not installed")
    whole = movement(hz, 1800, hz)
    theirs = extract.get_counts(whole / 1000, freq=hz, epoch=1)
    ours = seconds_of([Samples(T0, float(hz), 0.001, whole)], len(theirs))
    assert theirs.sum() > 20_000
    assert (ours == theirs).all()


@pytest.mark.parametrize("n", [1, BLOCK, BLOCK * GROUP - 1, BLOCK * GROUP**2, BLOCK * GROUP**3 * 3 + 17])
def test_the_filter_in_blocks_is_the_filter_sample_by_sample(n):
    x = np.cumsum(np.random.default_rng(n).normal(0, 30, (3, n)), axis=1)
    slow, _ = lfilter(
        NUMERATOR, DENOMINATOR, x, zi=np.multiply.outer(x[:, 0], lfilter_zi(NUMERATOR, DENOMINATOR))
    )
    assert np.abs(BandPass(x[:, 0])(x) - slow).max() < 1e-8 * np.abs(x).max()


def test_at_thirty_hertz_samples_stay_what_they_are():
    resampler = ThirtyHz(30.0)
    g = np.arange(300).reshape(3, 100) / 1000
    got = np.concatenate((resampler(g), resampler.end()), axis=1)
    assert (got == np.arange(300).reshape(3, 100)).all()


@pytest.mark.parametrize("hz", [12.5, 25.0, 31.25, 32.0, 50.0, 85.7, 100.0, 200.0])
def test_a_swing_of_one_hertz_keeps_its_length_and_its_size_at_any_rate(hz):
    t = np.arange(round(60 * hz)) / hz
    resampler = ThirtyHz(hz)
    got = np.concatenate((resampler(np.tile(np.sin(2 * np.pi * t), (3, 1))), resampler.end()), axis=1)
    assert got.shape[1] == 1800
    smooth = BandPass(got[:, 0])(got)[0, 600:]
    even = BandPass(np.zeros(3))(np.tile(1000 * np.sin(2 * np.pi * np.arange(1800) / 30), (3, 1)))[0, 600:]
    assert np.ptp(smooth) == pytest.approx(np.ptp(even), rel=0.06)


def test_the_memory_of_the_smoother_is_no_longer_than_a_block():
    assert all(samples_in_a_block(down) >= MEMORY for down in range(1, FINEST + 1))


def test_a_watch_that_lies_still_counts_nothing():
    whole = np.tile(np.array([120, -300, 940], np.int16), (50 * 60, 1))
    assert (seconds_of([Samples(T0, 50.0, 0.001, whole)], 60)[10:] == 0).all()


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([25.0, 30.0, 31.25, 50.0, 100.0]),
    st.lists(st.integers(1, 9000), min_size=1, max_size=5),
    st.integers(0, 2**32 - 1),
)
def test_cutting_a_recording_changes_no_count(hz, lengths, seed):
    whole = movement(seed, sum(lengths) / hz + 1, hz)[: sum(lengths)]
    edges = np.cumsum([0, *lengths]).tolist()
    parts = [Samples(T0 + round(a * 1e6 / hz), hz, 0.001, whole[a:b]) for a, b in pairwise(edges)]
    n = int(len(whole) / hz)
    at_once = seconds_of([Samples(T0, hz, 0.001, whole)], n)
    cut = seconds_of(parts, n)
    inside = ~np.isnan(cut).any(axis=1)
    assert np.isfinite(at_once).all()
    assert inside.sum() >= n - len(parts)
    np.testing.assert_array_equal(cut[inside], at_once[inside])


@pytest.mark.parametrize("gap_s", [0.5, 40, 4000, 40_000])
def test_a_gap_holds_the_last_value_and_its_epochs_are_unknown(gap_s):
    hz, a, b = 50.0, movement(1, 90, 50.0), movement(2, 90, 50.0)
    later = T0 + round((90 + gap_s) * 1e6)
    found = seconds_of([Samples(T0, hz, 0.001, a), Samples(later, hz, 0.001, b)], int(180 + gap_s))
    held = np.concatenate((a, np.repeat(a[-1:], round(gap_s * hz), axis=0), b))
    without_gap = seconds_of([Samples(T0, hz, 0.001, held)], int(180 + gap_s))
    known = np.isfinite(found).all(axis=1)
    assert known[:90].all() and not known[90 : 90 + int(gap_s)].any() and known[-89:].all()
    np.testing.assert_array_equal(found[known], without_gap[known])


def test_an_epoch_that_a_gap_touches_has_no_count():
    a = movement(3, 60, 30.0)
    found = counts(
        [Samples(T0, 30.0, 0.001, a[:700]), Samples(T0 + round(701 * 1e6 / 30), 30.0, 0.001, a[701:])],
        5 * SECOND_US,
        T0 // (5 * SECOND_US),
        12,
    )
    assert np.isnan(found[4]).all() and np.isfinite(np.delete(found, 4, axis=0)).all()


def test_where_the_rate_changes_counting_starts_anew():
    a, b = movement(4, 60, 50.0), movement(5, 60, 25.0)
    found = seconds_of([Samples(T0, 50.0, 0.001, a), Samples(T0 + 60 * SECOND_US, 25.0, 0.001, b)], 120)
    np.testing.assert_array_equal(found[:60], seconds_of([Samples(T0, 50.0, 0.001, a)], 60))
    alone = seconds_of([Samples(T0 + 60 * SECOND_US, 25.0, 0.001, b)], 60, T0 + 60 * SECOND_US)
    np.testing.assert_array_equal(found[60:], alone)
