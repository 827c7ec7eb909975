"""On which days a patient is asked, and what the database refuses."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from store import people
from store.asked import DiaryAsked, ask_daily, asked_periods, stop_asking
from store.database import StoreError, transaction
from tests.cast import NOON, enrol_cast

MAY = [date(2026, 5, 1) + timedelta(days=n) for n in range(31)]


@pytest.fixture
def cast(engine):
    return enrol_cast(engine)


def periods(session, patient_id):
    return [(one.first_day, one.last_day) for one in asked_periods(session, patient_id)]


def test_who_is_asked_already_is_asked_no_differently(engine, cast):
    with transaction(engine) as session:
        assert ask_daily(session, cast.steady, MAY[3], "anna", NOON)
        assert not ask_daily(session, cast.steady, MAY[3], "bob", NOON)
        assert not ask_daily(session, cast.steady, MAY[9], "bob", NOON)
        assert not ask_daily(session, cast.steady, MAY[5], "bob", NOON, MAY[8])
        assert [(one.first_day, one.last_day, one.asked_by) for one in asked_periods(session, cast.steady)] == [
            (MAY[3], None, "anna")
        ]  # fmt: skip


def test_periods_that_touch_become_one(engine, cast):
    with transaction(engine) as session:
        ask_daily(session, cast.steady, MAY[3], "anna", NOON, MAY[5])
        ask_daily(session, cast.steady, MAY[9], "anna", NOON, MAY[12])
        assert ask_daily(session, cast.steady, MAY[5], "anna", NOON, MAY[10])
        assert periods(session, cast.steady) == [(MAY[3], MAY[12])]
        assert ask_daily(session, cast.steady, MAY[12], "anna", NOON)
        assert periods(session, cast.steady) == [(MAY[3], None)]


def test_whoever_stops_says_the_last_day(engine, cast):
    with transaction(engine) as session:
        ask_daily(session, cast.steady, MAY[3], "anna", NOON)
        assert stop_asking(session, cast.steady, MAY[7], "bob", NOON)
        (one,) = asked_periods(session, cast.steady)
        assert (one.last_day, one.asked_by, one.ended_by, one.ended_at) == (MAY[7], "anna", "bob", NOON)
        assert not stop_asking(session, cast.steady, MAY[7], "bob", NOON)
        assert stop_asking(session, cast.steady, MAY[2], "bob", NOON)  # it was a mistake
        assert periods(session, cast.steady) == []


def test_nobody_is_asked_backwards(engine, cast):
    with transaction(engine) as session, pytest.raises(StoreError, match="check the two days"):
        ask_daily(session, cast.steady, MAY[3], "anna", NOON, MAY[2])


def test_the_database_refuses_two_periods_on_one_day_of_one_patient(engine, cast):
    one = {"first_day": MAY[3], "last_day": None, "asked_by": "anna", "asked_at": NOON}
    with transaction(engine) as session:
        session.add(DiaryAsked(patient_id=cast.steady, **one))
        session.add(DiaryAsked(patient_id=cast.rising, **one))
    again = DiaryAsked(patient_id=cast.steady, **{**one, "first_day": MAY[20], "last_day": MAY[20]})
    with (
        pytest.raises(sa.exc.IntegrityError, match="ex_diary_asked_one_period_at_a_time"),
        transaction(engine) as session,
    ):
        session.add(again)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20), st.none() | st.integers(0, 10)), max_size=8))
def test_the_days_are_those_that_were_said_in_whatever_order(session_engine, words):
    with Session(session_engine) as session:  # rolled back
        patient = people.enrol_patient(session, f"asked {len(words)}", "Europe/Rome").id
        expected: set[date] = set()
        for asks, first, more in words:
            if asks:
                last = None if more is None else MAY[first + more]
                changed = ask_daily(session, patient, MAY[first], "anna", NOON, last)
                said = {day for day in MAY if MAY[first] <= day and (last is None or day <= last)}
                assert changed or said <= expected
                expected |= said
            else:
                stop_asking(session, patient, MAY[first], "anna", NOON)
                expected = {day for day in expected if day <= MAY[first]}
        found = periods(session, patient)
    days = {d for d in MAY for first, last in found if first <= d and (last is None or d <= last)}
    assert days == expected
