"""Worn, not worn, off, no data: what is stored of each day, whatever came, in whatever order."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import numpy as np
import pytest
import sqlalchemy as sa

from analytics.jobs.days import compute_days
from analytics.jobs.running import ask_for_running_days
from ingest.batch import write_batch
from ingest.messages import Epoch, Status
from store import marks, people, results
from store.database import transaction
from tests.cast import NOON, Cast, enrol_cast, incoming, micro

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime(2026, 5, 1, tzinfo=UTC)
FOUR = ("worn_min", "not_worn_min", "no_data_min", "off_min")


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine, tz="UTC", since=MIDNIGHT)


def worn(start, hours, device="watch-1", seq=0, counts=9.0, said=None, epoch_s=60.0):
    n = round(hours * 3600 / epoch_s)
    return incoming(
        device,
        Epoch(boot=1, seq=micro(start) // 60_000_000 + seq, t0=micro(start), epoch_s=epoch_s, counts=[counts] * n,
              worn=None if said is None else [said] * n),
    )  # fmt: skip


def word(at, battery=None, boot=1, seq=None, device="watch-1"):
    seq = micro(at) // 60_000_000 if seq is None else seq
    return incoming(device, Status(boot=boot, seq=seq, at=micro(at), battery_pct=battery), at=NOON)


def send(engine, *messages, at=NOON - MINUTE):
    write_batch(engine, list(messages), at)


def computed(engine, at=NOON):
    for _ in range(200):
        if not compute_days(engine, at):
            return
    raise AssertionError("it does not come to an end")


def minutes(engine, patient="P-steady"):
    """{day: (worn, not worn, no data, off)} in minutes."""
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text(
                "SELECT day, index, value FROM reading.results WHERE patient = :p AND index = ANY(:n) ORDER BY 1"
            ),
            {"p": patient, "n": list(FOUR)},
        ).all()
    found: dict[date, dict[str, float]] = {}
    for row in rows:
        found.setdefault(row.day, {})[row.index] = row.value
    return {day: tuple(round(one.get(name, 0), 3) for name in FOUR) for day, one in found.items()}


def stretches(engine, patient="P-steady"):
    with engine.connect() as connection:
        return [
            tuple(row)
            for row in connection.execute(
                sa.text(
                    "SELECT device, starts, ends, state FROM reading.wear WHERE patient = :p ORDER BY 1, 2"
                ),
                {"p": patient},
            )
        ]


def test_a_flat_battery_and_then_silence_is_off_until_the_watch_is_back(engine, cast):
    send(engine, worn(MIDNIGHT, 22), word(MIDNIGHT + 21 * HOUR, 12.0), word(MIDNIGHT + 21.9 * HOUR, 3.0))
    send(engine, worn(MIDNIGHT + 2 * DAY + 6 * HOUR, 2))
    computed(engine)
    found = minutes(engine)
    assert found[date(2026, 5, 1)] == (22 * 60, 0, 0, 120)
    assert found[date(2026, 5, 2)] == (0, 0, 0, 1440)
    assert found[date(2026, 5, 3)] == (120, 0, 16 * 60, 360), "what comes after it is another silence"


def test_a_boot_tells_that_the_silence_before_it_was_a_watch_that_was_off(engine, cast):
    send(engine, worn(MIDNIGHT, 22), worn(MIDNIGHT + 2 * DAY + 6 * HOUR, 18))
    computed(engine)
    assert [day[2] for day in minutes(engine).values()][:3] == [120, 1440, 360]
    send(engine, word(MIDNIGHT + 2 * DAY + 6 * HOUR + 2 * MINUTE, 90.0, boot=2, seq=0))
    computed(engine)
    assert [day[2:] for day in minutes(engine).values()][:3] == [(0, 120), (0, 1440), (0, 360)]


def test_a_silence_that_is_filled_later_is_none(engine, cast):
    send(engine, worn(MIDNIGHT, 6), worn(MIDNIGHT + 2 * DAY, 24))
    computed(engine)
    assert [day[2] for day in minutes(engine).values()][:3] == [18 * 60, 1440, 0]
    send(engine, worn(MIDNIGHT + 30 * HOUR, 12))
    computed(engine)
    assert [day[:3] for day in minutes(engine).values()][:3] == [(360, 0, 1080), (720, 0, 720), (1440, 0, 0)]
    send(engine, worn(MIDNIGHT + 6 * HOUR, 24), worn(MIDNIGHT + 42 * HOUR, 6))
    computed(engine)
    assert list(minutes(engine).values())[:3] == [(1440, 0, 0, 0)] * 3


def test_a_night_on_the_table_by_the_word_of_the_watch_is_not_worn(engine, cast):
    send(engine, worn(MIDNIGHT, 22, said=1), worn(MIDNIGHT + 22 * HOUR, 8, counts=0.0, said=0))
    send(engine, worn(MIDNIGHT + 30 * HOUR, 18, said=1))
    computed(engine)
    assert list(minutes(engine).values())[:2] == [(1320, 120, 0, 0), (1080, 360, 0, 0)]
    assert ("watch-1", MIDNIGHT + 22 * HOUR, MIDNIGHT + DAY, "not_worn") in stretches(engine)


def test_a_whole_day_of_zeros_is_not_worn_by_the_rule_on_counts(engine, cast):
    send(engine, worn(MIDNIGHT, 12), worn(MIDNIGHT + 12 * HOUR, 36, counts=0.0))
    computed(engine)
    assert list(minutes(engine).values())[:2] == [(720, 720, 0, 0), (0, 1440, 0, 0)]


def test_a_swap_of_devices_within_a_day_leaves_no_hole(engine, cast):
    """The first lies in a drawer, flat, and nobody has ended its wearing."""
    with transaction(engine) as session:
        spare, steady = people.device_by_name(session, "watch-2"), people.patient_by_code(session, "P-steady")
        people.wear(session, spare, steady, MIDNIGHT + 10 * HOUR)
    send(engine, worn(MIDNIGHT, 10), word(MIDNIGHT + 9 * HOUR, 2.0))
    send(engine, worn(MIDNIGHT + 10.5 * HOUR, 13.5, device="watch-2"))
    computed(engine)
    assert minutes(engine)[MIDNIGHT.date()] == (1410, 0, 0, 30)
    assert ("watch-1", MIDNIGHT + 10 * HOUR, MIDNIGHT + DAY, "off") in stretches(engine)
    assert ("watch-2", MIDNIGHT + 10 * HOUR, MIDNIGHT + 10.5 * HOUR, "no_data") in stretches(engine)


@pytest.mark.parametrize(
    ("day", "hours"),
    [pytest.param(date(2026, 3, 29), 23, id="23 hours"), pytest.param(date(2025, 10, 26), 25, id="25 hours")],
)
def test_a_day_on_which_the_clock_changes_adds_up_to_its_own_length(engine, day, hours):
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - (1 if hours == 23 else 2) * HOUR
    enrol_cast(engine, tz="Europe/Rome", since=start)
    send(engine, worn(start, 1.5), worn(start + 20 * HOUR, 30), at=start + 3 * DAY)
    computed(engine, start + 3 * DAY)
    assert minutes(engine)[day] == (90 + (hours - 20) * 60, 0, 20 * 60 - 90, 0)


@pytest.mark.parametrize("epoch_s", [15.0, 30.0, 60.0, 300.0, 3600.0])
def test_epochs_of_any_length_add_up(engine, cast, epoch_s):
    send(engine, worn(MIDNIGHT, 10, epoch_s=epoch_s))
    computed(engine)
    assert minutes(engine)[MIDNIGHT.date()] == (600, 0, 840, 0)


def test_days_before_the_first_data_of_a_wearing_are_silent(engine, cast):
    send(engine, worn(MIDNIGHT + 2 * DAY + 12 * HOUR, 12))
    computed(engine)
    assert list(minutes(engine).values())[:3] == [(0, 0, 1440, 0), (0, 0, 1440, 0), (720, 0, 720, 0)]


def test_where_no_device_was_expected_nothing_is_said(engine, cast):
    with transaction(engine) as session:
        people.end_wearing(session, people.device_by_name(session, "watch-1"), MIDNIGHT + 15 * HOUR)
        marks.mark_day(session, cast.steady, date(2026, 5, 2), marks.MOVEMENT, NOON)
        marks.mark_day(session, cast.rising, date(2026, 5, 2), marks.MOVEMENT, NOON)
    send(engine, worn(MIDNIGHT, 12))
    computed(engine)
    assert minutes(engine) == {MIDNIGHT.date(): (720, 0, 180, 0)}
    assert minutes(engine, "P-rising") == {}, "neither of a phone, nor of a watch that was never heard"


def test_the_running_day_counts_up_to_now_and_is_looked_at_though_nothing_arrives(engine, cast):
    start = MIDNIGHT + 3 * DAY  # the day of NOON
    send(engine, worn(start, 6), word(start + 5.9 * HOUR, 1.0), at=start + 6 * HOUR)
    computed(engine, start + 6 * HOUR + 30 * MINUTE)
    assert minutes(engine)[start.date()] == (360, 0, 0, 30)
    assert ask_for_running_days(engine, start + 7 * HOUR) == 0
    assert ask_for_running_days(engine, NOON - MINUTE) == 1
    assert ask_for_running_days(engine, NOON - MINUTE) == 0, "once is enough"
    computed(engine)
    assert minutes(engine)[start.date()] == (360, 0, 0, 360)
    assert sum(minutes(engine)[start.date()]) == 12 * 60


def test_days_of_a_silence_that_lasts_are_not_absent(engine, cast):
    send(engine, worn(MIDNIGHT, 20), at=MIDNIGHT + 20 * HOUR)
    computed(engine, MIDNIGHT + 20.5 * HOUR)
    for hours in (26, 30, 49, 73):
        ask_for_running_days(engine, MIDNIGHT + hours * HOUR)
        computed(engine, MIDNIGHT + hours * HOUR + MINUTE)
    assert list(minutes(engine).values()) == [
        (1200, 0, 240, 0),
        (0, 0, 1440, 0),
        (0, 0, 1440, 0),
        (0, 0, 61, 0),
    ]


def test_a_silent_day_is_no_day_with_data(engine, cast):
    send(engine, worn(MIDNIGHT, 20), worn(MIDNIGHT + 2 * DAY, 20))
    computed(engine)
    with transaction(engine) as session:
        with_data = results.days_with_data(session, cast.steady, date(2026, 1, 1), NOON.date())
    assert with_data == [date(2026, 5, 1), date(2026, 5, 3)]
    with engine.connect() as connection:
        shown = connection.scalars(sa.text("SELECT DISTINCT day FROM reading.days ORDER BY 1")).all()
        names = connection.scalars(sa.text("SELECT index FROM day_index WHERE day = '2026-05-02'")).all()
    assert shown == with_data
    assert set(names) == {"not_worn_min", "no_data_min", "off_min"}


def test_a_wearing_that_ends_takes_its_silent_days_with_it(engine, cast):
    send(engine, worn(MIDNIGHT, 20), worn(MIDNIGHT + 3 * DAY, 6))
    computed(engine)
    assert len(minutes(engine)) == 4
    with transaction(engine) as session:
        watch, end = people.device_by_name(session, "watch-1"), MIDNIGHT + DAY + 6 * HOUR
        marks.mark_days_of_device(session, watch.id, end, None, NOON)
        people.end_wearing(session, watch, end)
        marks.mark_days_of_device(session, watch.id, end, None, NOON)
    computed(engine)
    assert list(minutes(engine).values()) == [(1200, 0, 240, 0), (0, 0, 360, 0)]
    assert stretches(engine)[-1][2] == end


def test_a_wearing_that_is_entered_for_days_without_data_is_expected_to_have_some(engine, cast):
    send(engine, worn(MIDNIGHT, 20))
    with transaction(engine) as session:
        watch, rising = people.device_by_name(session, "watch-1"), people.patient_by_code(session, "P-rising")
        marks.mark_days_of_device(session, watch.id, MIDNIGHT + DAY, MIDNIGHT + 3 * DAY, NOON)
        people.wear(session, watch, rising, MIDNIGHT + DAY, MIDNIGHT + 3 * DAY)
        marks.mark_days_of_device(session, watch.id, MIDNIGHT + DAY, MIDNIGHT + 3 * DAY, NOON)
    computed(engine)
    assert minutes(engine, "P-rising") == {
        date(2026, 5, 2): (0, 0, 1440, 0),
        date(2026, 5, 3): (0, 0, 1440, 0),
    }


def test_the_order_of_arrival_changes_nothing(engine, cast):
    """Data, a hole of days, the last words on the battery, and the boot that ended it."""
    told = [
        worn(MIDNIGHT, 20),
        word(MIDNIGHT + 19 * HOUR, 4.0),
        worn(MIDNIGHT + 2 * DAY + 8 * HOUR, 6),
        word(MIDNIGHT + 2 * DAY + 8 * HOUR, 95.0, boot=2, seq=0),
        worn(MIDNIGHT + 2 * DAY + 20 * HOUR, 4, counts=0.0, said=0),
    ]
    found = []
    for order in list(permutations(told))[:: 120 // 12]:
        with engine.begin() as connection:
            for table in ("epoch", "settled", "named", "device_status", "stale_day", "day_index", "wear_run"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
        for message in order:
            send(engine, message)
            computed(engine)
        found.append((minutes(engine), stretches(engine)))
    assert all(one == found[0] for one in found)
    assert list(found[0][0].values())[:3] == [(1200, 0, 0, 240), (0, 0, 0, 1440), (360, 240, 360, 480)]


def test_computing_again_changes_nothing(engine, cast):
    send(engine, worn(MIDNIGHT, 20), worn(MIDNIGHT + 3 * DAY, 2), word(MIDNIGHT + 20 * HOUR, 2.0))
    computed(engine)
    before = minutes(engine), stretches(engine)
    rng = np.random.default_rng(5)
    for day in rng.permutation(4).tolist():
        with transaction(engine) as session:
            marks.mark_day(session, cast.steady, MIDNIGHT.date() + day * DAY, marks.MOVEMENT, NOON)
        computed(engine)
    after = minutes(engine), stretches(engine)
    assert {d: m for d, m in after[0].items() if d != NOON.date()} == {
        d: m for d, m in before[0].items() if d != NOON.date()
    }
    assert after[1][:-1] == before[1][:-1]


def test_a_corrected_clock_moves_data_and_the_words_on_its_battery_alike(engine, cast):
    """A clock an hour ahead: the watch ran flat at 20:00 of true time."""
    ahead = HOUR
    send(engine, worn(MIDNIGHT + ahead, 20))
    flat = Status(boot=1, seq=5, at=micro(MIDNIGHT + 20 * HOUR + ahead), battery_pct=1.0)
    write_batch(engine, [incoming("watch-1", flat, at=MIDNIGHT + 20 * HOUR)], MIDNIGHT + 20 * HOUR)
    computed(engine)
    assert minutes(engine)[MIDNIGHT.date()] == (1200, 0, 0, 240)
