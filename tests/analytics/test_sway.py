"""What a resting wrist shows beyond the noise of its sensor."""

from itertools import pairwise

import numpy as np
import pytest

from analytics.recordings.read import read_recording
from analytics.signal.epochs import epochs_of_minutes, whole_minutes
from analytics.signal.fives import without_overlaps
from analytics.signal.samples import Samples
from analytics.signal.sway import UNSEEN, at_rest, sway_of_minutes
from analytics.signal.wear import ALIVE
from tests.conftest import SHARED

MINUTE_US = 60_000_000
T0 = 29_629_440 * MINUTE_US
STEP = 1 / 256


def lying(minutes, hz=50.0, noise_g=0.003, breath_g=0.0, step=STEP, seed=1):
    """A sensor that lies still, in someone's bed or on a table: (n, 3) in steps."""
    rng = np.random.default_rng(seed)
    n = round(minutes * 60 * hz)
    g = np.tile([0.6, 0.0, 0.8], (n, 1)) + rng.normal(0, noise_g, (n, 3))
    g[:, 0] += breath_g * np.sin(2 * np.pi * 0.25 * np.arange(n) / hz)
    return np.rint(g / step).astype(np.int16)


def sway(xyz, hz=50.0, step=STEP, t0_us=T0):
    starts = t0_us + MINUTE_US * np.arange(round(len(xyz) / hz / 60))
    return sway_of_minutes([Samples(t0_us, hz, step, xyz)], starts)


@pytest.mark.parametrize("noise_g, step", [(0.003, STEP), (0.009, 1e-4), (0.0008, 1 / 4096)])
def test_noise_alone_sways_little(noise_g, step):
    found = sway(lying(60, noise_g=noise_g, step=step), step=step)
    assert 1.1 < np.median(found) < 1.4 < ALIVE


@pytest.mark.parametrize("noise_g, breath_g", [(0.003, 0.001), (0.009, 0.002), (0.0008, 0.0003)])
def test_a_breath_of_a_third_of_the_noise_is_seen(noise_g, breath_g):
    assert np.median(sway(lying(60, noise_g=noise_g, breath_g=breath_g, step=1e-4), step=1e-4)) > ALIVE


def test_a_sensor_that_stays_on_one_step_shows_nothing():
    assert sway(lying(2, noise_g=0.0)).tolist() == [0.0, 0.0]


def test_scale_and_zero_of_the_sensor_do_not_matter():
    xyz = lying(3, breath_g=0.002)
    np.testing.assert_allclose(sway(xyz + np.int16(11)), sway(xyz), rtol=1e-6)
    np.testing.assert_allclose(sway(xyz, step=STEP * 1.02), sway(xyz), rtol=1e-6)


@pytest.mark.parametrize("hz", [50.0, 30.0, 12.5, 85.7, 100.0])
def test_it_does_not_matter_how_samples_are_cut(hz):
    xyz = lying(4, hz, breath_g=0.002)
    whole = sway(xyz, hz)
    cuts = sorted({0, 7, 601, 602, 1700, len(xyz) // 2 + 13, len(xyz)})
    parts = [Samples(T0 + round(a * 1e6 / hz), hz, STEP, xyz[a:b]) for a, b in pairwise(cuts) if b > a]
    starts = T0 + MINUTE_US * np.arange(4)
    np.testing.assert_allclose(sway_of_minutes(parts, starts), whole, rtol=1e-6)
    np.testing.assert_allclose(sway_of_minutes(without_overlaps(parts[::-1]), starts), whole, rtol=1e-6)


@pytest.mark.parametrize("hz", [50.0, 25.6])
def test_minutes_at_arrival_have_the_same(hz):
    xyz = lying(9, hz, breath_g=0.002)
    n = round(60 * hz)
    at_once = whole_minutes([xyz[i * n : (i + 1) * n] for i in range(9)], [STEP] * 9)
    np.testing.assert_allclose(at_once.sway, sway(xyz, hz), rtol=1e-6)


def test_a_minute_that_is_not_at_rest_is_not_looked_at():
    rng = np.random.default_rng(2)
    moving = lying(1) + rng.integers(-30, 30, (3000, 3)).astype(np.int16)
    assert whole_minutes([moving, lying(1)], [STEP] * 2).sway[0] == UNSEEN
    assert at_rest(np.array([[1.0, np.nan, 2.0], [1.0, 2.0, 15.0], [np.nan] * 3])).tolist() == [
        True,
        False,
        False,
    ]


def test_nothing_is_told_from_ten_samples_a_second_or_fewer():
    assert sway(lying(2, 8.0, breath_g=0.01), 8.0).tolist() == [UNSEEN, UNSEEN]
    assert whole_minutes([lying(1, 8.0, breath_g=0.01)], [STEP]).sway.tolist() == [UNSEEN]


def test_half_a_minute_is_enough_and_ten_seconds_are_not():
    xyz = lying(1, breath_g=0.003)
    half, little = ([Samples(T0, 50.0, STEP, xyz[: s * 50])] for s in (30, 10))
    start = np.array([T0])
    assert sway_of_minutes(half, start)[0] > ALIVE
    assert sway_of_minutes(little, start)[0] == UNSEEN
    assert sway_of_minutes([], start)[0] == UNSEEN


@pytest.mark.recordings
@pytest.mark.skipif(not SHARED.exists(), reason="the real recordings are not beside the project")
class TestRealRecordings:
    def test_every_hour_of_a_night_that_is_at_rest_shows_life(self):
        path = SHARED / "data/actigraphy/raw/agcounts_r/calibration_30hz.npz"
        recording = read_recording(path)
        minutes = epochs_of_minutes(recording.segments)
        rest = at_rest(minutes.mad_5s_mg)
        found = np.full(len(rest), np.nan)
        found[rest] = sway_of_minutes(recording.segments, minutes.t_us[rest])
        hours = [slice(k, k + 60) for k in range(0, len(rest) - 60, 5) if rest[k : k + 60].sum() >= 30]
        medians = [np.nanmedian(found[hour]) for hour in hours]
        assert len(medians) > 70
        assert min(medians) > 1.7 > ALIVE

    def test_two_minutes_on_a_table_show_little(self):
        recording = read_recording(SHARED / "data/actigraphy/raw/pygt3x/neo.gt3x")
        (segment,) = recording.segments
        found = sway_of_minutes([segment], segment.t0_us + MINUTE_US * np.arange(2))
        assert np.median(found) < ALIVE
