"""Epochs that TimescaleDB keeps in columns. Run with ACTALGIA_TEST_DATABASE_URL naming a server that has it."""

from __future__ import annotations

import os
from datetime import timedelta

import numpy as np
import psycopg
import pytest
import sqlalchemy as sa
from alembic import command

from ingest.batch import write_batch
from ingest.messages import Epoch, Raw
from store import schema, timescale
from store.database import engine_for, transaction
from store.minutes import save_minutes
from store.worn import save_worn
from tests.cast import NOON, enrol_cast, incoming, micro
from tests.conftest import new_database
from tests.made import made_minutes

pytestmark = [
    pytest.mark.timescale,
    pytest.mark.skipif(
        not os.environ.get("ACTALGIA_TEST_DATABASE_URL"),
        reason="ACTALGIA_TEST_DATABASE_URL names no server with TimescaleDB",
    ),
]

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
LONG_AGO = NOON - 150 * DAY
MINUTES_SINCE = """
    INSERT INTO epoch (device_id, t, source, epoch_s, enmo_mg)
    SELECT d, :start + i * interval '1 minute', 'raw', 60, i % 100
    FROM unnest(:devices ::bigint[]) d, generate_series(0, :n - 1) i
"""


def hold_minutes(engine, devices, start, n):
    with engine.begin() as connection:
        connection.execute(sa.text(MINUTES_SINCE), {"devices": devices, "start": start, "n": n})


def into_columns(engine):
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return len(connection.execute(sa.text("SELECT compress_chunk(c) FROM show_chunks('epoch') c")).all())


def beside_columns(engine):
    """Epochs that were unpacked, or came later."""
    with engine.connect() as connection:
        chunks = connection.scalars(sa.text("SELECT c::text FROM show_chunks('epoch') c")).all()
        return sum(connection.scalar(sa.text(f"SELECT count(*) FROM ONLY {chunk}")) for chunk in chunks)


def count(engine, query):
    with engine.connect() as connection:
        return connection.scalar(sa.text(query))


def test_a_day_is_judged_worn_and_the_months_of_the_device_stay_in_columns(engine):
    """An UPDATE without bounds unpacked all of the device, and failed from 70 days on."""
    cast = enrol_cast(engine, since=LONG_AGO)
    hold_minutes(engine, [cast.watch_1], LONG_AGO, 110 * 1440)
    into_columns(engine)
    t_us = np.array([micro(LONG_AGO + 50 * DAY + i * MINUTE) for i in range(1440)])
    for _ in range(2):
        with transaction(engine) as session:
            save_worn(session, cast.watch_1, t_us, np.ones(1440, dtype=bool))
        assert count(engine, "SELECT count(*) FROM epoch WHERE worn") == 1440
        assert 1440 <= beside_columns(engine) <= 5000, "a thousand are packed together"


def test_late_minutes_of_many_devices_replace_what_is_in_columns(engine):
    """More epochs are unpacked by one statement than TimescaleDB allows unless told otherwise."""
    enrol_cast(engine)
    devices = list(range(1, 161))
    hold_minutes(engine, devices, LONG_AGO, 700)
    into_columns(engine)
    with transaction(engine) as session:
        save_minutes(session, made_minutes([(d, LONG_AGO + 350 * MINUTE) for d in devices], enmo_mg=7))
    assert count(engine, "SELECT count(*) FROM epoch WHERE mad_mg = 3.5") == 160
    assert count(engine, "SELECT count(*) FROM epoch") == 160 * 700
    assert beside_columns(engine) > 100_000


def test_a_late_whole_minute_is_added_to_columns_and_the_minute_that_is_there_stands(engine):
    cast = enrol_cast(engine, since=LONG_AGO)
    hold_minutes(engine, [cast.watch_1], LONG_AGO, 60)
    into_columns(engine)
    block = Raw(boot=1, seq=0, t0=micro(LONG_AGO + 59 * MINUTE), hz=50, scale=0.01, xyz=b"\1\0" * 18_000)
    assert write_batch(engine, [incoming("watch-1", block)], NOON).stored == 1
    assert count(engine, "SELECT count(*) FROM epoch") == 61
    assert count(engine, "SELECT count(*) FROM new_blocks") == 1, "analytics replaces it from all its blocks"


@pytest.fixture
def first_house(server_url):
    """A database at revision 0001."""
    url = new_database(server_url)
    command.upgrade(schema.config(url), "0001")
    engine = engine_for(url)
    yield url, engine
    engine.dispose()
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{url.rsplit("/", 1)[1]}" WITH (FORCE)')


#: What the first revision knew of people and devices; `store.people` writes what later ones know.
TWO_WORN = """
    WITH person AS (
        INSERT INTO patient (code, tz, site, pseudonym, demonstration, enrolled_at)
        VALUES ('P-first', 'Europe/Rome', 'lake', gen_random_uuid(), false, :since) RETURNING id
    ), watch AS (
        INSERT INTO device (name, password_hash, demonstration, enrolled_at)
        VALUES ('watch-1', 'hash', false, :since), ('watch-2', 'hash', false, :since) RETURNING id, name
    ), worn AS (
        INSERT INTO wearing (device_id, patient_id, during)
        SELECT watch.id, person.id, tstzrange(:since, NULL) FROM watch, person
    )
    SELECT id FROM watch ORDER BY name
"""
BLOCK = """
    INSERT INTO block (device_id, t0, boot, seq, ends, hz, n, scale, codec, data, digest, received_at)
    SELECT :d, t, 1, row_number() OVER (), t + interval '1 minute', 50, 3000, 0.01, 1,
           decode(repeat('a7', 7000), 'hex'), sha256(t::text::bytea), t
    FROM generate_series(:start ::timestamptz, :start ::timestamptz + interval '3 days', '6 hours') t
"""
OPTIONS = """
    SELECT c.relname, c.reloptions, a.attstorage::text FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'data'
    WHERE c.relname = 'block' OR c.oid IN (SELECT show_chunks('block'))
"""
HELD = """
    SELECT (SELECT md5(string_agg((device_id, t, source, epoch_s, enmo_mg)::text, ',' ORDER BY device_id, t, source)) FROM epoch e),
           (SELECT md5(string_agg(b::text, ',' ORDER BY device_id, t0, seq)) FROM block b),
           (SELECT count(*) FROM reading.epochs), (SELECT count(*) FROM reading.messages)
"""


def test_a_database_of_the_first_revision_keeps_what_it_holds_in_columns_and_goes_on(first_house):
    url, engine = first_house
    with engine.begin() as connection:
        watches = connection.scalars(sa.text(TWO_WORN), {"since": LONG_AGO}).all()
    hold_minutes(engine, watches, LONG_AGO, 20 * 1440)
    with engine.begin() as connection:
        connection.execute(sa.text(BLOCK), {"d": watches[0], "start": LONG_AGO})
        held = connection.execute(sa.text(HELD)).one()
    packed = into_columns(engine)
    schema.upgrade(url)
    with engine.connect() as connection:
        assert connection.execute(sa.text(HELD)).one() == held
        assert timescale.hypertables(connection) == ["block", "epoch"]
        kept = "SELECT count(*) FROM timescaledb_information.chunks WHERE is_compressed"
        assert connection.scalar(sa.text(kept)) == packed
    late = [
        incoming("watch-1", Raw(boot=2, seq=0, t0=micro(LONG_AGO + DAY), hz=50, scale=0.01, xyz=b"\1\0" * 9000)),
        incoming("watch-1", Raw(boot=2, seq=1, t0=micro(NOON), hz=50, scale=0.01, xyz=b"\1\0" * 9000)),
        incoming("watch-2", Epoch(boot=1, seq=0, t0=micro(LONG_AGO), epoch_s=60.0, counts=[1.0] * 60)),
    ]  # fmt: skip
    assert write_batch(engine, late, NOON).stored == 3
    with engine.connect() as connection:
        tables = connection.execute(sa.text(OPTIONS)).all()
    assert len(tables) >= 6, "the table, chunks of before, and the new one"
    for name, options, storage in tables:
        assert options == ["toast_tuple_target=8160"] and storage == "e", name
