"""Every reader tells true times of a device whose clock is wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from analytics.jobs.days import compute_days
from ingest.batch import write_batch
from store import clocks, diary, epochs, marks, people, worklist
from store.buckets import read_buckets
from store.coverage import covered_days
from store.database import transaction
from store.days_together import days_together
from store.hours import read_hours
from store.minutes import save_minutes
from store.worn import save_worn
from tests.cast import NOON, NURSE, enrol_cast, micro
from tests.ingest.wrong_clocks import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    answer,
    minutes,
    rows,
    stale,
    status,
)
from tests.made import made_minutes


@pytest.fixture
def cast(engine):
    return enrol_cast(engine)


@pytest.mark.parametrize(
    ("device_local", "day"),
    [
        ("2026-10-24T23:30:00+02:00", "2026-10-25"),  # the day of 25 hours begins
        ("2026-10-25T22:30:00+00:00", "2026-10-26"),  # 23:30 on its other side
        ("2026-03-28T23:30:00+01:00", "2026-03-29"),  # and of 23 hours
        ("2026-03-29T23:10:00+02:00", "2026-03-29"),
    ],
)
def test_half_past_eleven_on_the_night_the_clocks_change(engine, device_local, day):
    cast = enrol_cast(engine, since=datetime(2026, 1, 1, tzinfo=UTC))
    told = datetime.fromisoformat(device_local)
    for i in range(3):
        at = told + 5 * DAY + i * HOUR
        write_batch(engine, [status(i, at, 40 * MINUTE, delay=timedelta())], at)
    stale(engine)  # the statuses themselves say that the device has started
    write_batch(engine, [minutes(0, told, n=9, at=told + 6 * DAY)], told + 6 * DAY)
    assert stale(engine) == [(cast.steady, day)]
    with transaction(engine) as session:
        (covered,) = covered_days(session, cast.steady, told - DAY, told + 2 * DAY)
        (bucket,) = read_buckets(session, cast.steady, "counts", told - DAY, told + DAY, DAY)
    assert (str(covered.day), covered.minutes, bucket.minutes) == (day, 9, 9)


def test_a_wearing_begins_and_ends_by_true_time(engine, cast):
    with transaction(engine) as session:
        watch = people.device_by_name(session, "watch-1")
        people.wear(session, watch, people.patient_by_code(session, "P-rising"), NOON)
    write_batch(engine, [minutes(0, NOON - 20 * MINUTE, n=30)], NOON)
    query = "SELECT patient, count(*) FROM reading.epochs GROUP BY 1 ORDER BY 1"
    assert rows(engine, query) == [("P-rising", 10), ("P-steady", 20)]
    stale(engine)
    for i in range(3):
        at = NOON + i * HOUR
        write_batch(engine, [status(i, at, 15 * MINUTE, delay=timedelta())], at)
    assert rows(engine, query) == [("P-rising", 25), ("P-steady", 5)]
    assert stale(engine) == [(cast.steady, "2026-05-04"), (cast.rising, "2026-05-04")]
    with transaction(engine) as session:
        for patient, n in ((cast.steady, 5), (cast.rising, 25)):
            (part,) = epochs.read_epochs(session, patient, NOON - DAY, NOON + DAY)
            assert len(part.t_us) == n
        assert part.t_us[0] == micro(NOON)
        marks.mark_days_of_device(session, cast.watch_1, NOON, NOON + MINUTE, NOON)
    assert stale(engine) == [(cast.rising, "2026-05-04")]


def test_every_reader_tells_the_same_true_time(engine, cast):
    told, true = NOON - 3 * HOUR, NOON - 2 * DAY - 3 * HOUR
    write_batch(engine, [status(0, NOON, -2 * DAY, delay=timedelta())], NOON)
    write_batch(engine, [status(0, NOON, -2 * DAY, device="phone-2", delay=timedelta())], NOON)
    write_batch(engine, [minutes(0, told), answer(0, told, 4)], NOON)
    a, z = NOON - 3 * DAY, NOON - 2 * DAY
    with transaction(engine) as session:
        (part,) = epochs.read_epochs(session, cast.steady, a, z)
        (hour,) = read_hours(session, cast.steady, a, z)
        (bucket,) = read_buckets(session, cast.steady, "counts", a, z, HOUR)
        (covered,) = covered_days(session, cast.steady, a, z)
        shown = worklist.worklist(session, NURSE, NOON)
        (report,) = diary.reports_of(session, cast.rising, a, z)
        paired = days_together(session, [cast.rising], ["RA"], "worst", date(2026, 5, 1), date(2026, 5, 4))
        nothing = [
            epochs.read_epochs(session, cast.steady, z, NOON + DAY),
            read_hours(session, cast.steady, z, NOON + DAY),
            covered_days(session, cast.steady, z, NOON + DAY),
            diary.reports_of(session, cast.rising, z, NOON + DAY),
        ]
    assert part.t_us[0] == micro(true)
    assert (hour.start, bucket.start, covered.day) == (true, true, date(2026, 5, 2))
    by_code = {row.code: row for row in shown}
    assert by_code["P-steady"].moved_at == true + 9 * MINUTE
    assert by_code["P-rising"].reported_at == report.at == true
    assert (paired.day.tolist(), paired.pain.tolist()) == ([date(2026, 5, 2)], [4])
    assert nothing == [[], [], [], []]


def test_the_wear_rule_reaches_minutes_of_a_wrong_clock(engine, cast):
    told = NOON - 12 * HOUR
    with transaction(engine) as session:
        save_minutes(session, made_minutes([(cast.watch_1, told + i * MINUTE) for i in range(6 * 60)]))
    write_batch(engine, [status(0, NOON, -90 * MINUTE - 7 * SECOND)], NOON)
    assert compute_days(engine, NOON + DAY) > 0
    assert rows(engine, "SELECT worn, count(*) FROM epoch GROUP BY 1") == [(False, 360)]
    with transaction(engine) as session:
        ((device, t_us, *_),) = epochs.read_five_seconds(session, cast.steady, NOON - 2 * DAY, NOON)
        save_worn(session, device, t_us, np.ones(len(t_us), dtype=bool))
    assert rows(engine, "SELECT worn, count(*) FROM epoch GROUP BY 1") == [(True, 360)]


@pytest.mark.parametrize("ppm", [-100, 100])
def test_the_days_of_a_drifting_clock_are_computed(engine, cast, ppm):
    """100 parts in a million are 8.6 s a day: a new offset about twice a day, minutes 5 s nearer or further."""
    began = NOON - 4 * DAY
    sent = [(i, began + i * 2 * HOUR, i * 2 * HOUR * ppm * 1e-6) for i in range(49)]
    write_batch(engine, [status(i, at, off, delay=timedelta()) for i, at, off in sent], NOON)
    held = [minutes(i, at - off, n=120, at=at + 2 * HOUR) for i, at, off in sent[:-1]]
    write_batch(engine, held, NOON)
    pieces = rows(engine, "SELECT count(*) FROM device_clock")[0][0]
    assert 5 <= pieces <= 9
    while compute_days(engine, NOON + DAY):
        pass
    worn = rows(engine, "SELECT day::text, value FROM day_index WHERE \"index\" = 'worn_min' ORDER BY day")
    assert [day for day, _ in worn] == [f"2026-{d}" for d in ("04-30", "05-01", "05-02", "05-03", "05-04")]
    assert all(abs(value - 1440) <= 2 for _, value in worn[1:-1])


def test_what_is_known_of_a_clock_is_told(engine, cast):
    write_batch(engine, [status(0, NOON, device="watch-2"), status(0, NOON, 3 * SECOND)], NOON)
    write_batch(engine, [status(1, NOON + HOUR, -HOUR, device="watch-2")], NOON)
    with transaction(engine) as session:
        shown = {
            one.device: (one.offset, one.checked_at)
            for patient in (cast.steady, cast.rising)
            for one in clocks.clocks_worn(session, patient, NOON, NOON + DAY)
        }
    assert shown == {
        "watch-1": (timedelta(), NOON + SECOND),
        "watch-2": (-HOUR + SECOND, NOON + HOUR + SECOND),
        "phone-2": (None, None),
    }


def test_a_patient_s_weeks_are_found_by_the_key_of_the_epochs(engine, cast):
    write_batch(engine, [status(0, NOON, -90 * MINUTE)], NOON)
    others = """INSERT INTO epoch (device_id, t, source, epoch_s)
                SELECT d, t, 'device', 60 FROM generate_series(1, 40) d,
                       generate_series(:begin ::timestamptz, :begin + interval '10 hours', '1 minute') t"""
    with engine.begin() as connection:
        connection.execute(sa.text(others), {"begin": NOON - DAY})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE epoch")
    with transaction(engine) as session:
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        query = sa.text(f"EXPLAIN (COSTS OFF) SELECT count(*) FROM {clocks.WORN_EPOCHS}")
        plan = list(
            session.scalars(query, clocks.reach(session, cast.steady, NOON - 28 * DAY, NOON)),
        )
    condition = next(line for line in plan if "Index Cond" in line and "device_id" in line and "t >=" in line)
    assert condition.count("t >=") == condition.count("t <") == 2  # of the stretch, and of all of them
