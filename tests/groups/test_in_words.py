"""How a share, a rate and a time are read to a nurse."""

from __future__ import annotations

import pytest

from groups.in_words import rate_in_words, share_in_words, span, times_in_words
from groups.paged import figures, rate, share
from tests.groups.cases import AT, case


def test_a_share_has_its_interval_and_a_small_one_its_counts():
    assert share_in_words(share(8, 24)) == "33 % (18 to 53)"
    assert share_in_words(share(3, 7)) == "3 of 7, too few to say"
    assert share_in_words(share(0, 0)) == "none yet"


def test_a_rate_has_its_interval_or_says_that_it_is_none():
    assert rate_in_words(rate(24, 120.0)) == "0.20 (0.13 to 0.30)"
    assert rate_in_words(rate(1, 2.0)) == "too few to say"
    assert rate_in_words(None) == ""


def test_times_are_half_and_nine_of_ten_or_why_not():
    ten = [case(answered_after=10 * k) for k in range(1, 11)]
    assert times_in_words(figures(ten, AT).acknowledged) == "50 min, 90 % within 90 min"
    waiting = [case(None, None) for _ in range(4)]
    assert (
        times_in_words(figures([*ten, *waiting], AT).acknowledged) == "70 min, more than 1 in 10 still wait"
    )
    assert times_in_words(figures(ten[:3], AT).acknowledged) == "3 of 3, too few to say"
    assert times_in_words(figures(3 * waiting, AT).acknowledged) == "most still wait"
    assert times_in_words(figures([], AT).acknowledged) == "none yet"


@pytest.mark.parametrize(
    "minutes, words",
    [(0.2, "0 min"), (60, "60 min"), (100, "1.7 h"), (120, "2 h"), (900, "15 h"), (4320, "72 h"), (4400, "3 d"), (20160, "14 d")],
)  # fmt: skip
def test_a_span_has_two_digits(minutes, words):
    assert span(minutes) == words
