"""Figures of the days up to each day, by hand."""

import numpy as np
import pytest

from analytics.escalation.windows import (
    carried,
    days_since,
    leaky_mean,
    raised_sum,
    trailing_count,
    trailing_max,
    trailing_mean,
    trailing_median,
)

NAN = float("nan")


def row(*values):
    return np.array([values], dtype=float)


def test_means_leave_out_what_is_missing_and_want_enough_of_it():
    x = row(1, NAN, 3, 5)
    assert trailing_mean(x, 3)[0] == pytest.approx([1, 1, 2, 4])
    assert np.isnan(trailing_mean(x, 3, least=2)[0]).tolist() == [True, True, False, False]
    assert trailing_mean(x, 2, 1)[0] == pytest.approx([NAN, 1, 1, 3], nan_ok=True)


def test_a_median_and_the_median_distance_from_it():
    middle, away = trailing_median(row(1, 9, NAN, 2, 4), 4)
    assert middle[0] == pytest.approx([1, 5, 5, 2, 4])
    assert away[0] == pytest.approx([0, 4, 4, 1, 2])


def test_the_last_answer_is_carried_for_so_many_days_and_no_longer():
    assert carried(row(3, NAN, NAN, NAN), 3)[0] == pytest.approx([3, 3, 3, NAN], nan_ok=True)
    assert trailing_max(row(3, NAN, 1, NAN), 2)[0] == pytest.approx([3, 3, 1, 1])


def test_days_since_something_happened_have_an_end():
    happened = np.array([[False, True, False, False, False]])
    assert days_since(happened, 3)[0].tolist() == [3, 0, 1, 2, 3]
    assert trailing_count(happened, 2)[0].tolist() == [0, 1, 1, 0, 0]


def test_what_is_unknown_leaves_leaky_means_and_raised_sums_as_they_are():
    assert raised_sum(row(2, -1, NAN, -5, 9), 4)[0].tolist() == [2, 1, 1, 0, 4]
    found = leaky_mean(row(NAN, 1, NAN), 0.5)[0]
    assert np.isnan(found[0])
    assert found[1:] == pytest.approx([1 / 1.25, 0.5 / 0.625])
