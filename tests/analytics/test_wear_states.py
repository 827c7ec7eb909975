import numpy as np
import pytest

from analytics.indices.wear_amounts import wear_amounts
from analytics.signal.wear_states import WearRuns, WearState, time_in_states, wear_runs

MINUTE_US = 60_000_000
N = 300
SILENT = (100, 200)


def runs_of(battery=(), started=(), silent=SILENT, worn=True, end=N, length_s=60):
    """A device of 300 min that was silent for some of them; all numbers are minutes."""
    t = np.arange(0, N * 60, length_s) * 1_000_000
    t = t[(t < silent[0] * MINUTE_US) | (t >= silent[1] * MINUTE_US)]
    said = np.array(battery, float).reshape(-1, 2)
    return wear_runs(
        0,
        end * MINUTE_US,
        t,
        np.full(len(t), length_s * 1_000_000),
        np.full(len(t), worn),
        (said[:, 0] * MINUTE_US).astype(np.int64),
        said[:, 1],
        np.array(started, np.int64) * MINUTE_US,
    )


def told(runs):
    return [
        (int(a) // MINUTE_US, int(z) // MINUTE_US, WearState(s).word)
        for a, z, s in zip(runs.start_us, runs.end_us, runs.state, strict=True)
    ]


def test_what_arrived_is_worn_or_not_as_the_rule_says():
    assert told(runs_of(silent=(0, 0))) == [(0, N, "worn")]
    assert told(runs_of(silent=(0, 0), worn=False)) == [(0, N, "not_worn")]


@pytest.mark.parametrize(
    "battery, started, state",
    [
        pytest.param([], [], "no_data", id="nobody knows why"),
        pytest.param([(40, 60.0), (99, 58.0)], [], "no_data", id="a good battery"),
        pytest.param([(40, 6.0), (99, 4.0)], [], "off", id="an empty battery"),
        pytest.param([(40, 4.0), (95, 80.0)], [], "no_data", id="charged before the silence"),
        pytest.param([(99, np.nan), (250, 3.0)], [], "no_data", id="what was said later"),
        pytest.param([(-1500, 3.0)], [], "no_data", id="a word of the day before"),
        pytest.param([], [200], "off", id="a new recording after it"),
        pytest.param([], [150], "off", id="a boot inside it"),
        pytest.param([], [208], "off", id="a boot told when the connection was up"),
        pytest.param([], [99, 210], "no_data", id="boots outside it"),
    ],
)
def test_a_silence(battery, started, state):
    assert told(runs_of(battery, started)) == [(0, 100, "worn"), (100, 200, state), (200, N, "worn")]


def test_a_silence_that_lasts_is_off_when_the_battery_was_empty():
    assert told(runs_of([(290, 2.0)], silent=(290, N)))[-1] == (290, N, "off")
    assert told(runs_of([(290, 50.0)], silent=(290, N)))[-1] == (290, N, "no_data")


@pytest.mark.parametrize("length_s", [1, 15, 30, 60, 300, 1200])
def test_epochs_of_any_length_cover_their_own_time(length_s):
    assert told(runs_of(length_s=length_s)) == [(0, 100, "worn"), (100, 200, "no_data"), (200, N, "worn")]


def test_an_epoch_counts_as_far_as_it_lies_inside():
    long = np.array([-10, 50]) * MINUTE_US
    nothing = np.zeros(0, np.int64)
    length = np.full(2, 20 * MINUTE_US)
    found = wear_runs(0, 60 * MINUTE_US, long, length, np.ones(2, bool), nothing, np.zeros(0), nothing)
    assert told(found) == [(0, 10, "worn"), (10, 50, "no_data"), (50, 60, "worn")]


def test_rounding_between_epochs_is_no_silence():
    t = np.array([0, 60_000_400, 119_999_900])
    nothing = np.zeros(0, np.int64)
    found = wear_runs(
        0, 180_000_000, t, np.full(3, 60_000_000), np.ones(3, bool), nothing, np.zeros(0), nothing
    )
    assert told(found) == [(0, 3, "worn")]


def test_two_words_on_one_minute_worn_goes_before_not_worn():
    t = np.array([0, 0, 1]) * MINUTE_US
    nothing = np.zeros(0, np.int64)
    words = np.array([False, True, False])
    found = wear_runs(0, 2 * MINUTE_US, t, np.full(3, MINUTE_US), words, nothing, np.zeros(0), nothing)
    assert told(found) == [(0, 1, "worn"), (1, 2, "not_worn")]


def test_the_order_in_which_epochs_are_given_says_nothing():
    t = np.arange(50) * 2 * MINUTE_US
    worn = np.arange(50) % 3 == 0
    order = np.random.default_rng(1).permutation(50)
    nothing = np.zeros(0, np.int64)
    given = [
        wear_runs(0, 120 * MINUTE_US, t[o], np.full(50, MINUTE_US), worn[o], nothing, np.zeros(0), nothing)
        for o in (np.arange(50), order)
    ]
    assert told(given[0]) == told(given[1])
    assert given[0].start_us[0] == 0 and given[0].end_us[-1] == 120 * MINUTE_US
    np.testing.assert_array_equal(given[0].start_us[1:], given[0].end_us[:-1])


def test_no_time_has_no_states():
    nothing = np.zeros(0, np.int64)
    for end in (0, -5):
        found = wear_runs(0, end, nothing, nothing, nothing == 1, nothing, np.zeros(0), nothing)
        assert len(found.state) == 0


def made(*stretches):
    start, end, state = zip(*stretches, strict=True)
    return WearRuns(
        np.array(start) * MINUTE_US,
        np.array(end) * MINUTE_US,
        np.array([WearState[s] for s in state], np.int8),
    )


def test_of_two_devices_the_better_word_counts_and_nothing_is_counted_twice():
    left = made((0, 60, "WORN"), (60, 120, "NOT_WORN"), (120, 200, "NO_DATA"))
    right = made((30, 90, "NO_DATA"), (90, 100, "WORN"), (100, 160, "OFF"))
    minutes = time_in_states([left, right], 0, 240 * MINUTE_US) / MINUTE_US
    assert minutes[WearState.WORN] == 60 + 10
    assert minutes[WearState.NOT_WORN] == 30 + 20
    assert minutes[WearState.OFF] == 40
    assert minutes[WearState.NO_DATA] == 40
    assert minutes.sum() == 200, "what nobody was to wear is in none"


def test_amounts_are_of_the_day_and_there_are_none_where_nothing_was_expected():
    device = made((-60, 30, "OFF"), (30, 90, "NOT_WORN"), (90, 100, "NO_DATA"))
    found = {index.name: index.value for index in wear_amounts([device], 0, 1440 * MINUTE_US)}
    assert found == {"not_worn_min": 60.0, "no_data_min": 10.0, "off_min": 30.0}
    assert wear_amounts([device], 200 * MINUTE_US, 300 * MINUTE_US) == []
    assert wear_amounts([], 0, 1440 * MINUTE_US) == []
