"""An hour on the chart is an activity, not worn, or nothing; never a made-up zero."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from api.pages.hours import Hour, hours_of
from store.database import transaction
from store.hours import HourRow, read_hours
from store.minutes import save_minutes
from tests.cast import NOON, enrol_cast
from tests.made import made_minutes
from tests.pages.minutes import send_minutes

HOUR = timedelta(hours=1)


def counts(hour: int, mean: float | None, minutes: float = 60, off: float = 0) -> HourRow:
    return HourRow(NOON + hour * HOUR, "device", mean, minutes, None, 0, off)


def made_from_raw(hour: int, enmo: float, off: float = 0) -> HourRow:
    return HourRow(NOON + hour * HOUR, "raw", None, 0, enmo, 60 - off, off)


def test_an_hour_counts_when_half_of_it_has_values():
    _, hours = hours_of([counts(0, 20.0, 30), counts(1, 20.0, 29)])
    assert hours == [Hour(NOON, 20.0), Hour(NOON + HOUR, None)]


def test_what_the_device_calls_not_worn_is_not_worn():
    assert hours_of([counts(0, 5.0, 20, off=40)])[1] == [Hour(NOON, None, worn=False)]


def test_three_hours_of_zeros_are_a_watch_on_a_table_two_are_a_nap():
    table = [counts(h, 0.0) for h in range(3)]
    nap = [counts(h, 0.0) for h in (5, 6)]
    _, hours = hours_of([*table, counts(3, 9.0), *nap])
    assert [(h.activity, h.worn) for h in hours] == [(None, False)] * 3 + [(9.0, True)] + [(0.0, True)] * 2


def test_zeros_with_a_hole_between_are_no_run():
    _, hours = hours_of([counts(0, 0.0), counts(1, 0.0), counts(3, 0.0)])
    assert [h.worn for h in hours] == [True, True, True]


def test_zeros_of_raw_samples_are_judged_by_the_wear_rule_and_not_here():
    _, hours = hours_of([made_from_raw(h, 0.0) for h in range(3)])
    assert [h.worn for h in hours] == [True, True, True]


def test_a_chart_has_one_unit_that_of_most_of_the_time():
    rows = [counts(0, 20.0), made_from_raw(1, 31.0), made_from_raw(2, 32.0)]
    unit, hours = hours_of(rows)
    assert (unit, [h.activity for h in hours]) == ("mg", [31.0, 32.0])


def test_the_database_puts_the_minutes_of_one_patient_together(engine: sa.Engine):
    cast = enrol_cast(engine)
    worn = [None] * 60 + [True] * 15 + [False] * 15
    send_minutes(engine, cast.watch_1, NOON, [10.0] * 60 + [40.0] * 30, worn)
    with transaction(engine) as session:
        save_minutes(session, made_minutes([(cast.watch_2, NOON)], enmo_mg=12.0))
        rows = read_hours(session, cast.steady, NOON, NOON + 5 * HOUR)
        other = read_hours(session, cast.rising, NOON, NOON + 5 * HOUR)
    assert [(r.start, r.counts, r.counts_min, r.off_min) for r in rows] == [
        (NOON, 10.0, 60, 0),
        (NOON + HOUR, 40.0, 15, 15),
    ]
    assert [(r.source, r.enmo_mg, r.enmo_min) for r in other] == [("raw", 12.0, 1)]
