"""Each message ends as stored, known already, or in quarantine, and is never lost."""

from __future__ import annotations

import uuid
from datetime import timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from ingest.batch import CONFLICT, write_batch
from ingest.messages import Diary, Epoch, Raw, Status, Stream
from store import blocks, identity
from store.database import transaction
from tests.cast import NOON, Cast, digest, enrol_cast, incoming, micro

RNG = np.random.default_rng(7)
MINUTE = RNG.integers(-300, 300, (3000, 3)).astype("<i2").tobytes()


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)


def raw(seq: int, boot: int = 1, xyz: bytes = MINUTE, minutes_ago: int = 30) -> Raw:
    start = NOON - timedelta(minutes=minutes_ago) + timedelta(minutes=seq)
    return Raw(boot=boot, seq=seq, t0=micro(start), hz=50.0, scale=1 / 256, xyz=xyz)


def diary(
    seq: int, worst: int, entry: uuid.UUID | None = None, at: str = "2026-05-04T13:00:00+02:00"
) -> Diary:
    return Diary(boot=1, seq=seq, id=str(entry or uuid.uuid4()), at=at, worst=worst)


def messages(engine: sa.Engine) -> list[sa.Row[tuple[object, ...]]]:
    with engine.connect() as connection:
        return list(connection.execute(sa.text("SELECT * FROM reading.messages ORDER BY stream, boot, seq")))


def test_a_block_comes_back_sample_for_sample(engine, cast):
    written = write_batch(engine, [incoming("watch-1", raw(0))], NOON)
    assert (written.stored, written.duplicate, written.quarantined) == (1, 0, 0)
    with transaction(engine) as session:
        (samples,) = blocks.read_blocks(session, cast.watch_1, NOON - timedelta(hours=1), NOON)
    assert samples.xyz.astype("<i2").tobytes() == MINUTE
    assert samples.scale == 1 / 256


def test_the_same_message_again_changes_nothing(engine, cast):
    batch = [
        incoming("watch-1", raw(0)),
        incoming("phone-2", diary(0, 4, uuid.UUID(int=1))),
        incoming("watch-1", Status(boot=1, seq=0, at=micro(NOON), battery_pct=80)),
        incoming(
            "watch-1",
            Epoch(boot=1, seq=0, t0=micro(NOON - timedelta(hours=2)), epoch_s=60, counts=[1.0, None]),
        ),
    ]
    write_batch(engine, batch, NOON)
    before = messages(engine)
    again = write_batch(engine, [*batch, *batch], NOON)
    assert (again.stored, again.duplicate, again.quarantined) == (0, 8, 0)
    assert messages(engine) == before


def test_a_name_used_again_with_other_bytes_is_a_conflict_and_the_first_stands(engine, cast):
    first = incoming("watch-1", raw(3))
    moved = incoming("watch-1", raw(3, minutes_ago=90))
    write_batch(engine, [first], NOON)
    for other in (incoming("watch-1", raw(3, xyz=MINUTE[:600])), moved):
        assert write_batch(engine, [other], NOON).quarantined == 1
        assert write_batch(engine, [other], NOON).duplicate == 1
    stored = [row for row in messages(engine) if row.state == "stored"]
    assert [row.digest for row in stored] == [digest(first)]
    assert {row.reason for row in messages(engine) if row.state == "quarantined"} == {CONFLICT}


def test_a_conflict_inside_one_batch_keeps_the_first(engine, cast):
    first, second = incoming("phone-2", diary(5, 3)), incoming("phone-2", diary(5, 9))
    written = write_batch(engine, [first, second, first], NOON)
    assert (written.stored, written.duplicate, written.quarantined) == (1, 1, 1)
    assert [r.digest for r in messages(engine) if r.state == "stored"] == [digest(first)]


@pytest.mark.parametrize(
    ("device", "payload", "stream", "reason"),
    [
        pytest.param("stranger", raw(0), None, "not enrolled", id="unknown device"),
        pytest.param("watch-1", {"boot": 1, "seq": 0, "t0": "noon"}, Stream.RAW, "Expected `int`", id="wrong type"),
        pytest.param("watch-1", b"\x82\xa4boot\x01\xa3se", Stream.RAW, "truncated", id="truncated MessagePack"),
        pytest.param("watch-1", b"", Stream.RAW, "truncated", id="no bytes"),
        pytest.param("watch-1", {"boot": 1, "seq": 0, "t0": micro(NOON), "epoch_s": 60.0, "counts": [float("nan")]},
                     Stream.EPOCH, "not finite", id="NaN"),
        pytest.param("watch-1", {"boot": 1, "seq": 0, "t0": micro(NOON), "epoch_s": 60.0, "counts": [1], "steps": [1, 2]},
                     Stream.EPOCH, "differ in length", id="unequal arrays"),
        pytest.param("watch-1", raw(0, xyz=MINUTE[:7]), None, "multiple of 6", id="half a sample"),
        pytest.param("watch-1", raw(0, minutes_ago=-2000), None, "future", id="tomorrow after next"),
        pytest.param("watch-1", Raw(boot=1, seq=0, t0=0, hz=50, scale=1, xyz=MINUTE), None, "before 2000", id="1970"),
        pytest.param("watch-1", Raw(boot=1, seq=0, t0=2**62, hz=50, scale=1, xyz=MINUTE), None, "calendar", id="far off"),
        pytest.param("phone-2", diary(0, 11), None, "Expected `int` <= 10", id="eleven of ten"),
        pytest.param("phone-2", diary(0, 4, at="2026-05-04T13:00:00"), None, "with offset", id="no offset"),
        pytest.param("phone-2", Diary(boot=1, seq=0, id=str(uuid.UUID(int=3)), at="2026-05-04T13:00:00Z", note="a\0b"),
                     None, "NUL", id="NUL"),
        pytest.param("watch-1", b"{" + b'"a":[' * 100_000, Stream.RAW, "", id="deep JSON"),
        pytest.param("watch-1", bytes(5 * 1024 * 1024), Stream.RAW, "longer than", id="5 MiB"),
    ],
)  # fmt: skip
def test_a_bad_message_is_kept_whole_with_its_reason(engine, cast, device, payload, stream, reason):
    bad = incoming(device, payload, stream)
    good = incoming("watch-1", raw(9))
    written = write_batch(engine, [bad, good], NOON)
    assert (written.stored, written.quarantined) == (1, 1)
    with engine.connect() as connection:
        row = connection.execute(sa.text("SELECT * FROM quarantine")).one()
    assert bytes(row.payload) == bad.payload
    assert row.topic == bad.topic
    assert reason in row.reason
    assert row.received_at == NOON


def test_a_wrong_topic_is_kept_too(engine, cast):
    from ingest.decode import Incoming

    for topic in ("actalgia/v1/watch-1/up/pictures", "actalgia/v1/watch-1/up", "actalgia/v1//up/raw", "x"):
        assert (
            write_batch(engine, [Incoming(topic, b"1" + topic.encode(), None, NOON)], NOON).quarantined == 1
        )


def test_json_and_messagepack_say_the_same(engine, cast):
    write_batch(engine, [incoming("watch-1", raw(0), as_json=True), incoming("watch-1", raw(1))], NOON)
    with transaction(engine) as session:
        one, two = blocks.read_blocks(session, cast.watch_1, NOON - timedelta(hours=1), NOON)
    assert (one.xyz == two.xyz).all()


def test_a_refused_name_is_settled(engine, cast):
    bad = incoming("watch-1", {"boot": 1, "seq": 1, "t0": "noon"}, Stream.RAW)
    write_batch(engine, [incoming("watch-1", raw(0)), bad, incoming("watch-1", raw(5))], NOON)
    with transaction(engine) as session:
        key = (cast.watch_1, "raw", 1)
        progress = identity.progress_of(session, [key])[key]
    assert progress == identity.Progress(through=5, missing=[(2, 4)], refused=True)


def test_only_a_hundred_gaps_are_listed_and_nothing_past_them_is_called_settled(engine, cast):
    write_batch(engine, [incoming("watch-1", raw(2 * i, minutes_ago=900)) for i in range(1, 151)], NOON)
    with transaction(engine) as session:
        key = (cast.watch_1, "raw", 1)
        progress = identity.progress_of(session, [key])[key]
        gaps = session.execute(sa.text("SELECT count(*) FROM reading.gaps")).scalar_one()
    assert len(progress.missing) == 100
    assert progress.missing[0] == (0, 1)
    assert progress.through == progress.missing[-1][1] == 199
    assert gaps == 150


def test_where_devices_cannot_be_kept_apart_only_demonstration_data_is_accepted(engine, cast):
    assert write_batch(engine, [incoming("watch-1", raw(0))], NOON, demonstration_only=True).quarantined == 1


def test_a_row_that_the_database_refuses_does_not_block_its_batch(engine, cast):
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE pain_report ADD CONSTRAINT ck_no_nines CHECK (worst <> 9)")
    try:
        batch = [incoming("phone-2", diary(i, worst)) for i, worst in enumerate((3, 9, 4))]
        written = write_batch(engine, batch, NOON)
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE pain_report DROP CONSTRAINT ck_no_nines")
    assert (written.stored, written.quarantined) == (2, 1)
    assert [row.seq for row in messages(engine) if row.state == "quarantined"] == [1]


def test_the_days_of_whoever_wore_the_device_are_stale(engine, cast):
    late = Epoch(boot=1, seq=0, t0=micro(NOON - timedelta(hours=15)), epoch_s=60.0, counts=[1.0] * 600)
    write_batch(engine, [incoming("watch-2", late), incoming("phone-2", diary(0, 8))], NOON)
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT patient_id, day::text, kind FROM stale_day ORDER BY kind, day")
        )
        assert [tuple(row) for row in rows] == [
            (cast.rising, "2026-05-04", "diary"),
            (cast.rising, "2026-05-03", "movement"),
            (cast.rising, "2026-05-04", "movement"),
        ]
