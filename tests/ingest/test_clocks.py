"""Wrong device clocks, from the wire to every reader."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from analytics.jobs.days import compute_days
from analytics.jobs.screen import screen
from ingest.batch import write_batch
from ingest.messages import Diary, Epoch, Status
from store import associations, clocks, diary, epochs, people, results, worklist
from store.buckets import read_buckets
from store.coverage import covered_days
from store.database import transaction
from store.hours import read_hours
from tests.cast import NOON, NURSE, enrol_cast, incoming, micro

SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=s) for s in (1, 60, 3600, 86400))


@pytest.fixture
def cast(engine):
    return enrol_cast(engine)


def status(seq, sent, offset=timedelta(), boot=1, delay=SECOND, device="watch-1"):
    """Sent at a true instant by a clock that is `offset` behind."""
    return incoming(device, Status(boot=boot, seq=seq, at=micro(sent - offset)), at=sent + delay)


def minutes(seq, device_t0, n=10, at=NOON, device="watch-1", boot=1):
    message = Epoch(boot=boot, seq=seq, t0=micro(device_t0), epoch_s=60.0, counts=[1.0] * n)
    return incoming(device, message, at=at)


def answer(seq, device_at, worst=8, at=NOON, boot=1):
    said = Diary(boot=boot, seq=seq, id=str(uuid.UUID(int=seq)), at=device_at.isoformat(), worst=worst)
    return incoming("phone-2", said, at=at)


def rows(engine, query, **values):
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query), values)]


def times(engine, device="watch-1"):
    return [t for (t,) in rows(engine, "SELECT t FROM reading.epochs WHERE device = :d ORDER BY t", d=device)]


def stale(engine, kind="movement"):
    found = rows(engine, "SELECT patient_id, day::text FROM stale_day WHERE kind = :k ORDER BY 1, 2", k=kind)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM stale_day")
    return found


def offset(engine, device):
    with transaction(engine) as session:
        return clocks.offsets_of(session, [device]).get(device, timedelta())


def test_a_fast_clock_moves_what_is_stored_and_what_comes(engine, cast):
    midnight = datetime(2026, 5, 3, 22, tzinfo=UTC)  # in Rome
    write_batch(engine, [minutes(0, midnight + 30 * MINUTE)], NOON)
    assert stale(engine) == [(cast.steady, "2026-05-04")]
    write_batch(engine, [status(0, NOON, -HOUR, delay=timedelta())], NOON)
    assert times(engine)[0] == midnight - 30 * MINUTE
    assert stale(engine) == [(cast.steady, "2026-05-03"), (cast.steady, "2026-05-04")]
    write_batch(engine, [minutes(1, NOON + HOUR)], NOON)
    assert times(engine)[-1] == NOON + 9 * MINUTE
    assert stale(engine) == [(cast.steady, "2026-05-04")]
    assert rows(engine, "SELECT max(t) FROM epoch") == [(NOON + HOUR + 9 * MINUTE,)]  # as the device said


def test_a_slow_clock_is_believed_when_three_statuses_agree(engine, cast):
    write_batch(engine, [minutes(0, NOON - 3 * HOUR)], NOON)
    for i in range(3):
        assert times(engine)[0] == NOON - 3 * HOUR
        write_batch(engine, [status(i, NOON + i * HOUR, 2 * HOUR, delay=timedelta())], NOON + i * HOUR)
    assert times(engine)[0] == NOON - HOUR


def test_a_queue_of_late_statuses_is_no_slow_clock(engine, cast):
    back = NOON + 6 * HOUR
    queue = [status(i, at := NOON + i * 10 * MINUTE, delay=back - at) for i in range(30)]
    write_batch(engine, [minutes(0, NOON, at=back), *queue], back)
    assert times(engine)[0] == NOON
    assert rows(engine, "SELECT count(*) FROM device_clock") == [(0,)]


def test_a_status_of_a_wrong_clock_speaks_for_the_samples_beside_it(engine, cast):
    year_ahead, lost = NOON + 365 * DAY, datetime(2000, 1, 1, 0, 10, tzinfo=UTC)
    assert write_batch(engine, [minutes(0, year_ahead)], NOON).quarantined == 1
    batch = [
        minutes(1, year_ahead - 10 * MINUTE),
        status(0, NOON, NOON - year_ahead, delay=timedelta()),
        minutes(0, lost, device="watch-2"),
        status(0, NOON, NOON - lost, delay=timedelta(), device="watch-2"),
    ]
    written = write_batch(engine, batch, NOON)
    assert (written.stored, written.quarantined) == (4, 0)
    assert times(engine)[0] == NOON - 10 * MINUTE
    assert times(engine, "watch-2")[0] == NOON
    # The clock is set right: what it dated before stays where it is, and comes late, too.
    write_batch(engine, [status(1, NOON + HOUR), minutes(2, year_ahead + 20 * MINUTE)], NOON + HOUR)
    assert times(engine)[-1] == NOON + 29 * MINUTE


def test_an_answer_by_a_clock_of_the_year_2000_pages_as_of_now(engine, cast):
    lost = datetime(2000, 1, 1, 5, tzinfo=UTC)
    sent = status(0, NOON, NOON - lost, device="phone-2", delay=timedelta())
    write_batch(engine, [answer(0, lost - MINUTE), sent], NOON)
    assert stale(engine, "diary") == [(cast.rising, "2026-05-04")]
    assert rows(engine, "SELECT day::text, at, state FROM reading.pain") == [
        ("2026-05-04", NOON - MINUTE, "answered")
    ]
    with transaction(engine) as session:
        results.mark_day(session, cast.rising, date(2026, 5, 4), results.DIARY, NOON)
    screen(engine, NOON)
    assert rows(engine, "SELECT verdict, day::text, reported_at FROM decision") == [
        ("fire", "2026-05-04", NOON - MINUTE)
    ]


def test_an_answer_that_the_clock_moves_weeks_back_never_pages(engine, cast):
    """The phone runs three weeks ahead; it kept an answer for three weeks, so it looks like one of today."""
    ahead = -21 * DAY
    write_batch(engine, [status(0, NOON - DAY, ahead, device="phone-2")], NOON - DAY)
    write_batch(engine, [answer(0, NOON)], NOON)
    assert stale(engine, "diary") == [(cast.rising, "2026-04-13")]
    with transaction(engine) as session:
        results.mark_day(session, cast.rising, date(2026, 4, 13), results.DIARY, NOON)
    screen(engine, NOON)
    assert rows(engine, "SELECT verdict FROM decision") == [("no evidence",)]
    with transaction(engine) as session:
        (report,) = diary.reports_of(session, cast.rising, NOON - 30 * DAY, NOON + DAY)
    assert (report.state, report.day) == ("late", date(2026, 4, 13))


def test_a_stored_answer_that_is_moved_marks_both_days_and_is_judged_by_its_true_time(engine, cast):
    write_batch(engine, [answer(0, NOON)], NOON)
    stale(engine, "diary")
    write_batch(engine, [status(0, NOON, -3 * DAY, device="phone-2")], NOON)
    assert stale(engine, "diary") == [(cast.rising, "2026-05-01"), (cast.rising, "2026-05-04")]
    with transaction(engine) as session:
        results.mark_day(session, cast.rising, date(2026, 5, 1), results.DIARY, NOON)
    screen(engine, NOON)
    assert rows(engine, "SELECT verdict FROM decision") == [("no evidence",)]


def test_late_data_of_weeks_marks_the_days_of_its_true_time(engine, cast):
    write_batch(engine, [status(0, NOON - 40 * DAY, -40 * MINUTE, delay=timedelta())], NOON - 40 * DAY)
    midnight = datetime(2026, 4, 9, 22, tzinfo=UTC)
    week = [minutes(i, midnight + i * DAY + 40 * MINUTE, n=60) for i in range(7)]
    write_batch(engine, week, NOON)
    assert stale(engine) == [(cast.steady, f"2026-04-{day}") for day in range(10, 17)]


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
        results.mark_days_of_device(session, cast.watch_1, NOON, NOON + MINUTE, NOON)
    assert stale(engine) == [(cast.rising, "2026-05-04")]


@pytest.mark.parametrize("seconds", [-4.9, 4.9])
def test_less_than_five_seconds_moves_nothing(engine, cast, seconds):
    write_batch(engine, [minutes(0, NOON - HOUR)], NOON)
    stale(engine)
    for i in range(5):
        at = NOON + i * HOUR
        write_batch(engine, [status(i, at, timedelta(seconds=seconds), delay=timedelta())], at)
    assert times(engine)[0] == NOON - HOUR
    assert stale(engine) == []
    assert rows(engine, "SELECT count(*) FROM clock_run") == [(0,)]


def known(engine):
    return (
        rows(
            engine, "SELECT starts::text, ends::text, offset_us FROM device_clock ORDER BY device_id, starts"
        ),
        rows(engine, "SELECT boot, seq, offset_us, since_us, decided_at FROM clock_run ORDER BY 1, 2"),
    )


def test_duplicates_and_resent_statuses_change_nothing(engine, cast):
    first = status(0, NOON, -2 * HOUR)
    write_batch(engine, [first, minutes(0, NOON)], NOON)
    before = known(engine)
    stale(engine)
    for late in (HOUR, 5 * HOUR, 30 * DAY):
        resent = incoming("watch-1", first.payload, stream="status", at=NOON + late)
        assert write_batch(engine, [resent, resent], NOON + late).duplicate == 2
    assert known(engine) == before
    assert stale(engine) == []


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_arrival_does_not_matter_in_the_end(engine, cast, seed):
    """One device's statuses come in order, another's anyhow (each received when it was): all the same."""
    offsets = [timedelta()] * 6 + [-2 * HOUR] * 6 + [40 * MINUTE] * 8 + [timedelta()] * 4
    sent = [(i, NOON + i * HOUR, off) for i, off in enumerate(offsets)]
    for i, at, off in sent:
        write_batch(engine, [status(i, at, off)], at)
    shuffled = random.Random(seed).sample(sent, len(sent))
    for i, at, off in shuffled:
        write_batch(engine, [status(i, at, off, device="watch-2")], at)
    ends = rows(engine, "SELECT device_id, starts::text, offset_us FROM device_clock ORDER BY 1, 2")
    in_order = [row[1:] for row in ends if row[0] == cast.watch_1]
    assert len(in_order) == 4
    assert [row[1:] for row in ends if row[0] == cast.watch_2] == in_order


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
        (paired,) = associations.index_and_pain(
            session, [cast.rising], "RA", date(2026, 5, 1), date(2026, 5, 4)
        )
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
    assert (paired.day, paired.worst) == (date(2026, 5, 2), 4)
    assert nothing == [[], [], [], []]


def test_the_wear_rule_reaches_minutes_of_a_wrong_clock(engine, cast):
    told = NOON - 12 * HOUR
    still = {"enmo_mg": 0.0, "mad_mg": 0.0, "anglez_deg": 10.0, "temp_c": None, "lux": None}
    arrays = {"enmo_5s_mg": [0.0] * 12, "anglez_5s_deg": [10.0] * 12}
    made = [{"device_id": cast.watch_1, "t": told + i * MINUTE, **still, **arrays} for i in range(6 * 60)]
    with transaction(engine) as session:
        epochs.save_minutes(session, made)
    write_batch(engine, [status(0, NOON, -90 * MINUTE - 7 * SECOND)], NOON)
    assert compute_days(engine, NOON + DAY) > 0
    assert rows(engine, "SELECT worn, count(*) FROM epoch GROUP BY 1") == [(False, 360)]
    with transaction(engine) as session:
        ((device, t_us, _, _),) = epochs.read_five_seconds(session, cast.steady, NOON - 2 * DAY, NOON)
        epochs.save_worn(session, device, t_us, np.ones(len(t_us), dtype=bool))
    assert rows(engine, "SELECT worn, count(*) FROM epoch GROUP BY 1") == [(True, 360)]


def test_when_most_devices_are_late_together_no_clock_is_blamed(engine, cast):
    with transaction(engine) as session:
        people.enrol_many(
            session, [people.Enrolment(f"w-{i}", "hash", f"P-{i}", "UTC", NOON) for i in range(30)]
        )

    def all_send(seq, delay):
        at = NOON + seq * HOUR
        batch = [status(seq, at, device=f"w-{i}", delay=delay) for i in range(30)]
        ahead = status(seq, at, -2 * DAY, device="watch-1", delay=delay)
        write_batch(engine, [*batch, ahead], at + delay)

    for seq in range(4):
        all_send(seq, 2 * MINUTE)
    assert rows(engine, "SELECT DISTINCT device_id FROM device_clock") == [(cast.watch_1,)]
    all_send(4, SECOND)
    assert offset(engine, cast.watch_1) == -2 * DAY + SECOND


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
