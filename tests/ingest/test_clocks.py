"""What statuses prove, and what then moves, from the wire on."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from analytics.jobs.screen import screen
from ingest.batch import write_batch
from ingest.messages import Status
from store import diary, marks, people
from store.database import transaction
from tests.cast import NOON, enrol_cast, incoming, micro
from tests.ingest.wrong_clocks import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    answer,
    minutes,
    offset,
    rows,
    stale,
    status,
    times,
)


@pytest.fixture
def cast(engine):
    return enrol_cast(engine)


def test_what_was_stored_stays_a_duplicate_when_the_clock_is_corrected(engine, cast):
    """Three days slow, the correction puts it into the future; but it was receipted before."""
    sent = minutes(0, NOON)
    write_batch(engine, [sent], NOON)
    for i in range(3):
        at = NOON + i * HOUR
        write_batch(engine, [status(i, at, 3 * DAY, delay=timedelta())], at)
    again = write_batch(engine, [sent, minutes(1, NOON)], NOON)
    assert (again.duplicate, again.quarantined) == (1, 1)


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
        marks.mark_day(session, cast.rising, date(2026, 5, 4), marks.DIARY, NOON)
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
        marks.mark_day(session, cast.rising, date(2026, 4, 13), marks.DIARY, NOON)
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
        marks.mark_day(session, cast.rising, date(2026, 5, 1), marks.DIARY, NOON)
    screen(engine, NOON)
    assert rows(engine, "SELECT verdict FROM decision") == [("review",)], "late"


def test_late_data_of_weeks_marks_the_days_of_its_true_time(engine, cast):
    write_batch(engine, [status(0, NOON - 40 * DAY, -40 * MINUTE, delay=timedelta())], NOON - 40 * DAY)
    stale(engine)
    midnight = datetime(2026, 4, 9, 22, tzinfo=UTC)
    week = [minutes(i, midnight + i * DAY + 40 * MINUTE, n=60) for i in range(7)]
    write_batch(engine, week, NOON)
    assert stale(engine) == [(cast.steady, f"2026-04-{day}") for day in range(10, 17)]


@pytest.mark.parametrize("seconds", [-4.9, 4.9])
def test_less_than_five_seconds_moves_nothing(engine, cast, seconds):
    write_batch(engine, [minutes(0, NOON - HOUR)], NOON)
    stale(engine)
    for i in range(1, 6):
        at = NOON + i * HOUR
        write_batch(engine, [status(i, at, timedelta(seconds=seconds), delay=timedelta())], at)
    assert times(engine)[0] == NOON - HOUR
    assert stale(engine) == []
    assert rows(engine, "SELECT count(*) FROM clock_run") == [(0,)]


def test_a_word_on_the_battery_or_of_a_start_marks_its_true_day(engine, cast):
    """It tells whether a silence was a device that was off, however late it comes."""
    write_batch(engine, [status(1, NOON)], NOON)
    assert stale(engine) == [], "nothing is said"
    flat = incoming("watch-1", Status(boot=1, seq=2, at=micro(NOON - 3 * DAY), battery_pct=3.0), at=NOON)
    write_batch(engine, [flat, status(0, NOON - 2 * DAY, boot=2, delay=2 * DAY)], NOON)
    assert stale(engine) == [(cast.steady, "2026-05-01"), (cast.steady, "2026-05-02")]


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


def test_a_clock_that_gains_moves_what_it_dated_before_by_twenty_statuses_at_most(engine, cast):
    """A minute an hour, with data beside each status. That one is looked at again makes no offset firm."""
    for hour in range(104):
        at = NOON + hour * HOUR
        gained = hour * MINUTE
        sent = [status(hour, at, -gained), minutes(hour, at + gained, n=1, at=at + SECOND)]
        write_batch(engine, sent, at + SECOND)
    wrong = [t - (NOON + hour * HOUR) for hour, t in enumerate(times(engine))]
    assert min(wrong) > -20 * MINUTE
    assert max(wrong) < 5 * SECOND
    runs = rows(engine, "SELECT seq, firm, statuses FROM clock_run ORDER BY boot, seq")
    assert len(runs) == 7, "right at first, then a new offset after 20 statuses"
    assert {firm for _, firm, _ in runs[1:]} == {False}
    assert {statuses for _, _, statuses in runs[1:]} == {1}
    stale(engine)
    write_batch(engine, [status(104, NOON + 104 * HOUR, -104 * MINUTE)], NOON + 104 * HOUR + SECOND)
    assert all(day >= "2026-05-08" for _, day in stale(engine)), "the days before stay as they are"


def test_the_only_status_that_told_an_offset_does_not_confirm_it_when_it_is_looked_at_again(engine, cast):
    """It came fast, all the others late, each by another time; one more of them, and one that agrees."""
    write_batch(engine, [status(0, NOON, -2 * HOUR, delay=90 * MINUTE)], NOON + 90 * MINUTE)
    fast = NOON + 2 * HOUR
    write_batch(engine, [status(1, fast, -2 * HOUR)], fast)
    for i in range(2, 51):
        at, slow = NOON + 2 * i * HOUR, timedelta(minutes=5 + i * 37 % 83)
        write_batch(engine, [status(i, at, -2 * HOUR, delay=slow)], at + slow)
    query = "SELECT seq, offset_us, firm, statuses FROM clock_run"
    told = -2 * 3600 * 10**6 + 10**6
    assert rows(engine, query) == [(0, told, False, 1)]
    at = NOON + 110 * HOUR
    write_batch(engine, [status(51, at, -2 * HOUR)], at)
    write_batch(engine, [status(52, at + HOUR, -2 * HOUR, delay=19 * MINUTE)], at + HOUR)
    assert rows(engine, query) == [(0, told, True, 2)]
