"""Aggregates for research: nothing in them tells of fewer than ten people."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from api.spreadsheet import csv_of
from store import people
from store.access import AuditEntry
from store.cohorts import NOT_SHOWN, SMALL, Trend, suppress
from store.database import transaction
from tests.api.house import House, save_index

TRENDS = "/api/v1/cohorts/trends"
MONDAY = date(2026, 5, 4)
WEEK = {"index": "io", "from": "2026-05-04", "to": "2026-05-10"}
NUMBERS = ("n_days", "mean", "sd", "q1", "median", "q3")


def group(people: int, name: str = "a") -> Trend:
    return Trend(MONDAY, name, "%", people, 7 * people, 1.0, 1.0, 1.0, 1.0, 1.0)


def test_a_group_of_nine_is_hidden_and_one_of_ten_is_not() -> None:
    assert [t.suppressed for t in suppress([group(9)])] == [True]
    assert suppress([group(10)]) == [group(10)]


def test_one_small_group_hides_the_next_smallest_since_the_total_would_tell() -> None:
    hidden = suppress([group(50, "a"), group(20, "b"), group(3, "c")])
    assert [(t.group, t.n_patients) for t in hidden] == [("a", 50), ("b", NOT_SHOWN), ("c", SMALL)]
    assert all(getattr(t, name) is None for t in hidden[1:] for name in NUMBERS)


def test_two_small_groups_hide_a_third_unless_they_are_ten_together() -> None:
    assert [t.suppressed for t in suppress([group(3), group(4), group(60)])] == [True, True, True]
    assert [t.suppressed for t in suppress([group(5), group(5), group(60)])] == [True, True, False]


@given(st.lists(st.integers(1, 60), max_size=8))
def test_nobody_can_subtract_down_to_fewer_than_ten(sizes: list[int]) -> None:
    shown = suppress([group(n, str(i)) for i, n in enumerate(sizes)])
    assert all(size >= 10 for size, trend in zip(sizes, shown, strict=True) if not trend.suppressed)
    hidden = sum(size for size, trend in zip(sizes, shown, strict=True) if trend.suppressed)
    assert hidden == 0 or hidden >= 10 or all(trend.suppressed for trend in shown)
    if all(size >= 10 for size in sizes):
        assert not any(trend.suppressed for trend in shown)


def enrol(house: House, how_many: int, site: str = "main", *, demonstration: bool = False) -> None:
    """Each has io 10, 20, 30 ... on Monday and 20 more on Tuesday: a mean of 20, 30, 40 ..."""
    with transaction(house.engine) as session:
        enrolled = [
            people.enrol_patient(
                session, f"{site}-{demonstration}-{i}", "Europe/Rome", site, demonstration=demonstration
            ).id
            for i in range(how_many)
        ]
    for i, patient in enumerate(enrolled):
        save_index(house.engine, patient, MONDAY, 10.0 * (i + 1))
        save_index(house.engine, patient, MONDAY + timedelta(days=1), 10.0 * (i + 1) + 20)


def ask(house: House, **query: str) -> list[dict[str, object]]:
    answer = house.client("rita").get(TRENDS, params={**WEEK, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def test_a_person_counts_once_with_the_mean_of_the_own_days(house: House) -> None:
    enrol(house, 11)
    [found] = ask(house)
    assert found == {
        "bucket": "2026-05-04", "group": "all", "unit": "%", "n_patients": 11, "n_days": 22, "mean": 70.0, "sd": 33.2,
        "q1": 45.0, "median": 70.0, "q3": 95.0, "suppressed": False,
    }  # fmt: skip


def test_a_small_ward_is_told_neither_by_itself_nor_by_the_other_one(house: House) -> None:
    enrol(house, 12, "main")
    enrol(house, 4, "hill")
    by_site = ask(house, group_by="site")
    assert [(g["group"], g["n_patients"], g["suppressed"]) for g in by_site] == [
        ("hill", SMALL, True),
        ("main", NOT_SHOWN, True),
    ]
    assert all(g[name] is None for g in by_site for name in NUMBERS)
    [total] = ask(house)
    assert total["n_patients"] == 16


def test_nine_people_are_too_few_for_any_number(house: House) -> None:
    enrol(house, 9)
    answer = house.client("rita").get(TRENDS, params=WEEK)
    [found] = answer.json()["items"]
    assert (found["n_patients"], found["suppressed"]) == (SMALL, True)
    assert all(found[name] is None for name in NUMBERS)


def test_simulated_people_are_asked_for_by_name_and_never_mixed_with_real_ones(house: House) -> None:
    enrol(house, 10)
    enrol(house, 12, demonstration=True)
    assert [g["n_patients"] for g in ask(house)] == [10]
    assert [g["n_patients"] for g in ask(house, demonstration="true")] == [12]


def test_a_researcher_never_sees_who_somebody_is(house: House) -> None:
    enrol(house, 12)
    answer = house.client("rita").get(TRENDS, params=WEEK)
    assert "main-" not in answer.text and "P-" not in answer.text
    for path in ("/api/v1/patients", "/api/v1/cases", "/api/v1/patients/P-steady", "/api/v1/quarantine"):
        assert house.client("rita").get(path).status_code == 403


def test_windows_are_whole_weeks_or_months(house: House) -> None:
    client = house.client("rita")
    week = client.get(TRENDS, params={"index": "io", "from": "2026-05-06", "to": "2026-05-12"}).json()
    month = client.get(
        TRENDS, params={"index": "io", "from": "2026-02-06", "to": "2026-02-07", "bucket": "month"}
    ).json()
    assert (week["first"], week["last"]) == ("2026-05-04", "2026-05-17")
    assert (month["first"], month["last"]) == ("2026-02-01", "2026-02-28")


def test_days_without_a_value_count_nowhere_and_the_newest_method_counts(house: House) -> None:
    enrol(house, 10)
    with transaction(house.engine) as session:
        first = people.patient_by_code(session, "main-False-0").id
    save_index(house.engine, first, MONDAY + timedelta(days=2), None)
    save_index(house.engine, first, MONDAY, 1000.0, method="2")
    [found] = ask(house)
    assert (found["n_patients"], found["n_days"]) == (10, 20)
    assert found["q3"] == 97.5  # 87.5 before: the least of the ten became the largest


def test_counts_and_milligravities_are_never_averaged(house: House) -> None:
    with transaction(house.engine) as session:
        enrolled = [people.enrol_patient(session, f"x-{i}", "UTC").id for i in range(20)]
    for i, patient in enumerate(enrolled):
        save_index(
            house.engine, patient, MONDAY, 5.0 if i < 10 else 500.0, "M10", unit="mg" if i < 10 else "counts"
        )
    assert {(g["unit"], g["mean"]) for g in ask(house, index="M10")} == {("mg", 5.0), ("counts", 500.0)}


@pytest.mark.parametrize("index", ["L5_onset", "M10_onset", "acrophase_h"])
def test_a_time_of_day_has_no_mean(house: House, index: str) -> None:
    answer = house.client("rita").get(TRENDS, params={"index": index})
    assert (answer.status_code, answer.json()["code"]) == (422, "clock_time")


@pytest.mark.parametrize("way", [{"headers": {"Accept": "text/csv"}}, {"params": {"format": "csv"}}])
def test_trends_come_as_csv_too(house: House, way: dict[str, dict[str, str]]) -> None:
    enrol(house, 12, "=HYPERLINK(1)")
    answer = house.client("rita").get(
        TRENDS, **{**way, "params": {**WEEK, "group_by": "site", **way.get("params", {})}}
    )
    assert answer.headers["content-type"].startswith("text/csv")
    [row] = csv.DictReader(io.StringIO(answer.text))
    assert (row["bucket"], row["group"], row["n_patients"], row["suppressed"]) == (
        "2026-05-04",
        "'=HYPERLINK(1)",
        "12",
        "false",
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_is_never_a_formula(start: str) -> None:
    [_, [cell, number]] = csv.reader(io.StringIO(csv_of(["a", "b"], [(start + "1+1", -1.5)]), newline=""))
    assert cell == "'" + start + "1+1"
    assert number == "-1.5"  # a number is data


def test_what_a_researcher_asked_is_written_down(house: House) -> None:
    ask(house, group_by="site")
    with transaction(house.engine) as session:
        entry = session.scalars(sa.select(AuditEntry)).one()
    assert (entry.actor, entry.action, entry.patient_id) == ("rita", "cohort.trends", None)
    assert entry.detail == "index=io bucket=week group_by=site from=2026-05-04 to=2026-05-10"
