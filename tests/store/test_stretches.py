"""Which blocks touch a stretch of time, and how many rows are looked at to find them."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from alembic import command

from store import blocks, codec, schema
from store.database import engine_for, transaction
from store.stretches import Stretch, names_in
from tests.cast import NOON, micro
from tests.conftest import new_database

WATCH, OTHER = 1, 2
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def row(device_id, t0, hz=1.0, n=60, seq=0):
    xyz = np.zeros((n, 3), "<i2").tobytes()
    return {
        "device_id": device_id,
        "t0": t0,
        "boot": 1,
        "seq": seq,
        "ends": t0 + timedelta(seconds=n / hz),
        "hz": hz,
        "n": n,
        "scale": 0.01,
        "codec": codec.DELTA_SPLIT_ZSTD,
        "data": codec.encode(xyz),
        "temp_c": None,
        "lux": None,
        "digest": bytes(32),
        "received_at": NOON,
    }


def store(engine, *rows):
    with transaction(engine) as session:
        blocks.add_blocks(session, rows)


def found(session, start, device_id=WATCH):
    """(device, start) of the blocks that touch the minute from `start` on."""
    (names,) = names_in(session, [Stretch(device_id, micro(start), micro(start + MINUTE))])
    return [(name.device_id, name.t0_us) for name in names]


def rows_looked_at(session):
    """On this connection, in the table of blocks and its chunks."""
    return session.scalar(
        sa.text(
            "SELECT sum(coalesce(idx_tup_fetch, 0) + seq_tup_read) FROM pg_stat_xact_user_tables "
            "WHERE relname = 'block' OR relname LIKE '%_hyper_%'"
        )
    )


def test_a_block_of_eight_days_touches_a_minute_of_its_last_day(engine):
    start = NOON - 8 * DAY
    store(engine, row(WATCH, start, n=8 * 86_400), row(WATCH, NOON - MINUTE), row(OTHER, NOON - MINUTE))
    with transaction(engine) as session:
        assert found(session, NOON - MINUTE) == [(WATCH, micro(start)), (WATCH, micro(NOON - MINUTE))]
        assert found(session, NOON) == [], "it ends there"
        assert [block.t0 for block in blocks.read_blocks(session, WATCH, NOON - MINUTE, NOON)] == [
            start,
            NOON - MINUTE,
        ]


@pytest.mark.parametrize("seconds", [1, 119, 120, 121, 500])
def test_a_block_of_any_length_touches_the_minute_of_its_last_sample(engine, seconds):
    start = NOON + timedelta(seconds=17)
    store(engine, row(WATCH, start, n=seconds))
    ends = start + timedelta(seconds=seconds)
    with transaction(engine) as session:
        assert found(session, ends - timedelta(microseconds=1)) == [(WATCH, micro(start))]
        assert found(session, ends) == []


def test_a_history_of_nine_days_is_not_looked_through(engine):
    store(engine, *(row(WATCH, NOON - k * MINUTE, hz=1.0, n=60, seq=k) for k in range(9 * 1440)))
    # The statistics that a running database has of such a table.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE block")
    with transaction(engine) as session:
        before = rows_looked_at(session)  # what this connection has not told the statistics yet counts, too
        assert len(found(session, NOON)) == 1
        assert rows_looked_at(session) - before <= 4


def test_the_longest_block_of_a_device_is_kept_whatever_the_order(engine):
    store(engine, row(WATCH, NOON, n=200), row(WATCH, NOON + DAY, n=300), row(OTHER, NOON, n=120))
    store(engine, row(WATCH, NOON + 2 * DAY, n=250), row(OTHER, NOON + DAY, n=60))
    with transaction(engine) as session:
        assert blocks.longest_of(session, [WATCH, OTHER]) == {WATCH: timedelta(seconds=300)}
    store(engine, row(WATCH, NOON + 3 * DAY, n=301))
    with transaction(engine) as session:
        assert blocks.longest_of(session, [WATCH, OTHER]) == {WATCH: timedelta(seconds=301)}


def test_blocks_that_were_there_before_the_migration_count(server_url):
    url = new_database(server_url)
    command.upgrade(schema.config(url), "0007")
    engine = engine_for(url)
    insert = sa.text(
        "INSERT INTO block (device_id, t0, boot, seq, ends, hz, n, scale, codec, data, digest, received_at) "
        "VALUES (:d, :t0, 1, 0, :ends, 1, 1, 1, 1, '', '', :t0)"
    )
    with engine.begin() as connection:
        for device_id, minutes in ((WATCH, 1), (WATCH, 90), (OTHER, 2)):
            values = {"d": device_id, "t0": NOON + minutes * DAY, "ends": NOON + minutes * (DAY + MINUTE)}
            connection.execute(insert, values)
    schema.upgrade(url)
    with transaction(engine) as session:
        assert blocks.longest_of(session, [WATCH, OTHER]) == {WATCH: timedelta(minutes=90)}
    engine.dispose()
