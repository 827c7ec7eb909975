"""When nobody is on duty who would be told first, and what patients are told then."""

from __future__ import annotations

from datetime import UTC, datetime

from ladder.after_hours import is_after_hours, told_after_hours
from ladder.calendar import days_of_duty, duty_at
from ladder.plan import Plan
from ladder.reading import plan_of
from tests.ladder.wards import document

MONDAY_NOON = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)  # 12:00 in Rome
SATURDAY_NOON = datetime(2026, 5, 9, 10, 0, tzinfo=UTC)


def ward(**first_rung) -> Plan:
    made = document()
    made["ladders"]["high"]["rungs"][0] |= first_rung
    return plan_of(made)


def test_after_hours_is_when_nobody_is_on_duty_in_the_roles_of_the_first_rung():
    assert not is_after_hours(ward(), MONDAY_NOON)
    assert is_after_hours(ward(), SATURDAY_NOON)
    assert not is_after_hours(ward(roles=["nurse", "doctor"]), SATURDAY_NOON)
    assert not is_after_hours(ward(persons=["carla"]), SATURDAY_NOON)


def test_the_text_is_that_of_the_readers_language_and_only_after_hours():
    assert told_after_hours(ward(), "en", SATURDAY_NOON) == "After 7 pm call the hospital."
    assert told_after_hours(ward(), "it", SATURDAY_NOON) == "Dopo le 19 chiami l’ospedale."
    assert told_after_hours(ward(), "de", SATURDAY_NOON) is None
    assert told_after_hours(ward(), "en", MONDAY_NOON) is None


def test_duty_is_told_with_who_comes_next():
    nurse, doctor = duty_at(ward(), MONDAY_NOON, then=2)
    assert (nurse.role, nurse.persons, nurse.until) == (
        "Nurse",
        ("Anna Conti",),
        datetime(2026, 5, 4, 17, tzinfo=UTC),
    )
    assert [one.persons for one in nurse.then] == [("Bruno Serra",), ("Anna Conti",)]
    assert (doctor.persons, doctor.until, doctor.then) == (("Carla Neri",), None, ())


def test_a_week_is_told_day_by_day_on_the_clock_of_the_ward():
    week = days_of_duty(plan_of(document(holidays=[{"date": "2026-05-06", "name": "Patron"}])), MONDAY_NOON)
    monday, tuesday, wednesday, *_ = week
    assert [day.day.day for day in week] == [4, 5, 6, 7, 8, 9, 10]
    assert [(one.start, one.end, one.persons) for one in monday.held[0]] == [
        ("00:00", "07:00", ()), ("07:00", "19:00", ("Anna Conti",)), ("19:00", "24:00", ("Bruno Serra",)),
    ]  # fmt: skip
    assert [(one.start, one.end) for one in monday.held[1]] == [("00:00", "24:00")]
    assert (tuesday.holiday, wednesday.holiday) == (None, "Patron")
    assert [(one.start, one.end, one.persons) for one in wednesday.held[0]] == [
        ("00:00", "07:00", ("Bruno Serra",)), ("07:00", "24:00", ()),
    ]  # fmt: skip


def test_a_day_on_which_the_clock_is_changed_is_told_from_midnight_to_midnight():
    plan = ward()
    for month, day in ((3, 28), (10, 24)):  # the Saturdays before
        sunday = days_of_duty(plan, datetime(2026, month, day, 10, tzinfo=UTC))[1]
        assert [(one.start, one.end) for one in sunday.held[1]] == [("00:00", "24:00")]
