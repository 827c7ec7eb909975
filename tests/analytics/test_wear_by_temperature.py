import numpy as np
import pytest

from analytics.signal.samples import Samples
from analytics.signal.temperature import worn_by_temperature
from analytics.signal.thermometer import minute_temperature

HZ, G = 20.0, 1000
MINUTE_US = 60_000_000
MINUTES = 60


def lying(moves: slice = slice(0, 0)) -> Samples:
    """An hour with noise of 3 mg; in the minutes `moves` an arm swings."""
    rng = np.random.default_rng(2)
    a = rng.normal(0, 3, (MINUTES, int(60 * HZ), 3)) + np.array([0, 0, G])
    a[moves] += rng.normal(0, 200, a[moves].shape)
    return Samples(0, HZ, 1 / G, np.rint(a.reshape(-1, 3)).astype(np.int16))


def judged(celsius, moves: slice = slice(0, 0)):
    t_us = np.arange(MINUTES) * MINUTE_US
    found_us, worn = worn_by_temperature(
        [lying(moves)], t_us, np.broadcast_to(celsius, MINUTES).astype(float)
    )
    assert (found_us == t_us).all()
    return worn


def test_a_still_patient_is_warm():
    assert judged(31.0).all()
    assert judged(26.0).all()


def test_a_table_is_still_and_cold():
    assert not judged(25.9).any()


def test_a_cold_device_that_moves_is_worn_while_it_warms():
    celsius = np.r_[np.linspace(20, 23, 30), np.linspace(23, 20, 30)]
    worn = judged(celsius, moves=slice(10, 50))
    assert not worn[:10].any() and worn[10:30].all()
    assert not worn[31:].any()


def test_a_steady_temperature_leaves_the_verdict_as_it_was():
    worn = judged(22.0, moves=slice(30, 60))
    assert not worn.any()


def test_without_a_reading_a_minute_counts_as_worn():
    assert judged(np.nan).all()


def test_readings_that_are_rare_are_joined_by_a_line_but_not_over_a_hole():
    at = np.array([0, 10, 60, 61]) * MINUTE_US
    found = minute_temperature(np.arange(62) * MINUTE_US, at, np.array([20.0, 30.0, 22.0, 24.0]))
    assert found[[0, 5, 10, 60, 61]] == pytest.approx([20, 25.5, 30, 22, 24])
    assert np.isnan(found[11:60]).all()
