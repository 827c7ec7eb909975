from pathlib import Path

import numpy as np
import pytest

from analytics.recordings.read import read_recording
from analytics.signal.samples import Samples
from analytics.signal.short_wear import without_short_wear
from analytics.signal.spread import spread_of
from analytics.signal.van_hees import worn_by_van_hees_2013, worn_by_van_hees_2023

NIGHT = Path(__file__).resolve().parents[2] / "../shared/data/actigraphy/raw/agcounts_r/calibration_30hz.npz"
HZ = 20.0
HOUR = int(3600 * HZ)
HOUR_US = 3_600_000_000
G = 1000  #: steps in a g


def recorded(*stretches: tuple[float, bool], t0_us: int = 0, seed: int = 5) -> Samples:
    """Hours of moving (True) and of lying on a table (False), with noise of 3 mg."""
    rng = np.random.default_rng(seed)
    parts = []
    for hours, moves in stretches:
        n = round(hours * HOUR)
        level = rng.normal(0, 300, (n // 200 + 1, 3)).repeat(200, axis=0)[:n] if moves else np.zeros((n, 3))
        parts.append(level + rng.normal(0, 3, (n, 3)) + [0, 0, G])
    return Samples(t0_us, HZ, 1 / G, np.rint(np.concatenate(parts)).astype(np.int16))


def hours_off(quarters) -> list[int]:
    return (~quarters.worn).nonzero()[0].tolist()


def test_the_figures_of_pieces_are_those_of_their_samples():
    rng = np.random.default_rng(1)
    xyz = rng.integers(-1500, 1500, (70_000, 3)).astype(np.int16)
    spread = spread_of([Samples(30_000_000, HZ, 1 / G, xyz)], 60_000_000, np.inf)
    a = xyz[600:1800] / G  # the first minute is half there
    assert spread.start_us == 0 and spread.n[:3].tolist() == [600, 1200, 1200]
    first, end = np.array([1, 1]), np.array([2, 4])
    assert spread.range_of(first, end)[0] == pytest.approx(np.ptp(a, axis=0))
    assert spread.deviation_of(first, end)[0] == pytest.approx(a.std(axis=0, ddof=1), rel=1e-5)
    assert spread.deviation_of(first, end)[1] == pytest.approx(
        (xyz[600:4200] / G).std(axis=0, ddof=1), rel=1e-5
    )


def test_segments_that_meet_inside_a_piece_are_taken_together():
    whole = recorded((1, True), (1, False))
    k = 33_333
    halves = [
        Samples(0, HZ, 1 / G, whole.xyz[:k]),
        Samples(round(k * 1e6 / HZ), HZ, 1 / G, whole.xyz[k:]),
    ]
    one, two = spread_of([whole], 900_000_000, 9.0), spread_of(halves, 900_000_000, 9.0)
    places = np.arange(len(one.n))
    assert (one.n == two.n).all()
    assert two.deviation_of(places, places + 1) == pytest.approx(
        one.deviation_of(places, places + 1), rel=1e-4
    )


def test_2013_marks_the_middle_quarters_of_still_hours():
    day = recorded((8, True), (4, False), (8, True))
    # Quarters 32 to 47 are still; an hour around the middle of a quarter is so from 34 to 45.
    assert hours_off(worn_by_van_hees_2013([day])) == list(range(34, 46))


def test_2023_marks_whole_still_hours():
    day = recorded((8, True), (4, False), (8, True))
    assert hours_off(worn_by_van_hees_2023([day])) == list(range(32, 48))


def test_the_verdict_of_an_instant_is_that_of_its_quarter():
    quarters = worn_by_van_hees_2023([recorded((8, True), (4, False), (8, True), t0_us=100 * HOUR_US)])
    t_us = (100 + np.array([7.99, 8.01, 11.99, 12.01, 99.0])) * HOUR_US
    assert quarters.at(t_us.astype(np.int64)).tolist() == [True, False, False, True, True]


def test_a_gap_is_not_judged():
    before, after = recorded((8, True)), recorded((8, True), t0_us=14 * HOUR_US)
    assert worn_by_van_hees_2013([before, after]).worn.all()
    assert worn_by_van_hees_2023([before, after]).worn.all()


def pieces(*runs: tuple[int, bool]) -> np.ndarray:
    return np.concatenate([np.full(n, value) for n, value in runs])


@pytest.mark.parametrize(
    "off, gone",
    [
        pytest.param(
            [(400, 0), (20, 1), (8, 0), (20, 1), (400, 0)], 48, id="two hours of wear in ten are handling"
        ),
        pytest.param(
            [(400, 0), (4, 1), (8, 0), (4, 1), (400, 0)], 8, id="two hours of wear beside two are wear"
        ),
        pytest.param([(400, 0), (40, 1), (20, 0), (40, 1), (400, 0)], 100, id="five hours of wear in twenty"),
        pytest.param([(400, 0), (40, 1), (24, 0), (80, 1), (400, 0)], 120, id="six hours of wear stay"),
        pytest.param([(9, 0), (40, 1), (400, 0)], 49, id="set up within the first hours"),
        pytest.param([(10, 0), (40, 1), (400, 0)], 40, id="worn for longer before"),
        pytest.param([(400, 0), (40, 1), (11, 0)], 51, id="read out after"),
        pytest.param([(400, 0), (40, 1), (12, 0)], 40, id="worn for three hours after"),
        pytest.param([(400, 0), (5, 1), (11, 0), (2, 1), (40, 0)], 18, id="short wear on the last day"),
        pytest.param([(400, 0), (4, 1), (11, 0), (2, 1), (40, 0)], 6, id="after an hour of non-wear only"),
        pytest.param([(40, 0)], 0, id="all worn"),
    ],
)
def test_short_wear_between_non_wear(off, gone):
    assert without_short_wear(pieces(*off), 0.25).sum() == gone


def still_hour(a: np.ndarray, range_g: float) -> int:
    """Axes that are still, by the letter of the definition."""
    return int(((a.std(axis=0, ddof=1) < 0.013) & (np.ptp(a, axis=0) < range_g)).sum())


def by_the_letter(xyz: np.ndarray, hz: float, approach: int) -> np.ndarray:
    """(quarters,) not worn, for a recording that begins and ends with a quarter: sample by sample."""
    per = int(900 * hz)
    n = len(xyz) // per
    axes = np.zeros(n, int)
    if approach == 2013:
        for k in range(n):
            begin = (k - 1) * per - per // 2
            window = slice(begin, begin + 4 * per)
            if k < 3:
                window = slice(0, 4 * per)
            elif k >= n - 4:
                window = slice((n - 3) * per, n * per)
            axes[k] = still_hour(xyz[window], 0.050)
    else:
        thin = int(np.ceil(hz / 5))
        for k in range(n):
            hour = xyz[k * per : (k + 4) * per : thin]
            if still_hour(hour, 0.150) >= 2:
                axes[k : k + 4] = 2
    if approach == 2013:
        for k in range(1, n - 1):
            if axes[k] == 1 and axes[k - 1] >= 2 and axes[k + 1] >= 2:
                axes[k] = 2
    return without_short_wear(axes >= 2, 0.25)


@pytest.mark.parametrize(
    "approach, rule",
    [
        pytest.param(2013, worn_by_van_hees_2013, id="2013"),
        pytest.param(2023, worn_by_van_hees_2023, id="2023"),
    ],
)
@pytest.mark.parametrize("seed", range(6))
def test_the_rules_are_the_definitions_sample_by_sample(approach, rule, seed):
    rng = np.random.default_rng(seed)
    stretches = [(float(rng.integers(1, 30)) / 4, bool(k % 2)) for k in range(int(rng.integers(4, 9)))]
    day = recorded(*stretches, seed=seed)
    assert (~rule([day]).worn).tolist() == by_the_letter(day.xyz / G, HZ, approach).tolist()


@pytest.mark.recordings
@pytest.mark.skipif(not NIGHT.exists(), reason="the real recordings are not beside the project")
class TestRealNight:
    """scikit-digital-health calls all of it worn, with ranges of 50, 67 and 150 mg."""

    def test_the_night_is_worn(self):
        segments = read_recording(NIGHT).segments
        assert worn_by_van_hees_2013(segments).worn.all()
        assert worn_by_van_hees_2023(segments).worn.all()

    @pytest.mark.parametrize(
        "approach, rule",
        [
            pytest.param(2013, worn_by_van_hees_2013, id="2013"),
            pytest.param(2023, worn_by_van_hees_2023, id="2023"),
        ],
    )
    def test_a_table_in_the_night_is_found_as_by_the_definitions(self, approach, rule):
        night = read_recording(NIGHT).segments[0]
        per = int(900 * night.hz)
        xyz = night.xyz[: len(night.xyz) // per * per].copy()
        noise = np.random.default_rng(4).normal(0, 3, (4 * 4 * per, 3))
        xyz[30 * per : 46 * per] = np.rint(noise + xyz[30 * per]).astype(xyz.dtype)
        found = ~rule([Samples(0, night.hz, night.scale, xyz)]).worn
        assert (found == by_the_letter(xyz * night.scale, night.hz, approach)).all()
        assert found[32:44].all() and not found[:30].any() and not found[46:].any()
