"""What only TimescaleDB has. Run with ACTALGIA_TEST_DATABASE_URL naming a server that has it."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ingest.batch import write_batch
from ingest.messages import Epoch, Raw
from store import timescale
from tests.cast import NOON, enrol_cast, incoming, micro

pytestmark = [
    pytest.mark.timescale,
    pytest.mark.skipif(
        not os.environ.get("ACTALGIA_TEST_DATABASE_URL"),
        reason="ACTALGIA_TEST_DATABASE_URL names no server with TimescaleDB",
    ),
]


def test_blocks_and_epochs_are_hypertables(engine):
    with engine.connect() as connection:
        assert timescale.version(connection) is not None
        assert timescale.hypertables(connection) == ["block", "epoch"]
        assert timescale.sizes(connection)["epoch"] > 0
        indexes = "SELECT indexname FROM pg_indexes WHERE tablename IN ('block', 'epoch') ORDER BY 1"
        assert list(connection.scalars(sa.text(indexes))) == ["pk_block", "pk_epoch"]


def test_duplicates_into_a_compressed_chunk_change_nothing_and_late_epochs_arrive(engine):
    """TimescaleDB issue 7672: DO NOTHING on a compressed chunk once stopped at the first conflict."""
    enrol_cast(engine)
    start = NOON - timedelta(days=20)

    def hour(seq, first, n):
        t0 = micro(start + timedelta(minutes=first))
        return incoming(
            "watch-1",
            Epoch(boot=1, seq=seq, t0=t0, epoch_s=60.0, counts=[float(first + i) for i in range(n)]),
        )

    write_batch(engine, [hour(0, 0, 60), hour(1, 120, 60)], NOON)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        done = connection.execute(sa.text("SELECT compress_chunk(c) FROM show_chunks('epoch') c")).all()
        assert done
    # One message lies half on what is there and half in the hole: the hole is filled, nothing else moves.
    write_batch(engine, [hour(0, 0, 60), hour(1, 120, 60), hour(2, 30, 60)], NOON)
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT t, counts FROM epoch ORDER BY t")).all()
    minutes = [round((at - start).total_seconds() / 60) for at, _ in rows]
    assert minutes == [*range(90), *range(120, 180)]
    assert [counts for _, counts in rows] == [float(m) for m in minutes]


def test_a_block_is_stored_once_in_a_hypertable(engine):
    enrol_cast(engine)
    block = incoming("watch-1", Raw(boot=1, seq=0, t0=micro(NOON), hz=50, scale=0.01, xyz=b"\1\0" * 150))
    assert write_batch(engine, [block], NOON).stored == 1
    assert write_batch(engine, [block], NOON).duplicate == 1
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM block")).scalar_one() == 1
