"""`actalgia enrol zone`: what an operator types, and what is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import pytest
import sqlalchemy as sa

from ingest.batch import write_batch
from ingest.messages import Epoch
from tests.cast import NOON, enrol_cast, incoming, micro

Run = Callable[..., str]
OUT, BACK = "2026-05-02T14:00:00+02:00", "2026-05-03T18:00:00-04:00"


@pytest.fixture
def run(engine: sa.Engine, command: Run) -> Run:
    """What follows `actalgia enrol zone`."""
    enrol_cast(engine)
    return partial(command, "enrol", "zone")


def rows(engine: sa.Engine, query: str) -> list[tuple]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def test_a_journey_there_and_back_is_one_line(run: Run, engine: sa.Engine) -> None:
    said = run("P-steady", "--tz", "America/New_York", "--from", OUT, "--until", BACK)
    assert said.splitlines() == [
        "P-steady: Europe/Rome",
        "P-steady: America/New_York from 2026-05-02T12:00:00+00:00",
        "P-steady: Europe/Rome from 2026-05-03T22:00:00+00:00",
    ]
    assert rows(engine, "SELECT action, detail FROM audit_entry") == [
        (
            "patient.zone",
            "P-steady America/New_York from 2026-05-02T12:00:00+00:00 to 2026-05-03T22:00:00+00:00",
        )
    ]


def test_a_later_word_corrects_and_programs_read_it_as_json(run: Run) -> None:
    run("P-steady", "--tz", "America/New_York", "--from", OUT)
    said = json.loads(run("P-steady", "--tz", "Asia/Tokyo", "--from", OUT, "--json"))
    assert said == {
        "patient": "P-steady",
        "zones": [
            {"tz": "Europe/Rome", "from": None},
            {"tz": "Asia/Tokyo", "from": "2026-05-02T12:00:00+00:00"},
        ],
    }


def test_the_days_as_they_were_and_as_they_are_wait_to_be_computed(run: Run, engine: sa.Engine) -> None:
    minute = Epoch(boot=1, seq=1, t0=micro(NOON) - 12 * 3_600_000_000, epoch_s=60.0, counts=[1.0])
    write_batch(engine, [incoming("watch-1", minute)], NOON)  # 02:00 on 4 May in Rome
    run("P-steady", "--tz", "America/New_York", "--from", OUT)
    found = rows(engine, "SELECT day::text, at_once FROM stale_day ORDER BY day")
    assert found == [("2026-05-03", True), ("2026-05-04", True)]


@pytest.mark.parametrize(
    "words, said",
    [
        (("P-nobody", "--tz", "Asia/Tokyo", "--from", OUT), "There is no patient P-nobody"),
        (("P-steady", "--tz", "Mars/Olympus", "--from", OUT), "There is no time zone 'Mars/Olympus'"),
        (("P-steady", "--tz", "Asia/Tokyo", "--from", "2026-05-02T14:00:00"), "--from needs an offset"),
        (("P-steady", "--tz", "Asia/Tokyo", "--from", "May"), "--from is not a time"),
        (("P-steady", "--tz", "Asia/Tokyo", "--from", BACK, "--until", OUT), "--until is not after --from"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence_and_changes_nothing(run: Run, engine, words, said) -> None:
    refused = run(*words, code=2)
    assert said in " ".join(refused.split())
    assert rows(engine, "SELECT 1 FROM patient_zone") == rows(engine, "SELECT 1 FROM audit_entry") == []
