import numpy as np
import pytest

from analytics.indices.clock_bins import clock_bins
from analytics.indices.day_to_day import ASLEEP, AWAKE, NOT_SCORED, autocorrelation_24h, sleep_regularity
from analytics.indices.fractal import box_sizes, fluctuations, scaling_exponents
from analytics.indices.persistence import persistence
from analytics.indices.timeline import Timeline, timeline_of
from tests.analytics.lives import DAY, ROME, SLEEP_THEN_WALK, epochs, restless


def sri(states: np.ndarray, timeline: Timeline | None = None) -> float | None:
    return sleep_regularity(timeline or epochs(np.zeros(len(states))), states.astype(np.int8)).value


def test_identical_days_correlate_perfectly_with_the_next_one():
    assert autocorrelation_24h(epochs(np.tile(SLEEP_THEN_WALK, 3))).value == pytest.approx(1)


def test_days_that_change_places_with_nights_correlate_negatively():
    x = np.r_[np.zeros(720), np.ones(720), np.ones(720), np.zeros(720)]
    assert autocorrelation_24h(epochs(np.tile(x, 2))).value == pytest.approx(-1)


def test_the_correlation_is_that_of_pairs_that_are_both_there():
    x = restless(5, seed=2, gaps=0.2)
    first, second = x[:-DAY], x[DAY:]
    both = ~np.isnan(first + second)
    expected = np.corrcoef(first[both], second[both])[0, 1]
    assert autocorrelation_24h(epochs(x)).value == pytest.approx(expected, rel=1e-12)


def test_a_day_later_is_24_hours_later_also_over_a_clock_change():
    rng = np.random.default_rng(4)
    day = rng.gamma(1, 50, DAY)
    x = np.tile(day, 4)  # the same every 24 elapsed hours, so an hour later on the wall after the jump
    over_the_jump = epochs(x, start="2026-03-28T00:00+01:00", zone=ROME)
    assert autocorrelation_24h(over_the_jump).value == pytest.approx(1)


@pytest.mark.parametrize("minutes, known", [(DAY + 719, False), (DAY + 720, True)])
def test_twelve_hours_of_pairs_are_needed(minutes, known):
    x = np.random.default_rng(1).random(minutes)
    index = autocorrelation_24h(epochs(x))
    assert (index.value is not None) == known
    states = (x > 0.5).astype(np.int8)
    assert (sri(states) is not None) == known
    if not known:
        assert "11.98 hours of pairs of the 12" in index.reason


def test_a_level_that_never_changes_has_no_correlation():
    assert autocorrelation_24h(epochs(np.full(3 * DAY, 0.1))).reason == "the activity never varies"


def test_the_same_nights_are_perfectly_regular_and_opposite_ones_not_at_all():
    night = np.r_[np.full(480, ASLEEP), np.full(960, AWAKE)]
    assert sri(np.tile(night, 3)) == 100
    assert sri(np.r_[night, 1 - night]) == -100


def test_regularity_by_hand():
    # A night of 8 h, the next an hour shorter: 60 of 1440 pairs differ.
    states = np.r_[np.full(480, ASLEEP), np.full(960, AWAKE), np.full(420, ASLEEP), np.full(1020, AWAKE)]
    assert sri(states) == pytest.approx(200 * 1380 / 1440 - 100)


def test_what_is_not_scored_is_in_no_pair():
    states = np.r_[np.zeros(DAY), np.ones(700), np.zeros(740)]
    states[DAY : DAY + 700] = NOT_SCORED
    assert sri(states) == 100


def test_a_hole_in_the_stamps_shifts_no_pair():
    night = np.r_[np.full(480, ASLEEP), np.full(960, AWAKE)]
    keep = np.r_[0:2000, 2100 : 3 * DAY]
    whole = epochs(np.zeros(3 * DAY))
    holed = timeline_of(whole.t_us[keep], whole.x[keep], 60.0, None, None, ROME, "counts")
    assert sri(np.tile(night, 3)[keep], holed) == 100


def test_states_of_another_length_are_refused():
    with pytest.raises(ValueError, match="one state for each epoch"):
        sleep_regularity(epochs(np.zeros(10)), np.zeros(9, np.int8))


def an_autoregression(phi: float, hours: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = np.zeros(hours)
    x[0] = rng.normal() / np.sqrt(1 - phi**2)
    for k in range(1, hours):
        x[k] = phi * x[k - 1] + rng.normal()
    return x + 20


def phi_of(x: np.ndarray) -> float | None:
    return persistence(clock_bins(epochs(x, 3600.0))).value


@pytest.mark.parametrize("phi", [-0.6, 0.0, 0.5, 0.9])
def test_persistence_is_found_again(phi):
    assert phi_of(an_autoregression(phi, 6000, 1)) == pytest.approx(phi, abs=0.04)


def test_persistence_has_the_largest_likelihood_with_gaps():
    """Beside the full multivariate normal likelihood, stretch by stretch."""
    x = an_autoregression(0.6, 300, 5)
    x[[50, 51, 120, 200]] = np.nan
    found = phi_of(x)
    edges = np.flatnonzero(np.isnan(x))
    stretches = [s[~np.isnan(s)] for s in np.split(x, edges)]
    stretches = [s for s in stretches if len(s)]

    def loss(phi: float) -> float:
        inverse = [
            np.linalg.inv(phi ** np.abs(np.subtract.outer(range(len(s)), range(len(s))))) for s in stretches
        ]
        n = sum(map(len, stretches))
        top = sum(i.sum(axis=0) @ s for i, s in zip(inverse, stretches, strict=True))
        mean = top / sum(i.sum() for i in inverse)
        square = sum((s - mean) @ i @ (s - mean) for i, s in zip(inverse, stretches, strict=True))
        return n * np.log(square) - sum(np.linalg.slogdet(i)[1] for i in inverse)

    around = [loss(found - 1e-3), loss(found), loss(found + 1e-3)]
    assert around[1] == min(around)
    slope = (loss(found + 1e-4) - loss(found - 1e-4)) / 2e-4
    assert abs(slope) < 1e-4


def test_persistence_needs_two_days_of_neighbours():
    index = persistence(clock_bins(epochs(np.arange(48.0), 3600.0)))
    assert index.value is None and "47 pairs of neighbouring hours of the 48" in index.reason


def exponents(x: np.ndarray) -> dict[str, float | None]:
    return {index.name: index.value for index in scaling_exponents(epochs(x))}


def test_noise_scales_with_a_half_and_a_random_walk_with_one_and_a_half():
    noise = np.random.default_rng(8).normal(size=14 * DAY)
    assert exponents(noise + 10)["DFA_alpha"] == pytest.approx(0.5, abs=0.05)
    assert exponents(np.cumsum(noise))["DFA_alpha_short"] == pytest.approx(1.5, abs=0.05)


def test_fluctuations_equal_the_slow_way():
    x = np.random.default_rng(3).gamma(1, 40, 1003)
    x = x - x.mean()
    path = np.cumsum(x)
    for size in (4, 17, 250):
        left = []
        for start in range(0, 1003 - size + 1, size):
            box, t = path[start : start + size], np.arange(size)
            left.append(((box - np.polyval(np.polyfit(t, box, 1), t)) ** 2).mean())
        assert fluctuations(x, np.array([size]))[0] == pytest.approx(np.sqrt(np.mean(left)), rel=1e-9)


def test_boxes_reach_from_four_epochs_to_a_quarter():
    sizes = box_sizes(14 * DAY)
    assert sizes[0] == 4 and sizes[-1] <= 14 * DAY / 4 < sizes[-1] * 2**0.25 + 1


def test_too_many_gaps_leave_no_scaling():
    short = scaling_exponents(epochs(restless(2, 1)))
    assert all("48 valid hours of the 72" in index.reason for index in short)
    x = restless(10, seed=2, gaps=0.3)
    assert all("90% is needed" in index.reason for index in scaling_exponents(epochs(x)))
