import numpy as np
import pytest
from scipy.special import zeta

from analytics.indices.bout_lengths import bout_length_indices, gini_of, power_law
from analytics.indices.bouts import Bouts, bouts, states
from analytics.indices.grid import elapsed
from analytics.indices.hazard import constant_hazards, local_lines
from analytics.indices.timeline import timeline_of
from analytics.indices.transitions import transition_probabilities
from tests.analytics.lives import UTC, epochs

R, A, N = 0.0, 9.0, np.nan


def tp(x: list[float]) -> list[float | None]:
    return [index.value for index in transition_probabilities(states(np.array(x), 5.0))]


def test_transitions_by_hand():
    # Rest has 4 successors and leaves twice; activity has 3 and leaves once.
    assert tp([R, R, A, A, A, R, R, A]) == [2 / 4, 1 / 3]


def test_an_epoch_before_a_gap_has_no_successor():
    assert tp([R, R, N, A, R, N]) == [0 / 1, 1 / 1]


def test_rest_is_strictly_below_the_threshold():
    assert tp([4.9, 5.0, 4.9, 5.0]) == [1, 1]


@pytest.mark.parametrize(
    "x, reasons", [([R, R], "activity"), ([A, A], "rest"), ([R, N, A], "rest"), ([], "rest")]
)
def test_a_state_without_successors_has_no_probability(x, reasons):
    found = transition_probabilities(states(np.array(x), 5.0))
    missing = [index for index in found if index.value is None]
    assert missing and any(f"no epoch of {reasons} has a valid successor" in i.reason for i in missing)


def test_a_hole_in_the_stamps_is_no_transition():
    t = np.array([0, 1, 2, 10, 11]) * 60_000_000
    timeline = timeline_of(t, np.array([R, R, R, A, A]), 60.0, None, None, UTC, "counts")
    found = transition_probabilities(states(elapsed(timeline), 5.0))
    assert [index.value for index in found] == [0, 0]


def test_bouts_end_where_data_ends():
    found = bouts(states(np.array([R, R, A, N, A, A, A, R]), 5.0))
    assert found.rest.tolist() == [2, 1] and found.active.tolist() == [1, 3]
    assert [len(part) for part in bouts(states(np.zeros(0), 5.0))] == [0, 0]


def named(found: Bouts) -> dict[str, object]:
    return {index.name: index for index in bout_length_indices(found, 30.0)}


def test_lengths_of_bouts_by_hand():
    found = named(Bouts(np.array([2] * 9 + [22]), np.full(12, 4)))
    assert found["rest_bout_min"].value == pytest.approx(4 * 0.5)
    assert found["gini_active"].value == 0
    # One bout has 22 of 40 epochs: sum of |differences| 2 * 9 * 20, over 2 * 10 * 9 * 4.
    assert found["gini_rest"].value == pytest.approx(360 / 720)


def test_fewer_than_ten_bouts_tell_nothing():
    found = named(Bouts(np.arange(1, 10), np.zeros(0, int)))
    assert all(index.value is None for index in found.values())
    assert found["gini_rest"].reason == "too little data: 9 bouts of the 10 that it needs"


def test_one_bout_that_holds_all_time_is_the_most_unequal():
    assert gini_of(np.r_[np.full(999, 1), 10**9]) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("exponent", [1.5, 2.0, 3.0])
def test_the_exponent_of_a_power_law_is_found_again(exponent):
    lengths = np.arange(1, 200_000)
    cumulative = np.cumsum(lengths**-exponent) / zeta(exponent)
    draws = np.searchsorted(cumulative, np.random.default_rng(2).random(40_000) * cumulative[-1]) + 1
    assert power_law(draws) == pytest.approx(exponent, abs=0.03)


def test_bouts_of_the_shortest_length_alone_have_no_exponent():
    assert named(Bouts(np.ones(20, int), np.ones(20, int)))["power_rest"].reason is not None


def test_a_constant_hazard_is_found_again():
    rng = np.random.default_rng(6)
    found = Bouts(rng.geometric(0.05, 4000), rng.geometric(0.2, 4000))
    rest, active = (index.value for index in constant_hazards(found))
    assert rest == pytest.approx(0.05, rel=0.1) and active == pytest.approx(0.2, rel=0.1)


def test_few_different_lengths_have_no_hazard():
    rest, active = constant_hazards(Bouts(np.arange(1, 10), np.arange(1, 50)))
    assert "9 different bout lengths of the 10" in rest.reason and active.value is not None


def test_local_lines_leave_a_line_alone_and_equal_the_slow_way():
    t = np.cumsum(np.random.default_rng(1).integers(1, 9, 40)).astype(float)
    np.testing.assert_allclose(local_lines(t, 3 - 0.2 * t), 3 - 0.2 * t, atol=1e-9)
    p = np.random.default_rng(2).random(40)
    for i in (0, 7, 39):
        near = np.argsort(np.abs(t - t[i]))[:12]
        radius = np.abs(t[near] - t[i]).max()
        weight = np.clip(1 - (np.abs(t - t[i]) / radius) ** 3, 0, None) ** 3
        line = np.polyfit(t, p, 1, w=np.sqrt(weight))
        assert local_lines(t, p)[i] == pytest.approx(np.polyval(line, t[i]), abs=1e-9)


def test_a_patient_who_gets_weaker_is_more_broken_up():
    rng = np.random.default_rng(4)
    strong = epochs(np.repeat(np.tile([R, A], 60), rng.integers(20, 60, 120)))
    weak = epochs(np.repeat(np.tile([R, A], 60), rng.integers(2, 6, 120)))
    for before, after in zip(
        *(transition_probabilities(states(one.x, 5.0)) for one in (strong, weak)), strict=True
    ):
        assert after.value > 5 * before.value
