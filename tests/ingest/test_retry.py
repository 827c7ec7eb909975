"""What an operator decided about quarantined messages is carried out once, and late data stays late."""

from __future__ import annotations

import threading
import uuid
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from analytics.jobs.screen import screen
from ingest.batch import CONFLICT, write_batch
from ingest.messages import Diary, Epoch, Raw, Status, Stream
from ingest.retry import ENDED, retry_marked
from store import decided, identity, people, quarantine
from store.access import AuditEntry
from store.database import transaction
from tests.cast import NOON, Cast, digest, enrol_cast, incoming, micro

MINUTE = bytes(18_000)
LATER = NOON + timedelta(days=3)
RIGHT = NOON - timedelta(hours=1)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)


def raw(seq: int, t0: datetime = RIGHT, xyz: bytes = MINUTE) -> Raw:
    return Raw(boot=1, seq=seq, t0=micro(t0), hz=50.0, scale=1 / 256, xyz=xyz)


def epoch(seq: int, t0: datetime) -> Epoch:
    return Epoch(boot=1, seq=seq, t0=micro(t0), epoch_s=60.0, counts=[1.0] * 5)


def diary(seq: int, at: datetime, worst: int = 8) -> Diary:
    return Diary(boot=1, seq=seq, id=str(uuid.UUID(int=seq)), at=at.isoformat(), worst=worst)


def in_quarantine(engine: sa.Engine) -> list[sa.Row[tuple[object, ...]]]:
    with engine.connect() as connection:
        return list(connection.execute(sa.text("SELECT * FROM quarantine ORDER BY id")))


def stored(engine: sa.Engine) -> list[sa.Row[tuple[object, ...]]]:
    query = "SELECT * FROM reading.messages WHERE state = 'stored' ORDER BY stream, seq"
    with engine.connect() as connection:
        return list(connection.execute(sa.text(query)))


def audit(engine: sa.Engine) -> list[tuple[str, str, str]]:
    with transaction(engine) as session:
        found = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
        return [(entry.actor, entry.action, entry.detail or "") for entry in found]


def mark(engine: sa.Engine, ids: list[int] | None = None, t0: datetime | None = None) -> None:
    chosen = [row.id for row in in_quarantine(engine)] if ids is None else ids
    with transaction(engine) as session:
        decided.mark(session, chosen, "Olga", LATER, t0)


def test_the_messages_of_a_device_that_is_enrolled_late_are_stored_as_received_then(engine, cast):
    sent = [
        incoming("watch-9", raw(0)),
        incoming("watch-9", diary(0, RIGHT)),
        incoming("watch-9", epoch(0, RIGHT)),
    ]
    write_batch(engine, sent, NOON)
    with transaction(engine) as session:
        device = people.enrol_device(session, "watch-9", "hash")
        patient = session.get_one(people.Patient, cast.elsewhere)
        people.wear(session, device, patient, NOON - timedelta(days=1))
        session.execute(sa.text("DELETE FROM stale_day"))
    mark(engine)
    assert retry_marked(engine, LATER) == 3
    assert in_quarantine(engine) == []
    assert {(row.stream, row.digest, row.t0, row.received_at) for row in stored(engine)} == {
        (stream, digest(one), RIGHT, NOON)
        for one, stream in zip(sent, ("raw", "diary", "epoch"), strict=True)
    }
    with engine.connect() as connection:
        stale = connection.execute(sa.text("SELECT patient_id, day::text, kind FROM stale_day ORDER BY kind"))
        assert [tuple(row) for row in stale] == [
            (cast.elsewhere, "2026-05-04", "diary"),
            (cast.elsewhere, "2026-05-04", "movement"),
        ]
        first = connection.execute(sa.text("SELECT min(t), count(*) FROM epoch")).one()
        assert tuple(first) == (RIGHT, 6)  # five of the device, one made of the block
    again = write_batch(engine, sent, LATER)
    assert (again.stored, again.duplicate, again.quarantined) == (0, 3, 0)


def test_nothing_happens_without_a_mark_or_twice_with_one(engine, cast):
    write_batch(engine, [incoming("watch-9", raw(0))], NOON)
    assert retry_marked(engine, LATER) == 0
    assert in_quarantine(engine)[0].tries == 0
    mark(engine)
    assert retry_marked(engine, LATER) == 1
    assert retry_marked(engine, LATER) == 0


def test_what_is_refused_again_stays_with_the_new_reason(engine, cast):
    write_batch(engine, [incoming("watch-9", raw(0))], NOON)
    with transaction(engine) as session:
        people.enrol_device(session, "watch-9", "hash").revoked_at = NOON
    for tries in (1, 2):
        mark(engine)
        assert retry_marked(engine, LATER) == 1
        (row,) = in_quarantine(engine)
        assert (row.reason, row.tries, row.retry_at) == ("the device is revoked", tries, None)
        assert (row.received_at, bytes(row.payload)) == (NOON, incoming("watch-9", raw(0)).payload)
    assert [action for _, action, _ in audit(engine)] == ["quarantine.retry", "quarantine.refused"] * 2


@pytest.mark.parametrize(
    "wrong", [NOON + timedelta(days=400), datetime.fromisoformat("1999-01-01T00:00:00Z")]
)
@pytest.mark.parametrize("kind", [raw, epoch, diary])
def test_a_message_with_an_impossible_time_is_stored_at_the_corrected_one(engine, cast, kind, wrong):
    device = "phone-2" if kind is diary else "watch-2"
    sent = incoming(device, kind(0, wrong))
    write_batch(engine, [sent], NOON)
    mark(engine, t0=RIGHT)
    assert retry_marked(engine, LATER) == 1
    (row,) = stored(engine)
    assert (row.digest, row.t0, row.received_at, row.seq) == (digest(sent), RIGHT, NOON, 0)
    with engine.connect() as connection:
        if kind is diary:
            report = connection.execute(sa.text("SELECT * FROM pain_report")).one()
            assert (report.at, report.worst, report.received_at) == (RIGHT, 8, NOON)
        if kind is epoch:
            times = connection.execute(sa.text("SELECT t FROM epoch ORDER BY t")).scalars().all()
            assert times == [RIGHT + timedelta(minutes=i) for i in range(5)]
    actor, action, detail = audit(engine)[-1]
    assert (actor, action) == ("Olga", "quarantine.stored")
    assert f"re-dated to {RIGHT.isoformat()}" in detail
    assert digest(sent).hex() in detail


def test_the_same_bytes_after_a_correction_do_not_come_back(engine, cast):
    sent = incoming("watch-2", raw(0, NOON + timedelta(days=400)))
    write_batch(engine, [sent], NOON)
    mark(engine, t0=RIGHT)
    retry_marked(engine, LATER)
    again = write_batch(engine, [sent], LATER)
    assert (again.duplicate, again.quarantined) == (1, 0)
    assert len(stored(engine)) == 1


@pytest.mark.parametrize(
    ("message", "stream", "t0", "reason"),
    [
        pytest.param(raw(0, NOON + timedelta(days=9)), None, NOON + timedelta(days=8), "future", id="still to come"),
        pytest.param(raw(0, NOON + timedelta(days=9), MINUTE[:7]), None, RIGHT, "multiple of 6", id="broken, too"),
        pytest.param({"boot": 1, "seq": 0, "t0": "noon"}, Stream.RAW, RIGHT, "Expected `int`", id="not a time's fault"),
    ],
)  # fmt: skip
def test_a_correction_mends_the_time_and_nothing_else(engine, cast, message, stream, t0, reason):
    write_batch(engine, [incoming("watch-2", message, stream)], NOON)
    mark(engine, t0=t0)
    assert retry_marked(engine, LATER) == 1
    (row,) = in_quarantine(engine)
    assert reason in row.reason
    assert stored(engine) == []


def test_an_acceptable_time_is_not_changed(engine, cast):
    write_batch(engine, [incoming("watch-9", raw(0))], NOON)
    with transaction(engine) as session:
        people.enrol_device(session, "watch-9", "hash")
    mark(engine, t0=RIGHT - timedelta(days=1))
    retry_marked(engine, LATER)
    assert "its time is acceptable" in in_quarantine(engine)[0].reason


def test_a_status_cannot_be_redated(engine, cast):
    write_batch(engine, [incoming("watch-1", Status(boot=1, seq=0, at=2**62))], NOON)
    with pytest.raises(decided.CannotBeRedated):
        mark(engine, t0=RIGHT)
    assert in_quarantine(engine)[0].retry_at is None


@pytest.mark.parametrize("kind", [raw, epoch])
def test_a_name_that_was_given_meanwhile_is_a_conflict(engine, cast, kind):
    first = incoming("watch-2", kind(0, NOON + timedelta(days=9)))
    other = incoming("watch-2", kind(0, NOON + timedelta(days=8)))
    write_batch(engine, [first, other], NOON)
    one, two = (row.id for row in in_quarantine(engine))
    mark(engine, [one], RIGHT)
    retry_marked(engine, LATER)
    mark(engine, [two], RIGHT - timedelta(hours=2))
    retry_marked(engine, LATER)
    assert [row.digest for row in stored(engine)] == [digest(first)]
    assert [(row.id, row.reason) for row in in_quarantine(engine)] == [(two, CONFLICT)]


def test_a_refused_name_stays_settled_once(engine, cast):
    write_batch(engine, [incoming("watch-2", raw(1, NOON + timedelta(days=9)))], NOON)
    mark(engine, t0=RIGHT)
    retry_marked(engine, LATER)
    key = (cast.watch_2, "raw", 1)
    with transaction(engine) as session:
        assert identity.progress_of(session, [key])[key] == identity.Progress(1, [(0, 0)], refused=True)


def test_what_was_dropped_is_gone_and_only_its_digest_is_known(engine, cast):
    sent = incoming("watch-1", {"boot": 1, "seq": 0, "t0": "noon, pain 7"}, Stream.RAW)
    write_batch(engine, [sent], NOON)
    (row,) = in_quarantine(engine)
    with transaction(engine) as session:
        decided.drop(session, [row.id], "Olga", LATER, "test data of the vendor")
    assert in_quarantine(engine) == []
    [(actor, action, detail)] = audit(engine)
    assert (actor, action) == ("Olga", "quarantine.drop")
    assert digest(sent).hex() in detail
    assert "watch-1" in detail
    assert "test data of the vendor" in detail
    assert write_batch(engine, [sent], LATER).duplicate == 1
    with engine.connect() as connection:
        for table in ("quarantine", "quarantine_decided", "audit_entry"):
            text = connection.execute(
                sa.text(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            )
            assert "pain 7" not in text.scalar_one()


def test_a_decision_names_messages_that_are_there_or_changes_nothing(engine, cast):
    write_batch(engine, [incoming("watch-9", raw(0))], NOON)
    (row,) = in_quarantine(engine)
    for decide in (
        lambda session: decided.mark(session, [row.id, 99], "Olga", LATER),
        lambda session: decided.drop(session, [row.id, 99], "Olga", LATER, "why"),
    ):
        with pytest.raises(decided.NotThere), transaction(engine) as session:
            decide(session)
    assert [r.retry_at for r in in_quarantine(engine)] == [None]
    assert audit(engine) == []


def test_two_workers_try_each_message_once(engine, cast):
    write_batch(engine, [incoming("watch-9", raw(i)) for i in range(40)], NOON)
    with transaction(engine) as session:
        people.enrol_device(session, "watch-9", "hash")
    mark(engine)
    counts: list[int] = []
    workers = [threading.Thread(target=lambda: counts.append(until_done(engine))) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(counts) == 40
    assert len(stored(engine)) == 40
    assert in_quarantine(engine) == []


def until_done(engine: sa.Engine) -> int:
    total = 0
    while tried := retry_marked(engine, LATER):
        total += tried
    return total


def test_a_message_that_ended_a_worker_is_not_tried_at_every_start(engine, cast):
    write_batch(engine, [incoming("watch-9", raw(0))], NOON)
    mark(engine)
    with transaction(engine) as session:
        assert decided.claim(session, LATER) is not None  # a worker takes it and dies
    assert retry_marked(engine, LATER + timedelta(minutes=1)) == 0
    assert retry_marked(engine, LATER + timedelta(minutes=3)) == 1
    (row,) = in_quarantine(engine)
    assert (row.reason, row.retry_at) == (ENDED, None)


def test_a_message_in_work_can_neither_be_dropped_nor_marked(engine, cast):
    write_batch(engine, [incoming("watch-9", raw(0))], NOON)
    mark(engine)
    with transaction(engine) as session:
        decided.claim(session, LATER)
    (row,) = in_quarantine(engine)
    with pytest.raises(decided.NotThere), transaction(engine) as session:
        decided.drop(session, [row.id], "Olga", LATER, "why")
    with pytest.raises(decided.NotThere):
        mark(engine)


def test_a_row_that_the_database_refuses_stays_and_does_not_stop_the_others(engine, cast):
    write_batch(engine, [incoming("phone-9", diary(i, RIGHT, worst)) for i, worst in enumerate((9, 3))], NOON)
    with transaction(engine) as session:
        people.enrol_device(session, "phone-9", "hash")
    mark(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE pain_report ADD CONSTRAINT ck_no_nines CHECK (worst <> 9)")
    try:
        assert retry_marked(engine, LATER) == 2
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE pain_report DROP CONSTRAINT ck_no_nines")
    assert [row.reason for row in in_quarantine(engine)] == ["the database refused it"]
    assert [row.seq for row in stored(engine)] == [1]


@pytest.mark.parametrize(
    ("answered", "retried", "verdict"),
    [
        pytest.param(RIGHT, NOON + timedelta(hours=1), "fire", id="an answer of today, decided today"),
        pytest.param(RIGHT, LATER, "review", id="an answer of today, decided in three days"),
        pytest.param(NOON - timedelta(days=3), NOON, "review", id="an answer of three days ago"),
    ],
)
def test_a_late_answer_never_pages_as_if_it_were_now(engine, cast, answered, retried, verdict):
    write_batch(engine, [incoming("phone-2", diary(0, NOON + timedelta(days=30), 9))], NOON)
    mark(engine, t0=answered)
    retry_marked(engine, retried)
    with engine.connect() as connection:
        received = connection.execute(sa.text("SELECT received_at FROM pain_report")).scalar_one()
    assert received == NOON
    assert screen(engine, retried) == 1
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT verdict FROM decision")).scalars().all() == [verdict]


def test_the_encoding_that_the_sender_named_is_kept(engine, cast):
    sent = incoming("watch-2", raw(0), as_json=True)
    row = {
        "device": "watch-2", "topic": sent.topic, "payload": b" " + sent.payload, "digest": b"d", "reason": "r",
        "stream": "raw", "boot": 1, "seq": 0, "t0": RIGHT, "received_at": NOON, "content_type": "application/json",
    }  # fmt: skip
    with transaction(engine) as session:
        quarantine.keep(session, [row])
    mark(engine)
    assert retry_marked(engine, LATER) == 1
    assert in_quarantine(engine) == []
