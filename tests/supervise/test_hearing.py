"""`up` says that it is up when ingest hears the devices: what counts as that."""

from datetime import timedelta

import pytest

from store.database import engine_for, now, transaction
from store.heartbeat import beat
from supervise.hearing import ingest_hears
from tests.ports import free_port

SINCE = now()


@pytest.mark.parametrize(
    "part, late_s, healthy, hears",
    [
        ("ingest", 1, True, True),
        ("ingest", 1, False, False),  # it runs, but has not told the broker yet
        ("ingest", -1, True, False),  # of an earlier start
        ("analytics", 1, True, False),
    ],
)
def test_only_a_healthy_sign_of_this_start_counts(engine, part, late_s, healthy, hears):
    assert not ingest_hears(engine, SINCE)
    with transaction(engine) as session:
        beat(session, part, SINCE + timedelta(seconds=late_s), healthy, {})
    assert ingest_hears(engine, SINCE) is hears


def test_a_database_that_is_away_is_no_sign():
    engine = engine_for(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    assert not ingest_hears(engine, SINCE)
    engine.dispose()
