"""A night reads its new days, and whatever changes a day before makes all of them be read again."""

from __future__ import annotations

import uuid
from dataclasses import fields
from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from analytics.jobs.days_read import DaysRead
from ladder.words import Outcome
from store import people, zones
from store.alerts.case_acts import resolve
from store.alerts.cases import tell
from store.alerts.open_cases import open_or_join
from store.daily_rows import daily_rows
from store.database import transaction
from store.diary import add_ward_report
from store.patient_rows import PatientRows
from store.treatments import add_treatment, withdraw_treatment
from tests.cast import NOON, Cast, enrol_cast

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FIRST = (NOON - 60 * DAY).date()
ENTRY = uuid.uuid4()


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    """P-steady has forty days of answers, movement and a watch that is worn, and one treatment."""
    cast = enrol_cast(engine)
    for back in range(40, 0, -1):
        answered(engine, cast.steady, NOON - back * DAY, entry=ENTRY if back == 20 else None)
    run(engine, _INDICES, p=cast.steady, at=NOON)
    run(engine, _RUNS, p=cast.steady, at=NOON)
    treated(engine, cast.steady, NOON - 30 * DAY)
    return cast


def answered(engine, patient, at, received=None, entry=None, worst=4):
    values = {"entry": entry or uuid.uuid4(), "at": at, "received_at": received or at, "detail": {}}
    with transaction(engine) as session:
        add_ward_report(session, patient, {**values, "worst": worst, "average": 2})


def run(engine, statement, **values):
    with engine.begin() as connection:
        connection.execute(sa.text(statement), values)


def treated(engine, patient, at):
    with transaction(engine) as session:
        return add_treatment(session, patient, "radiotherapy", at, None, "nurse Anna", NOON)[0].id


_INDICES = """
    INSERT INTO day_index (patient_id, day, index, method, value, unit, worn_min, input_digest, computed_at)
    SELECT :p, (CAST(:at AS timestamptz) - k * interval '1 day')::date, name, 'day-2', 20, 'mg', 0, '', :at
    FROM generate_series(1, 40) k, unnest(ARRAY['mean_activity', 'worn_min', 'hours', 'io']) name
"""
_RUNS = """
    INSERT INTO wear_run (patient_id, day, device_id, starts, ends, state)
    SELECT w.patient_id, t::date, w.device_id, t, t + interval '6 hours', 'worn'
    FROM wearing w, generate_series(:at - interval '40 days', :at - interval '1 day', interval '1 day') t
    WHERE w.patient_id = :p
"""


def same(one: PatientRows, other: PatientRows) -> bool:
    pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in fields(PatientRows)]
    numbers = {"numbers", "device", "zone"}  # a zone is made anew each time; its offsets are in the numbers
    return (
        all(a == b for (a, b), f in zip(pairs, fields(PatientRows), strict=True) if f.name not in numbers)
        and one.numbers.keys() == other.numbers.keys()
        and all(np.array_equal(one.numbers[n], other.numbers[n], equal_nan=True) for n in one.numbers)
        and np.array_equal(one.device, other.device)
    )


def night(engine, patient, read: DaysRead, number: int) -> int:
    """Read in the night of that number: what was kept gives what is there; how many days were read."""
    at = NOON + number * DAY
    with transaction(engine) as session:
        before = read.read
        own = read.of(session, patient, FIRST, at.date(), at)
        (anew,) = daily_rows(session, [patient], FIRST, at.date(), at)
        assert same(own, anew)
    return read.read - before


def test_a_night_reads_the_running_day_and_those_since_the_last_night(engine, cast):
    read = DaysRead(10)
    found = [night(engine, cast.steady, read, 0)]
    for number in (1, 2, 2, 5):
        answered(engine, cast.steady, NOON + number * DAY - HOUR, worst=5)
        found.append(night(engine, cast.steady, read, number))
    assert found == [61, 3, 3, 2, 5]


def test_of_whom_nothing_is_known_yet_the_days_are_there_once_something_is(engine, cast):
    read = DaysRead(10)
    assert night(engine, cast.elsewhere, read, 0) == 61
    assert night(engine, cast.elsewhere, read, 1) == 3
    answered(engine, cast.elsewhere, NOON + DAY)
    assert night(engine, cast.elsewhere, read, 2) == 3


def late_answer(engine, patient):
    answered(engine, patient, NOON - 15 * DAY + HOUR, received=NOON, worst=9)


def corrected(engine, patient):
    answered(engine, patient, NOON - 20 * DAY, received=NOON, entry=ENTRY, worst=1)


def moved_to_today(engine, patient):
    answered(engine, patient, NOON, received=NOON, entry=ENTRY)


def computed_again(engine, patient):
    run(
        engine,
        "UPDATE day_index SET value = 30, computed_at = :at WHERE patient_id = :p AND day = :day",
        p=patient, at=NOON + HOUR, day=(NOON - 9 * DAY).date(),
    )  # fmt: skip


def by_a_new_method(engine, patient):
    run(engine, _INDICES.replace("day-2", "day-3").replace("20, 'mg'", "25, 'mg'"), p=patient, at=NOON)


def data_gone(engine, patient):
    run(engine, "DELETE FROM day_index WHERE patient_id = :p AND day = :day", p=patient,
        day=(NOON - 9 * DAY).date())  # fmt: skip


def never_worn(engine, patient):
    run(engine, "DELETE FROM wear_run WHERE patient_id = :p AND day < :day", p=patient,
        day=(NOON - 9 * DAY).date())  # fmt: skip


def treated_before(engine, patient):
    treated(engine, patient, NOON - 12 * DAY)


def treatment_withdrawn(engine, patient):
    with transaction(engine) as session:
        (number,) = session.scalars(sa.text("SELECT id FROM treatment"))
        withdraw_treatment(session, patient, number, "nurse Anna", NOON)


def level_accepted(engine, patient):
    evidence = {"worst": 8}
    with transaction(engine) as session:
        case, _ = open_or_join(session, patient, "high", "worst pain 8", evidence, ["log"], NOON - 10 * DAY)
        resolve(session, case, "nurse Anna", Outcome.EXPECTED_LEVEL, NOON - 9 * DAY, "as agreed")
        tell(session, case, NOON - 9 * DAY, "level_agreed", "nurse Berta")


def travelled(engine, patient):
    with transaction(engine) as session:
        who = people.patient_by_code(session, "P-steady")
        zones.stay(session, who, "Pacific/Auckland", NOON - 10 * DAY, NOON - 5 * DAY)


def was_worn_by_another(engine, patient):
    """What the phone of P-rising said is now of P-steady."""
    run(
        engine,
        """INSERT INTO pain_report (entry, device_id, boot, seq, at, received_at, worst, detail)
           SELECT gen_random_uuid(), id, 1, 1, :at, :at, 6, '{}' FROM device WHERE name = 'phone-2'""",
        at=NOON - 3 * DAY,
    )
    run(engine, "UPDATE wearing SET patient_id = :p WHERE device_id = "
        "(SELECT id FROM device WHERE name = 'phone-2')", p=patient)  # fmt: skip


@pytest.mark.parametrize(
    "happens",
    [
        late_answer,
        corrected,
        moved_to_today,
        computed_again,
        by_a_new_method,
        data_gone,
        never_worn,
        treated_before,
        treatment_withdrawn,
        level_accepted,
        travelled,
        was_worn_by_another,
    ],
)
def test_what_changes_a_day_before_has_all_of_them_read_again(engine, cast, happens):
    read = DaysRead(10)
    night(engine, cast.steady, read, 0)
    happens(engine, cast.steady)
    assert night(engine, cast.steady, read, 1) == 62
    assert night(engine, cast.steady, read, 2) == 3


def test_what_is_stored_while_the_days_are_read_is_seen_the_next_night(engine, cast, monkeypatch):
    """Its stamp is older than the rows: these are read again."""
    from analytics.jobs import days_read

    stamps = days_read.stamps_before

    def then_somebody_writes(*given):
        found = stamps(*given)
        late_answer(engine, cast.steady)
        return found

    read = DaysRead(10)
    monkeypatch.setattr(days_read, "stamps_before", then_somebody_writes)
    night(engine, cast.steady, read, 0)
    monkeypatch.undo()
    assert night(engine, cast.steady, read, 1) == 62


def test_the_days_of_whom_was_read_longest_ago_are_forgotten(engine, cast):
    read = DaysRead(1)
    for patient in (cast.steady, cast.rising, cast.steady):
        assert night(engine, patient, read, 0) == 61


def test_an_earlier_day_than_the_last_one_is_read_anew(engine, cast):
    read = DaysRead(10)
    assert night(engine, cast.steady, read, 3) == 64
    assert night(engine, cast.steady, read, 0) == 61
