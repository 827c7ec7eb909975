"""The state of an entry: what the database calls it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.cast import NOON

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        pytest.param({}, "answered", id="at once"),
        pytest.param({"entered": 6 * HOUR}, "answered", id="six hours later"),
        pytest.param({"entered": 6 * HOUR + SECOND}, "backfilled", id="just over six hours later"),
        pytest.param({"received": 24 * HOUR}, "answered", id="a day on the way"),
        pytest.param({"received": 24 * HOUR + SECOND}, "late", id="more than a day on the way"),
        pytest.param({"entered": 5 * HOUR, "received": 29 * HOUR}, "answered", id="a day on the way, written later"),
        pytest.param({"entered": 5 * HOUR, "received": 30 * HOUR}, "late", id="late by when it was written"),
        pytest.param({"entered": 9 * HOUR, "received": 99 * HOUR}, "backfilled", id="back-filled, then late"),
        pytest.param({"revision": 2}, "corrected", id="a second form"),
        pytest.param({"revision": 2, "entered": 9 * HOUR}, "corrected", id="a correction is written later by nature"),
        pytest.param({"revision": 2, "received": 99 * HOUR}, "corrected", id="a late correction"),
        pytest.param({"skipped": "asleep"}, "skipped", id="no answer"),
        pytest.param({"skipped": "asleep", "revision": 2, "entered": 9 * HOUR}, "skipped", id="taken back"),
    ],
)  # fmt: skip
def test_the_first_of_these_that_fits_is_the_state_of_an_entry(session_engine, said, state):
    received = said.get("received", timedelta())
    values = {
        "skipped": said.get("skipped"),
        "revision": said.get("revision", 1),
        "at": NOON,
        "received": NOON + max(received, said.get("entered", received)),
        "entered": NOON + said["entered"] if "entered" in said else None,
    }
    query = "SELECT pain_state(:skipped ::text, :revision ::bigint, :at ::timestamptz, :received ::timestamptz, :entered ::timestamptz)"
    with session_engine.connect() as connection:
        assert connection.scalar(sa.text(query), values) == state
