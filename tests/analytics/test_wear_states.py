import numpy as np
import pytest

from analytics.signal.wear_states import WearState, wear_states

MINUTE_US = 60_000_000
N = 300
SILENT = slice(100, 200)


def states(battery=(), started=(), silent=SILENT, worn=True):
    arrived = np.ones(N, bool)
    arrived[silent] = False
    said = np.array(battery, float).reshape(-1, 2)
    return wear_states(
        np.arange(N) * MINUTE_US,
        arrived,
        np.full(N, worn),
        (said[:, 0] * MINUTE_US).astype(np.int64),
        said[:, 1],
        np.array(started, np.int64) * MINUTE_US,
    )


def test_what_arrived_is_worn_or_not_as_the_rule_says():
    assert (states(silent=slice(0, 0)) == WearState.WORN).all()
    assert (states(silent=slice(0, 0), worn=False) == WearState.NOT_WORN).all()


@pytest.mark.parametrize(
    "battery, started, state",
    [
        pytest.param([], [], WearState.NO_DATA, id="nobody knows why"),
        pytest.param([(40, 60.0), (99, 58.0)], [], WearState.NO_DATA, id="a good battery"),
        pytest.param([(40, 6.0), (99, 4.0)], [], WearState.OFF, id="an empty battery"),
        pytest.param([(40, 4.0), (95, 80.0)], [], WearState.NO_DATA, id="charged before the silence"),
        pytest.param([(99, np.nan), (250, 3.0)], [], WearState.NO_DATA, id="what was said later"),
        pytest.param([(-1500, 3.0)], [], WearState.NO_DATA, id="a word of the day before"),
        pytest.param([], [200], WearState.OFF, id="a new recording after it"),
        pytest.param([], [150], WearState.OFF, id="a boot inside it"),
        pytest.param([], [99, 201], WearState.NO_DATA, id="boots outside it"),
    ],
)
def test_a_silence(battery, started, state):
    found = states(battery, started)
    assert (found[SILENT] == state).all()
    assert (np.delete(found, np.arange(100, 200)) == WearState.WORN).all()


def test_a_silence_that_lasts_is_off_when_the_battery_was_empty():
    assert (states([(290, 2.0)], silent=slice(290, N))[290:] == WearState.OFF).all()
    assert (states([(290, 50.0)], silent=slice(290, N))[290:] == WearState.NO_DATA).all()


def test_no_minutes_have_no_states():
    nothing = np.zeros(0, np.int64)
    assert len(wear_states(nothing, nothing == 1, nothing == 1, nothing, np.zeros(0), nothing)) == 0
