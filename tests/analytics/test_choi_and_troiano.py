"""Choi and Troiano against ActiLife's own periods on a day that it scored, and against cases by hand."""

import csv
import sqlite3
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from analytics.signal.choi import worn_by_choi
from analytics.signal.minute_counts import minute_counts
from analytics.signal.troiano import worn_by_troiano

DAY = (
    Path(__file__).resolve().parents[2]
    / ".."
    / "shared"
    / "data"
    / "actigraphy"
    / "epoch"
    / "actigraph_sleepr"
)
TICKS_1970 = 621_355_968_000_000_000  #: of 100 ns since the year 1, as ActiLife stamps
NAME = "GT3XPlus-RawData-Day01"


def series(*runs: tuple[int, float]) -> np.ndarray:
    return np.concatenate([np.full(n, value, float) for n, value in runs])


def test_choi_forgives_a_lonely_artefact_between_quiet_half_hours():
    x = series((20, 50), (45, 0), (2, 400), (45, 0), (20, 50))
    assert (~worn_by_choi(x)).nonzero()[0].tolist() == list(range(20, 112))


@pytest.mark.parametrize(
    "counts",
    [
        pytest.param(series((20, 50), (89, 0), (20, 50)), id="89 minutes are too few"),
        pytest.param(
            series((20, 50), (60, 0), (3, 400), (60, 0), (20, 50)), id="three minutes are no artefact"
        ),
        pytest.param(
            series((20, 50), (70, 0), (1, 9), (29, 0), (1, 9), (80, 0), (20, 50)),
            id="29 quiet minutes after it",
        ),
        pytest.param(
            series((20, 50), (60, 0), (1, np.nan), (1, 0), (1, 9), (60, 0), (20, 50)),
            id="a missing minute moves",
        ),
    ],
)
def test_choi_leaves_worn(counts):
    assert worn_by_choi(counts).all()


def test_troiano_forgives_small_counts_but_no_loud_one():
    assert not worn_by_troiano(series((30, 0), (2, 90), (30, 0))).any()
    assert worn_by_troiano(series((30, 0), (1, 101), (30, 0))).all()
    assert worn_by_troiano(series((30, 0), (3, 90), (30, 0))).all()


def test_troiano_counts_the_forgiven_minutes_in_all_when_told_so():
    x = series((30, 0), (1, 9), (20, 0), (1, 9), (20, 0), (1, 9), (59, 0))
    assert not worn_by_troiano(x).any()
    # The third small count is one too many, and behind it only 59 minutes are left.
    assert (~worn_by_troiano(x, in_a_row=False)).nonzero()[0].tolist() == list(range(72))


@pytest.mark.parametrize("rule", [worn_by_choi, worn_by_troiano])
@pytest.mark.parametrize("n", [0, 1, 500])
def test_silence_and_noise_at_any_length(rule, n):
    assert rule(np.ones(n) * 200).all()
    assert (rule(np.zeros(n)) == (n < 60)).all()


def test_counts_of_ten_seconds_become_counts_of_minutes():
    t = np.array([0, 10, 20, 60, 180, 190]) * 1_000_000
    starts, x = minute_counts(t, np.array([1.0, 2, 3, 4, np.nan, 6]))
    assert (starts == np.arange(4) * 60_000_000).all()
    assert x[:2].tolist() == [6, 4] and np.isnan(x[2:]).all()


@pytest.fixture(scope="module")
def axis_1():
    if not DAY.exists():
        pytest.skip("the day that ActiLife scored is not beside the project")
    with sqlite3.connect(f"file:{DAY / NAME}.agd?immutable=1", uri=True) as agd:
        rows = agd.execute("SELECT dataTimestamp, axis1 FROM data ORDER BY 1").fetchall()
    agd.close()
    ticks, counts = zip(*rows, strict=True)
    t_us = (np.array(ticks, np.int64) - TICKS_1970) // 10
    return minute_counts(t_us, np.array(counts, float))[1]


def judged(algorithm: str, *names: str):
    """For each setting of ActiLife (the columns `names`): is a minute worn?"""
    with (DAY / f"{NAME}-{algorithm}-periods.csv").open() as file:
        periods = list(csv.DictReader(file))
    for setting, own in groupby(periods, key=lambda row: tuple(row[name] for name in names)):
        yield setting, np.concatenate([np.full(int(p["length"]), p["wear"] == "TRUE") for p in own])


def test_choi_gives_the_periods_of_actilife(axis_1):
    seen = 0
    for setting, worn in judged("Choi", "min_period_len", "min_window_len", "spike_tolerance"):
        assert (worn_by_choi(axis_1, *map(int, setting)) == worn).all()
        seen += len(worn)
    assert seen == 3 * 1500


def test_troiano_gives_the_periods_of_actilife(axis_1):
    seen = 0
    columns = ("min_period_len", "spike_tolerance", "spike_stoplevel", "endat_nnz_seq")
    for (period, spike, stop, row), worn in judged("Troiano", *columns):
        found = worn_by_troiano(axis_1, int(period), int(spike), float(stop), in_a_row=row == "TRUE")
        assert (found == worn).all()
        seen += len(worn)
    assert seen == 6 * 1500
