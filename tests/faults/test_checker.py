"""Who says "nothing was lost" must be able to say that something was; and only what is ours is broken."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ingest.batch import write_batch
from ingest.decode import Incoming
from ingest.messages import Stream, up_topic
from store.people import Enrolment, enrol_many
from tests.faults.checker import check
from tests.faults.history import History, Record, read
from tests.faults.outbox import IN_FLIGHT, Outbox
from tests.faults.safety import NotOurs, our_backend, our_server
from tests.faults.state import differences, read_state
from tests.faults.workload import SPAN, Plan, Planned, today

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Ward:
    """Devices whose messages are all stored, and their file."""

    def __init__(self, engine: sa.Engine, folder: Path) -> None:
        self.engine, self.path = engine, folder / "history"
        plan = Plan(10, 6, 80, today())
        at_us = round(time.time() * 1_000_000)  # their clocks are right
        self.messages = {f"w-{i}": plan.messages(i, at_us) for i in range(6)}
        with Session(engine) as session, session.begin():
            start = today() - 2 * SPAN
            enrol_many(session, [Enrolment(n, "unused", n, "Europe/Rome", start) for n in self.messages])
        history, now = History(self.path), datetime.now(UTC)
        for device, planned in self.messages.items():
            write_batch(engine, [self.incoming(device, one, now) for one in planned], now)
            for one in planned:
                history.note("P", (device, *one.name), one.digest)
                history.note("S" if one.good else "R", (device, *one.name), one.digest)
        history.close()

    def incoming(self, device: str, one: Planned, at: datetime) -> Incoming:
        return Incoming(up_topic(device, Stream(one.stream)), one.payload, "application/msgpack", at)

    def record(self) -> Record:
        return read(self.path)

    def break_it(self, statement: str) -> None:
        with self.engine.begin() as connection:
            assert connection.execute(sa.text(statement)).rowcount == 1


@pytest.fixture
def ward(engine: sa.Engine, tmp_path: Path) -> Iterator[Ward]:
    yield Ward(engine, tmp_path)


def test_a_whole_database_is_well(ward: Ward):
    assert check(ward.engine, ward.record(), ward.messages).sentences() == []


@pytest.mark.parametrize("table", ["named", "block"])
def test_a_row_that_is_gone_is_a_loss(ward: Ward, table: str):
    ward.break_it(f"DELETE FROM {table} WHERE ctid = (SELECT ctid FROM {table} LIMIT 1)")
    found = check(ward.engine, ward.record(), ward.messages)
    assert len(found.lost) == 1 and not found.duplicated


def test_a_refusal_that_is_not_kept_is_a_loss(ward: Ward):
    ward.break_it("DELETE FROM quarantine WHERE id = (SELECT min(id) FROM quarantine)")
    assert len(check(ward.engine, ward.record(), ward.messages).lost) == 1


def test_a_message_without_a_receipt_is_a_loss(ward: Ward):
    record = ward.record()
    record.stored.pop()
    assert len(check(ward.engine, record, ward.messages).lost) == 1


def test_a_message_that_is_stored_and_quarantined_is_there_twice(ward: Ward):
    ward.break_it(
        "INSERT INTO quarantine (device, topic, payload, digest, reason, received_at, times) "
        "SELECT d.name, '', '', n.digest, 'twice', now(), 1 FROM named n JOIN device d ON d.id = n.device_id LIMIT 1"
    )
    assert len(check(ward.engine, ward.record(), ward.messages).duplicated) == 1


def test_samples_that_are_not_those_that_were_sent_are_seen(ward: Ward):
    ward.break_it("UPDATE block SET scale = 2 * scale WHERE ctid = (SELECT ctid FROM block LIMIT 1)")
    found = check(ward.engine, ward.record(), ward.messages)
    assert not found.lost and "samples" in found.wrong[0]


@pytest.mark.parametrize(
    "part, statement",
    [
        ("epochs", "UPDATE epoch SET counts = -1 WHERE ctid = (SELECT ctid FROM epoch LIMIT 1)"),
        ("pain reports", "DELETE FROM pain_report WHERE id = (SELECT min(id) FROM pain_report)"),
        ("statuses", "DELETE FROM device_status WHERE ctid = (SELECT ctid FROM device_status LIMIT 1)"),
        ("settled ranges", "UPDATE settled SET seqs = '{}' WHERE ctid = (SELECT ctid FROM settled LIMIT 1)"),
    ],
)
def test_a_state_that_differs_is_told_by_its_part(ward: Ward, part: str, statement: str):
    names = {name: name for name in ward.messages}
    before = read_state(ward.engine, names)
    assert all(any(rows.values()) for rows in before.values()), "the plan leaves a part of the state empty"
    assert differences(read_state(ward.engine, names), before) == []
    ward.break_it(statement)
    assert any(
        found.startswith(f"{part}: 1 devices")
        for found in differences(read_state(ward.engine, names), before)
    )


def test_the_same_seed_gives_the_same_messages():
    once, again = (Plan(5, 1, 100, NOW).messages(0, 0) for _ in range(2))
    assert once == again != Plan(6, 1, 100, NOW).messages(0, 0)


def test_a_device_has_at_most_64_messages_on_their_way():
    outbox = Outbox(Plan(5, 1, 100, NOW).messages(0, 0))
    assert len(outbox.due(0.0)) == IN_FLIGHT and outbox.due(1.0) == []
    assert len(outbox.due(4.0)) == IN_FLIGHT  # the same ones again


def test_a_server_that_is_not_ours_is_not_broken(migrated_url: str, tmp_path: Path):
    (tmp_path / "postmaster.pid").write_text("1\n")
    with pytest.raises(NotOurs, match="has its data in"):
        our_server(migrated_url, tmp_path, 1)
    with psycopg.connect(migrated_url) as connection, pytest.raises(NotOurs, match="belongs to"):
        our_backend(connection.info.backend_pid, os.getpid())
