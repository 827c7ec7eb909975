"""A patient flies from Rome to New York and back: the indices of the days before, on the way, and after."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import sqlalchemy as sa

from analytics.days import local_clock_s
from analytics.jobs.days import compute_days
from days.itinerary import Itinerary
from ingest.batch import write_batch
from ingest.messages import Epoch
from store import marks, zones
from store.database import transaction
from store.people import Patient
from tests.cast import enrol_cast, incoming, micro

HOME, AWAY = "Europe/Rome", "America/New_York"
BEGIN, AT = datetime(2026, 4, 14, 22, tzinfo=UTC), datetime(2026, 6, 2, 12, tzinfo=UTC)
OUT, BACK = datetime(2026, 5, 10, 12, tzinfo=UTC), datetime(2026, 5, 20, 22, tzinfo=UTC)
JOURNEY = Itinerary([ZoneInfo(HOME), ZoneInfo(AWAY), ZoneInfo(HOME)], [OUT, BACK])
LEFT, RETURNED = date(2026, 5, 10), date(2026, 5, 20)


def life(zone, begin=BEGIN, days=46):
    """Minutes of counts that follow the wall clock: asleep from 23 to 7, and deepest from 1 to 6."""
    t = micro(begin) + np.arange(days * 1440, dtype=np.int64) * 60_000_000
    hour = local_clock_s(t, zone) / 3600
    counts = np.where((hour >= 23) | (hour < 7), 20.0, 300.0 + 40 * np.sin(np.arange(len(t))))
    return t, np.where((hour >= 1) & (hour < 6), 2.0 + np.arange(len(t)) % 2, counts)


def send(engine, device, t, counts):
    halves = [
        Epoch(boot=1, seq=i, t0=int(t[s]), epoch_s=60.0, counts=counts[s : s + 720].tolist())
        for i, s in enumerate(range(0, len(t), 720))
    ]
    write_batch(engine, [incoming(device, half, at=AT) for half in halves], AT)


def go(engine, patient_id, tz, start, end=None):
    with transaction(engine) as session:
        patient = session.get_one(Patient, patient_id)
        marks.mark_days_of_patient(session, patient_id, start, end, AT)
        zones.stay(session, patient, tz, start, end)
        marks.mark_days_of_patient(session, patient_id, start, end, AT)


def compute(engine, at=AT):
    while compute_days(engine, at):
        pass


def stored(engine, patient_id):
    query = """
        SELECT i.day, i.index, i.value, i.reason, i.worn_min, i.input_digest, i.method, i.computed_at, s.parameters
        FROM day_index i JOIN provenance s ON s.id = i.provenance_id WHERE patient_id = :p
    """
    with engine.connect() as connection:
        return {(row.day, row.index): row for row in connection.execute(sa.text(query), {"p": patient_id})}


@pytest.fixture(scope="module")
def told(session_engine):
    """Indices before the journey was entered and after; `early` is who had it entered before any data came."""
    tables = ", ".join(
        f'"{t}"' for t in sa.inspect(session_engine).get_table_names() if t != "alembic_version"
    )
    with session_engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    cast = enrol_cast(session_engine, since=BEGIN)
    go(session_engine, cast.rising, AWAY, OUT, BACK)
    for device in ("watch-1", "watch-2"):
        send(session_engine, device, *life(JOURNEY))
    compute(session_engine)
    before = stored(session_engine, cast.steady)
    go(session_engine, cast.steady, AWAY, OUT)
    go(session_engine, cast.steady, HOME, BACK)
    compute(session_engine, AT + timedelta(seconds=1))
    return before, stored(session_engine, cast.steady), stored(session_engine, cast.rising)


def test_the_day_of_the_flight_west_has_30_hours_and_the_day_back_18(told):
    _, after, _ = told
    hours = {day: after[day, "hours"].value for day, name in after if name == "hours"}
    assert {day: h for day, h in hours.items() if h != 24} == {LEFT: 30, RETURNED: 18}
    assert (after[LEFT, "worn_min"].value, after[RETURNED, "worn_min"].value) == (1800, 1080)
    assert {row.value for (day, name), row in after.items() if name == "worn_min" and hours[day] == 24} == {
        1440
    }


def test_days_before_the_journey_stay_to_the_last_bit_and_are_not_computed_again(told):
    before, after, _ = told
    earlier = [key for key in before if key[0] < LEFT]
    assert len({day for day, _ in earlier}) == 25
    assert all(before[key] == after[key] for key in earlier)
    assert any(before[key].value != after[key].value for key in before if key in after and key[0] >= LEFT)


def test_onsets_stay_where_they_are_on_the_wall_clock(told):
    before, after, _ = told
    onsets = {row.value for (_, name), row in after.items() if name == "L5_onset" and row.value is not None}
    assert onsets == {1.0}
    assert before[date(2026, 5, 19), "L5_onset"].value != 1.0  # cut at home, the nights lay elsewhere
    lows = [after[day, "L5_day"].value for day in (date(2026, 5, day) for day in range(11, 23))]
    assert lows == pytest.approx([2.5] * 12)


def test_windows_that_contain_the_journey_show_one_steady_rhythm(told):
    before, after, _ = told
    last = date(2026, 5, 25)
    assert after[last, "IS"].value > before[last, "IS"].value
    assert after[last, "RA"].value > 0.98
    # The flight is in it: not every day is the average day.
    assert after[date(2026, 5, 9), "IS"].value > after[last, "IS"].value > 0.9


def test_nights_abroad_and_on_the_way_are_in_bed(told):
    _, after, _ = told
    nights = [after[date(2026, 5, day), "io"].value for day in range(10, 29)]
    assert nights == pytest.approx([100.0] * 19)


def test_it_does_not_matter_whether_the_journey_or_the_data_came_first(told):
    _, after, early = told
    assert after.keys() == early.keys()
    for key, row in after.items():
        same = ["value", "reason", "worn_min", "method", "parameters"]
        if key[1] not in ("not_worn_min", "no_data_min", "off_min"):  # theirs names the device
            same.append("input_digest")
        assert all(getattr(row, name) == getattr(early[key], name) for name in same), key


def test_parameters_name_the_zones_of_the_window(told):
    _, after, _ = told
    assert after[date(2026, 5, 9), "IS"].parameters["tz"] == HOME
    flown = f"{HOME}, {AWAY} from 2026-05-10T12:00:00+00:00"
    assert after[LEFT, "IS"].parameters["tz"] == flown
    assert (
        after[date(2026, 5, 28), "IS"].parameters["tz"] == f"{flown}, {HOME} from 2026-05-20T22:00:00+00:00"
    )


def test_a_flight_on_the_day_when_clocks_change_has_both(engine):
    begin, out = datetime(2026, 3, 23, 23, tzinfo=UTC), datetime(2026, 3, 29, 12, tzinfo=UTC)
    cast = enrol_cast(engine, since=begin)
    go(engine, cast.steady, AWAY, out)
    send(engine, "watch-1", *life(Itinerary([ZoneInfo(HOME), ZoneInfo(AWAY)], [out]), begin, days=12))
    compute(engine)
    found = stored(engine, cast.steady)
    assert [found[date(2026, 3, day), "hours"].value for day in (28, 29, 30)] == [24, 29, 24]
    assert found[date(2026, 3, 29), "worn_min"].value == 29 * 60
    assert found[date(2026, 4, 3), "L5_onset"].value == 1.0


def test_a_day_that_the_date_line_skips_loses_its_results(engine):
    there = datetime(2026, 5, 6, 10, 30, tzinfo=UTC)  # 23:30 on the 5th, then 00:30 on the 7th
    cast = enrol_cast(engine, tz="Pacific/Pago_Pago", since=BEGIN)
    send(
        engine, "watch-1", *life(ZoneInfo("Pacific/Pago_Pago"), datetime(2026, 5, 1, 11, tzinfo=UTC), days=12)
    )
    compute(engine)
    assert (date(2026, 5, 6), "worn_min") in stored(engine, cast.steady)
    with engine.begin() as connection:  # an older version of the definitions had the day, too
        copied = "patient_id, day, index, 'day-1', value, unit, reason, worn_min, input_digest, computed_at, provenance_id"
        connection.execute(
            sa.text(f"INSERT INTO day_index SELECT {copied} FROM day_index WHERE index = 'hours'")
        )
    go(engine, cast.steady, "Pacific/Kiritimati", there)
    compute(engine, AT + timedelta(seconds=1))
    assert (date(2026, 5, 6), "hours") not in stored(engine, cast.steady)
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM day_index WHERE method = 'day-1'"))
    found = {day: row.value for (day, name), row in stored(engine, cast.steady).items() if name == "hours"}
    assert [found[date(2026, 5, day)] for day in (4, 5, 7, 8)] == [24, 23.5, 23.5, 24]
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM stale_day WHERE kind = 'movement'")) == 0


def test_the_running_day_is_that_of_the_place(engine):
    cast = enrol_cast(engine, since=BEGIN)
    go(engine, cast.steady, AWAY, OUT)
    at = datetime(2026, 5, 15, 2, 30, tzinfo=UTC)  # 22:30 on the 14th in New York
    evening = Epoch(boot=1, seq=0, t0=micro(at) - 3_600_000_000, epoch_s=60.0, counts=[50.0] * 30)
    write_batch(engine, [incoming("watch-1", evening, at=at)], at)
    assert compute_days(engine, at) == 0  # the burst may go on
    assert compute_days(engine, at + timedelta(seconds=10)) == 1
    assert {day for day, name in stored(engine, cast.steady) if name == "worn_min"} == {date(2026, 5, 14)}
