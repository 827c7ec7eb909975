"""The daily rows of patients out of a real database: what counts for which local day, and what is unknown."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from ingest.batch import write_batch
from ingest.messages import Diary
from ladder.words import Outcome
from store import people, zones
from store.alerts.case_acts import resolve
from store.alerts.cases import tell
from store.alerts.open_cases import open_or_join
from store.daily_rows import daily_rows
from store.database import transaction
from store.diary import add_ward_report
from store.patient_rows import PatientRows
from store.treatments import add_treatment
from tests.cast import NOON, Cast, enrol_cast, incoming
from tests.long_history import three_years

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TODAY = NOON.date()


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)  # in Rome


def said(engine, patient, at, received=None, entry=None, **scores):
    values = {"entry": entry or uuid.uuid4(), "at": at, "received_at": received or at, "detail": {}, **scores}
    with transaction(engine) as session:
        add_ward_report(session, patient, values)


def rows(engine, patient, first=TODAY - 9 * DAY, last=TODAY, at=NOON, **how) -> PatientRows:
    with transaction(engine) as session:
        (found,) = daily_rows(session, [patient], first, last, at, **how)
    return found


def on(found: PatientRows, name: str, day: date) -> float:
    return found.numbers[name][(day - found.first).days]


def computed(engine, patient, day, method="day-2", at=NOON, unit="mg", **values):
    with engine.begin() as connection:
        for name, value in values.items():
            connection.execute(
                sa.text(
                    """INSERT INTO day_index (patient_id, day, index, method, value, unit, reason, worn_min,
                                              input_digest, computed_at)
                       VALUES (:p, :day, :name, :method, :value, :unit, :reason, 0, '', :at)"""
                ),
                {"p": patient, "day": day, "name": name, "method": method, "value": value, "unit": unit,
                 "reason": None if value is not None else "too little data", "at": at},
            )  # fmt: skip


def worn(engine, patient, day, device, hours, state="worn"):
    start = datetime.combine(day, datetime.min.time(), UTC)
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO wear_run VALUES (:p, :day, :d, :a, :z, :state)"),
            {"p": patient, "day": day, "d": device, "a": start, "z": start + hours * HOUR, "state": state},
        )


def test_a_day_counts_by_its_newest_answer_and_a_number_that_was_not_given_is_the_one_before(engine, cast):
    evening = NOON - DAY
    said(engine, cast.steady, evening, worst=5, average=3, breakthrough=2)
    said(engine, cast.steady, evening + HOUR, worst=7)
    said(engine, cast.steady, evening + 2 * HOUR, skipped="asleep")
    found = rows(engine, cast.steady)
    yesterday = TODAY - DAY
    assert [on(found, name, yesterday) for name in ("worst", "average", "breakthrough")] == [7, 3, 2]
    assert np.isnan(on(found, "rescue_doses", yesterday)), "nobody asked: not 0"
    assert np.isnan(on(found, "worst", TODAY))
    assert [(one.worst, one.average) for one in found.answers] == [(5, 3), (7, None)]


def test_a_correction_takes_the_place_of_its_answer_also_on_another_day(engine, cast):
    entry = uuid.uuid4()
    said(engine, cast.steady, NOON - 2 * DAY, entry=entry, worst=8)
    said(engine, cast.steady, NOON - 3 * DAY, received=NOON, entry=entry, worst=4)
    found = rows(engine, cast.steady)
    assert found.first == TODAY - 3 * DAY
    assert [on(found, "worst", found.first), len(found.answers)] == [4, 1]


def test_answers_of_a_phone_belong_to_whoever_wore_it(engine, cast):
    at = NOON - DAY
    sent = Diary(boot=1, seq=0, id=str(uuid.uuid4()), worst=6, average=4, rescue_doses=1, at=at.isoformat())
    write_batch(engine, [incoming("phone-2", sent, at=at)], NOON)
    assert on(rows(engine, cast.rising), "rescue_doses", TODAY - DAY) == 1
    with transaction(engine) as session:
        several = daily_rows(session, [cast.rising, cast.steady], TODAY - 9 * DAY, TODAY, NOON)
    assert [one.code for one in several] == ["P-steady", "P-rising"]
    assert several[0].days == 1, "of whom nothing is known, the last day alone"
    assert np.isnan(several[0].numbers["worst"]).all()


def test_movement_is_that_of_the_newest_method_in_mg_and_of_days_that_are_over(engine, cast):
    yesterday = TODAY - DAY
    computed(
        engine, cast.steady, yesterday, "day-1", NOON - HOUR, mean_activity=20.0, worn_min=600.0, hours=24.0
    )
    computed(engine, cast.steady, yesterday, "day-2", NOON, mean_activity=25.0, worn_min=720.0, hours=24.0)
    computed(
        engine, cast.steady, yesterday, unit="1", RA_day=0.9, io=97.5, steps=4000.0, sleep_efficiency=None
    )
    computed(engine, cast.steady, TODAY, mean_activity=5.0, worn_min=60.0, hours=24.0)
    computed(engine, cast.steady, TODAY - 2 * DAY, unit="counts", mean_activity=900.0)
    found = rows(engine, cast.steady)
    names = ("activity", "wear_fraction", "ra", "io", "steps")
    assert [on(found, name, yesterday) for name in names] == [25.0, 0.5, 0.9, 97.5, 4000.0]
    assert np.isnan(on(found, "sleep_efficiency", yesterday))
    assert np.isnan(on(found, "activity", TODAY)), "half a day looks like a bad one"
    assert np.isnan(on(found, "wear_fraction", TODAY))
    assert np.isnan(on(found, "activity", TODAY - 2 * DAY)), "counts are no mg"
    assert on(rows(engine, cast.steady, at=NOON + DAY), "activity", TODAY) == 5.0


def test_the_device_is_the_one_worn_longest(engine, cast):
    yesterday = TODAY - DAY
    worn(engine, cast.steady, yesterday, cast.watch_1, 3)
    worn(engine, cast.steady, yesterday, cast.watch_2, 5)
    worn(engine, cast.steady, TODAY - 2 * DAY, cast.watch_1, 9, "not_worn")
    worn(engine, cast.steady, TODAY - 3 * DAY, cast.watch_1, 9)
    found = rows(engine, cast.steady)
    assert found.device.tolist() == [cast.watch_1, -1, cast.watch_2, -1]


def test_treatments_stand_on_the_local_day_on_which_they_began(engine, cast):
    late = datetime(2026, 5, 2, 22, 30, tzinfo=UTC)  # 00:30 on the 3rd in Rome
    with transaction(engine) as session:
        add_treatment(session, cast.steady, "chemo", late, None, "nurse", NOON)
        add_treatment(session, cast.steady, "opioid_up", late, None, "nurse", late)
    found = rows(engine, cast.steady)
    assert found.treatments == {0: frozenset({"chemo", "opioid_up"})}
    assert found.first == date(2026, 5, 3)
    assert rows(engine, cast.steady, as_known=True).treatments == {0: frozenset({"opioid_up"})}


def test_nights_when_clocks_change_and_journeys_have_their_offsets(engine, cast):
    night = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)  # 23:30 before the night of 23 hours
    said(engine, cast.steady, night, worst=4)
    said(engine, cast.steady, night + HOUR, worst=6)  # 00:30 on the 29th
    found = rows(engine, cast.steady, date(2026, 3, 20), date(2026, 3, 30), NOON)
    assert found.first == date(2026, 3, 28)
    assert found.numbers["worst"][:2].tolist() == [4, 6]
    assert found.numbers["utc_offset_min"].tolist() == [60, 120, 120]
    with transaction(engine) as session:
        patient = people.patient_by_code(session, "P-rising")
        away = datetime(2026, 4, 20, 10, tzinfo=UTC)
        zones.stay(session, patient, "America/New_York", away, away + 5 * DAY)
    said(engine, cast.rising, datetime(2026, 4, 22, 3, tzinfo=UTC), worst=5)  # 23:00 of the 21st there
    found = rows(engine, cast.rising, date(2026, 4, 18), date(2026, 4, 26), NOON)
    assert found.first == date(2026, 4, 21)
    assert found.numbers["worst"][0] == 5
    assert found.numbers["utc_offset_min"][[0, -1]].tolist() == [-240, 120]


def test_a_level_is_accepted_from_the_day_on_which_a_case_was_closed_as_expected(engine, cast):
    said(engine, cast.steady, NOON - 9 * DAY, worst=7)
    with transaction(engine) as session:
        for worst, outcome, ago in ((7, Outcome.EXPECTED_LEVEL, 6), (8, Outcome.NO_ACTION, 5),
                                    (8, Outcome.EXPECTED_LEVEL, 3), (9, Outcome.ACTED, 1)):  # fmt: skip
            at = NOON - ago * DAY
            evidence = {"worst": worst, "average": None}
            case_id, _ = open_or_join(session, cast.steady, "high", "x", evidence, [], at)
            resolve(session, case_id, "nurse Anna", outcome, at, "as agreed")
            tell(session, case_id, at, "level_agreed", "nurse Berta")
    level = rows(engine, cast.steady).numbers["accepted_level"]
    np.testing.assert_array_equal(level, [np.nan] * 3 + [7, 7, 7, 8, 8, np.nan, np.nan])
    assert "accepted_level" not in rows(engine, cast.rising).numbers


def test_as_known_leaves_out_what_came_after_its_day(engine, cast):
    evening = NOON - 3 * DAY + 7 * HOUR
    entry = uuid.uuid4()
    said(engine, cast.steady, evening, entry=entry, worst=4)
    said(engine, cast.steady, evening, received=evening + DAY, entry=entry, worst=8)
    said(engine, cast.steady, evening + DAY, received=NOON, worst=9)
    said(engine, cast.steady, evening + 2 * DAY, received=evening + 2 * DAY + HOUR, worst=5)
    first = TODAY - 3 * DAY
    assert rows(engine, cast.steady).numbers["worst"][:3].tolist() == [8, 9, 5]
    known = rows(engine, cast.steady, as_known=True)
    assert known.first == first
    np.testing.assert_array_equal(known.numbers["worst"][:3], [4, np.nan, 5])


def test_the_cost_is_that_of_the_days_asked_for(engine, cast):
    """Two hundred days among a history of three years: a few milliseconds, and no more than of a short one."""
    three_years(engine, cast.steady)
    took = []
    for _ in range(7):
        start = time.perf_counter()
        found = rows(engine, cast.steady, TODAY - 199 * DAY)
        took.append(time.perf_counter() - start)
    assert found.days == 200
    assert np.isfinite(found.numbers["worst"]).all()
    print(f"daily rows of 200 days: {1000 * sorted(took)[3]:.1f} ms")
    assert sorted(took)[3] < 0.25, "a generous limit: machines of tests are busy"
