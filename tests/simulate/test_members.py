"""People of several scenarios in one group, and their tables."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import numpy as np

from simulate.cohort import MIXED
from simulate.cohort.members import first_days, members
from simulate.cohort.tables import write_tables


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_every_scenario_comes_as_often_and_more_patients_change_nobody() -> None:
    few, more = members(20, 70, seed=2), members(34, 70, seed=2)
    assert Counter(one.cohort.scenario for one in more) == dict.fromkeys(MIXED, 2)
    for one, same in zip(few, more[:20], strict=True):
        assert (one.code, one.cohort.scenario, one.index) == (same.code, same.cohort.scenario, same.index)
        np.testing.assert_array_equal(one.cohort.average[one.index], same.cohort.average[same.index])


def test_the_order_of_patients_does_not_tell_their_scenarios() -> None:
    group = members(34, 70, seed=2)
    stories = [one.cohort.scenario for one in group]
    assert stories[:17] != stories[17:]


def test_of_a_short_cohort_the_first_days_and_their_events_are_there() -> None:
    (short,) = {
        one.cohort.scenario: one.cohort for one in members(3, 10, seed=2, scenarios=["early_flare"])
    }.values()
    assert short.shape == (3, 10)
    assert (short.events["onset"] < 10).all()
    assert (short.events["end"] <= 10).all()
    (long,) = {
        one.cohort.scenario: one.cohort for one in members(3, 90, seed=2, scenarios=["early_flare"])
    }.values()
    assert first_days(long, 90) is long


def test_tables_have_the_columns_of_a_screen_and_the_truth_apart(tmp_path: Path) -> None:
    group = members(34, 120, seed=2)
    write_tables(tmp_path, group, date(2026, 5, 4))
    daily = rows(tmp_path / "daily.csv")
    assert list(daily[0]) == [
        *("patient", "day", "average", "worst", "breakthrough", "rescue_doses", "steps", "activity"),
        *("wear_fraction", "sleep_efficiency", "io", "ra", "utc_offset_min", "device", "treatment"),
    ]
    assert {row["patient"] for row in daily} == {one.code for one in group}
    assert max(row["day"] for row in daily) == "2026-05-04"
    times = Counter(tuple(row.values()) for row in daily)
    assert set(times.values()) == {1, 2}, "some rows come twice, with the same content"
    assert len({(row["patient"], row["day"]) for row in daily}) == len(times)
    assert "" in {row["average"] for row in daily}

    truth = rows(tmp_path / "truth.csv")
    assert {row["patient"] for row in truth} == {one.code for one in group}
    assert {row["scenario"] for row in truth} == set(MIXED)
    flare = next(row for row in truth if row["kind"] == "flare" and row["scenario"] == "flare")
    assert flare["count_from"] == flare["onset"] < flare["end"]
    assert len(rows(tmp_path / "truth_days.csv")) == 34 * 120
    assert len(rows(tmp_path / "attributes.csv")) == 34
    assert (tmp_path / "README.txt").read_text().startswith("Simulated")


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_tables(tmp_path / folder, members(9, 65, seed=8), date(2026, 5, 4))
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()
