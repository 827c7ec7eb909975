"""Asleep or awake: the manufacturer's own scores, and what the rules say by hand."""

from __future__ import annotations

import csv
import json
import math
from itertools import repeat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.indices.sleep_scorers import cole_kripke_actilife, oakley, sadeh_actilife

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
DAY = SHARED / "data/actigraphy/epoch/actigraph_sleepr/GT3XPlus-RawData-Day01-sleep-awake.csv"
AWD = SHARED / "data/actigraphy/epoch/pyactigraphy/example_01.AWD"
PEER = SHARED / "reference/actigraphy_rar_pyactigraphy_example_01.AWD.json"
SCORERS = {"sadeh": sadeh_actilife, "cole-kripke": cole_kripke_actilife}


@pytest.mark.skipif(not DAY.exists(), reason="the recordings are not beside the project")
@pytest.mark.parametrize("name", SCORERS)
def test_every_minute_is_scored_as_actilife_scored_it(name: str) -> None:
    with DAY.open() as file:
        rows = list(csv.DictReader(file))
    counts = np.array([float(row["axis1"]) for row in rows])
    theirs = np.array([row[name] == "S" for row in rows])
    assert len(rows) == 1500
    assert 0 < theirs.sum() < len(theirs)
    np.testing.assert_array_equal(SCORERS[name](counts) == 1, theirs)


@pytest.mark.skipif(not AWD.exists(), reason="the recordings are not beside the project")
@pytest.mark.parametrize("threshold", [20, 40, 80])
def test_oakley_agrees_with_a_peer_on_two_weeks(threshold: int) -> None:
    # Line 8 of an .AWD file begins the counts; an "M" behind a count is the marker button.
    counts = np.array(
        [float(line.split()[0].rstrip("M")) for line in AWD.read_text().split("\n")[7:] if line]
    )
    peer = json.loads(PEER.read_text())["sleep"][f"Oakley(threshold={threshold})"]
    theirs = np.array([state for state, n in peer["rle"] for _ in repeat(None, n)], float)
    assert len(theirs) == len(counts) == peer["n"]
    differ = np.flatnonzero(oakley(counts, 60.0, threshold) != theirs)
    # The peer scores no epoch without all neighbours, and calls a sum that equals the threshold awake.
    inside = differ[(differ >= 2) & (differ < len(counts) - 2)]
    around = np.convolve(counts, [0.04, 0.2, 1.0, 0.2, 0.04], "same")
    np.testing.assert_allclose(around[inside], threshold, rtol=1e-12)
    assert len(inside) < 20


def test_one_busy_minute_keeps_its_neighbours_awake_by_its_weights() -> None:
    counts = np.zeros(20)
    counts[10] = 100.0
    assert np.flatnonzero(oakley(counts, 60.0, 10.0) == 0).tolist() == [9, 10, 11]
    # 100 counts are 1 after the division by 100: far below what wakes Cole and Kripke.
    assert (cole_kripke_actilife(counts) == 1).all()
    # Ten times as many: 0.230 * 10 of itself, and 0.106 * 10 in the fourth minute after it.
    assert np.flatnonzero(cole_kripke_actilife(counts * 10) == 0).tolist() == [10, 14]


def test_stillness_is_sleep_and_the_cut_keeps_a_storm_from_counting_more() -> None:
    still = np.zeros(30)
    assert (sadeh_actilife(still) == 1).all()
    loud, louder = np.full(30, 300.0), np.full(30, 9000.0)
    np.testing.assert_array_equal(sadeh_actilife(loud), sadeh_actilife(louder))


def test_a_minute_by_hand() -> None:
    counts = np.zeros(11)
    counts[5] = 60.0
    # Mean 60/11, one value from 50 to below 100, and the sample deviation of five zeros and 60.
    by_hand = 7.601 - 0.065 * 60 / 11 - 1.08 - 0.056 * math.sqrt(600) - 0.703 * math.log(61)
    assert by_hand == pytest.approx(1.904, abs=0.001)
    assert sadeh_actilife(counts)[5] == 1.0


def test_other_epoch_lengths_have_no_weights() -> None:
    with pytest.raises(ValueError, match="15, 30, 60 and 120"):
        oakley(np.zeros(10), 10.0)


@given(st.lists(st.one_of(st.just(math.nan), st.integers(0, 5000).map(float)), max_size=60))
def test_what_is_missing_is_not_scored_and_counts_nothing_beside(values: list[float]) -> None:
    counts = np.array(values)
    for score in (sadeh_actilife, cole_kripke_actilife, oakley):
        scored = score(counts)
        np.testing.assert_array_equal(np.isnan(scored), np.isnan(counts))
        known = ~np.isnan(counts)
        np.testing.assert_array_equal(scored[known], score(np.nan_to_num(counts))[known])
