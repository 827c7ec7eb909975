"""Notes of stored reports, read by analytics: once, by the current lexicon, and without a word in a log."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa

from analytics.jobs import notes as job
from analytics.jobs.notes import NotesNotRead, read_notes
from analytics.notes.lexicon import LEXICON
from ingest.batch import write_batch
from ingest.messages import Diary
from store import diary, notes, schema
from store.database import engine_for, transaction
from store.people import enrol_patient
from tests.cast import NOON, Cast, enrol_cast, incoming
from tests.conftest import new_database

ENTRY = uuid.UUID("0190a5f0-0000-7000-8000-000000000001")


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)


def wrote(engine, patient, note, entry=None, at=NOON):
    detail = {} if note is None else {"note": note}
    values = {"entry": entry or uuid.uuid4(), "at": at, "received_at": at, "worst": 4, "detail": detail}
    with transaction(engine) as session:
        diary.add_ward_report(session, patient, values)


def found(engine):
    with engine.connect() as connection:
        return connection.execute(sa.text("SELECT * FROM reading.note_findings ORDER BY kind, value")).all()


def readings(engine):
    with transaction(engine) as session:
        return [
            (r.lexicon, r.language, r.failed)
            for r in session.scalars(sa.select(notes.NoteReading).order_by(notes.NoteReading.report_id))
        ]


def test_a_note_of_a_device_and_one_of_the_ward_are_read_once(engine, cast):
    message = Diary(
        boot=1, seq=0, id=str(ENTRY), at=NOON.isoformat(), worst=5, note="No burning in my left foot"
    )
    write_batch(engine, [incoming("phone-2", message)], NOON)
    wrote(engine, cast.steady, "mi brucia il ginocchio")
    assert read_notes(engine, NOON) == 2
    assert read_notes(engine, NOON) == 0
    rows = [
        (r.patient, str(r.day), r.kind, r.value, r.laterality, r.negated, r.lexicon) for r in found(engine)
    ]
    assert rows == [
        ("P-rising", "2026-05-04", "quality", "thermal", None, True, LEXICON),
        ("P-steady", "2026-05-04", "quality", "thermal", None, False, LEXICON),
        ("P-rising", "2026-05-04", "site", "foot", "left", True, LEXICON),
        ("P-steady", "2026-05-04", "site", "knee", None, False, LEXICON),
    ]
    assert [r.entry for r in found(engine) if r.patient == "P-rising"] == [ENTRY, ENTRY]


def test_a_note_in_which_nothing_is_found_is_remembered_as_read(engine, cast):
    wrote(engine, cast.steady, "The grandchildren came.")
    assert read_notes(engine, NOON) == 1
    assert read_notes(engine, NOON) == 0
    assert readings(engine) == [(LEXICON, "en", None)]
    assert found(engine) == []


def test_a_report_without_a_note_does_not_wait(engine, cast):
    wrote(engine, cast.steady, None)
    wrote(engine, cast.steady, "   ")
    assert readings(engine) == []
    assert read_notes(engine, NOON) == 0


def test_only_the_newest_form_of_an_entry_counts(engine, cast):
    wrote(engine, cast.steady, "burning", ENTRY)
    assert read_notes(engine, NOON) == 1
    wrote(engine, cast.steady, "throbbing", ENTRY)
    assert found(engine) == []  # the correction waits; what it corrects counts no more
    assert read_notes(engine, NOON) == 1
    assert [r.value for r in found(engine)] == ["temporal"]
    wrote(engine, cast.steady, None, ENTRY)
    assert found(engine) == []


@pytest.mark.parametrize("other", ["notes 0", "notes 2"])
def test_another_lexicon_has_all_notes_read_again_in_batches_behind_the_new_ones(
    engine, cast, monkeypatch, other
):
    monkeypatch.setattr(job, "AT_ONCE", 3)
    for _ in range(7):
        wrote(engine, cast.steady, "burning")
    while read_notes(engine, NOON):
        pass
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE note_reading SET lexicon = :v"), {"v": other})
        connection.execute(
            sa.text("UPDATE note_finding SET value = 'of another version', lexicon = :v"), {"v": other}
        )
    wrote(engine, cast.steady, "throbbing")
    assert [read_notes(engine, NOON) for _ in range(5)] == [1, 3, 3, 1, 0]
    assert [r.value for r in found(engine)] == ["temporal"] + 7 * ["thermal"]
    assert {r.lexicon for r in found(engine)} == {LEXICON}


def test_looking_for_work_costs_the_same_when_many_notes_are_read(engine, cast):
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                """
                INSERT INTO pain_report (entry, patient_id, boot, seq, at, received_at, detail)
                SELECT gen_random_uuid(), :p, 0, g, :at, :at, '{"note": "burning"}'
                FROM generate_series(1, 20000) g
                """
            ),
            {"p": cast.steady, "at": NOON},
        )
        connection.execute(sa.text("UPDATE note_reading SET lexicon = :v"), {"v": LEXICON})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE note_reading"))
        connection.execute(sa.text("ANALYZE pain_report"))
        for condition in ("IS NULL", "< :v", "> :v"):
            plan = connection.execute(
                sa.text(
                    f"""
                    EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)
                    SELECT n.report_id FROM note_reading n JOIN pain_report r ON r.id = n.report_id
                    WHERE n.lexicon {condition} ORDER BY n.lexicon, n.report_id LIMIT 200
                    """
                ),
                {"v": LEXICON} if ":" in condition else {},
            ).scalar_one()
            whole = plan[0]["Plan"]
            assert whole["Shared Hit Blocks"] + whole["Shared Read Blocks"] < 20, plan


def test_two_workers_take_different_notes(engine, cast):
    wrote(engine, cast.steady, "burning")
    wrote(engine, cast.steady, "throbbing")
    with transaction(engine) as one, transaction(engine) as other:
        first = notes.claim_notes(one, LEXICON, 1)
        second = notes.claim_notes(other, LEXICON, 1)
    assert {note.text for note in (*first, *second)} == {"burning", "throbbing"}


def test_a_note_on_which_the_lexicon_fails_does_not_hold_up_the_others(engine, cast, monkeypatch, capsys):
    wrote(engine, cast.steady, "zanzibar burning")
    wrote(engine, cast.steady, "throbbing")

    def fails(text):
        if "zanzibar" in text:
            raise ValueError(f"on purpose, with {text}")
        return reader(text)

    reader = job.read_note
    monkeypatch.setattr(job, "read_note", fails)
    assert read_notes(engine, NOON) == 2
    assert read_notes(engine, NOON) == 0
    assert readings(engine) == [(LEXICON, None, "ValueError"), (LEXICON, "unknown", None)]
    assert [r.value for r in found(engine)] == ["temporal"]
    printed = capsys.readouterr()
    assert "ValueError" in printed.out + printed.err
    assert "zanzibar" not in printed.out + printed.err


def test_a_refusing_database_is_told_of_without_its_message(engine, cast, monkeypatch):
    wrote(engine, cast.steady, "burning")
    monkeypatch.setattr(job, "LEXICON", "notes\0")  # the driver refuses it, with its parameters
    with pytest.raises(NotesNotRead) as refused:
        read_notes(engine, NOON)
    assert "burn" not in str(refused.value)
    assert refused.value.__suppress_context__
    monkeypatch.undo()
    assert read_notes(engine, NOON) == 1  # nothing was lost


def test_analytics_that_crashes_on_notes_writes_no_word_of_them_to_its_log(server_url):
    """The real process, whose job fails because its database refuses what it found."""
    url = new_database(server_url)
    schema.upgrade(url)
    engine = engine_for(url)
    with transaction(engine) as session:
        patient = enrol_patient(session, "P-quiet", "Europe/Rome").id
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE note_finding ADD CONSTRAINT never CHECK (kind <> 'quality')"))
    wrote(engine, patient, "zanzibar burning in my left knee", at=NOON - timedelta(hours=1))
    environment = {**os.environ, "ACTALGIA_DATABASE_URL": url, "ACTALGIA_LOG_LEVEL": "DEBUG"}
    child = subprocess.Popen(
        [sys.executable, "-m", "actalgia", "analytics"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 40
        lines = []
        while time.monotonic() < deadline:
            lines.append(child.stdout.readline())
            if '"job_failed"' in lines[-1] and '"notes"' in lines[-1]:
                break
        child.terminate()
        lines.append(child.communicate(timeout=30)[0])
    finally:
        child.kill()
        engine.dispose()
    written = "".join(lines)
    assert "NotesNotRead" in written
    for word in ("zanzibar", "burning", "thermal", "knee"):
        assert word not in written
