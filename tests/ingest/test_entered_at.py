"""An entry that was written down later than the time it tells of, from the wire to what readers see."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from ingest.batch import write_batch
from ingest.decode import Decoded, Refused, decode, redate
from ingest.messages import Stream
from store.database import transaction
from store.diary import reports_of
from tests.cast import NOON, enrol_cast, incoming
from tests.ingest.wrong_clocks import DAY, HOUR, MINUTE, rows, status

YESTERDAY = NOON - 16 * HOUR


def entry(at=YESTERDAY, entered=NOON, seq=0, **more):
    said = {"boot": 1, "seq": seq, "id": str(uuid.UUID(int=seq)), "at": at.isoformat(), "worst": 5, **more}
    if entered is not None:
        said["entered_at"] = entered.isoformat() if hasattr(entered, "isoformat") else entered
    return incoming("phone-2", said, Stream.DIARY, NOON + MINUTE)


@pytest.fixture
def cast(engine):
    return enrol_cast(engine)


def test_what_was_written_down_the_morning_after_is_back_filled(engine, cast):
    assert write_batch(engine, [entry()], NOON).stored == 1
    assert rows(engine, "SELECT at, entered_at, state FROM reading.pain") == [(YESTERDAY, NOON, "backfilled")]
    with transaction(engine) as session:
        (report,) = reports_of(session, cast.rising, NOON - 2 * DAY, NOON)
    assert (report.at, report.entered_at, report.state) == (YESTERDAY, NOON, "backfilled")


def test_an_older_phone_that_does_not_say_is_taken_at_its_word(engine, cast):
    write_batch(engine, [entry(entered=None)], NOON)
    assert rows(engine, "SELECT entered_at, state FROM reading.pain") == [(None, "answered")]


@pytest.mark.parametrize(
    ("entered", "reason"),
    [
        pytest.param("yesterday", "`entered_at` is not an RFC 3339 time with offset", id="no time"),
        pytest.param("2026-05-04T12:00:00", "`entered_at` is not an RFC 3339 time with offset", id="no offset"),
        pytest.param(YESTERDAY - MINUTE, "`entered_at` is before `at`", id="before it happened"),
        pytest.param(7, "Expected `str | null`, got `int` - at `$.entered_at`", id="a number"),
    ],
)  # fmt: skip
def test_a_wrong_one_refuses_the_message_and_loses_nothing(engine, cast, entered, reason):
    written = write_batch(engine, [entry(entered=entered)], NOON)
    assert (written.stored, written.quarantined) == (0, 1)
    assert rows(engine, "SELECT reason, boot, seq FROM quarantine") == [(reason, 1, 0)]


def test_one_of_next_week_is_refused(engine, cast):
    assert write_batch(engine, [entry(entered=NOON + 7 * DAY)], NOON).quarantined == 1


def test_the_offset_of_the_clock_moves_both_times(engine, cast):
    ahead = 365 * DAY
    lies = [
        status(0, NOON, -ahead, device="phone-2", delay=timedelta()),
        entry(YESTERDAY + ahead, NOON + ahead),
    ]
    assert write_batch(engine, lies, NOON).stored == 2
    assert rows(engine, "SELECT at, entered_at, state FROM reading.pain") == [(YESTERDAY, NOON, "backfilled")]
    with transaction(engine) as session:
        (report,) = reports_of(session, cast.rising, NOON - 2 * DAY, NOON)
    assert (report.at, report.entered_at, report.state) == (YESTERDAY, NOON, "backfilled")


@pytest.mark.parametrize(
    ("at", "entered", "kept"),
    [
        pytest.param(YESTERDAY + 900 * DAY, NOON + 900 * DAY, NOON, id="of the same clock"),
        pytest.param(YESTERDAY, YESTERDAY - DAY, None, id="before the other"),
        pytest.param(YESTERDAY, NOON + 900 * DAY, None, id="alone in the future"),
        pytest.param(YESTERDAY, "soon", None, id="no time"),
    ],
)
def test_a_message_that_is_redated_keeps_the_time_between_where_it_makes_sense(at, entered, kept):
    mended = redate(entry(at, entered), YESTERDAY)
    assert isinstance(mended, Decoded)
    assert (mended.t0, mended.last) == (YESTERDAY, kept or YESTERDAY)
    assert (mended.message.entered_at is None) == (kept is None)


def test_an_entry_without_fault_is_not_redated():
    assert isinstance(decode(entry()), Decoded)
    assert isinstance(redate(entry(), YESTERDAY - timedelta(hours=1)), Refused)
