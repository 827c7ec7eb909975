"""`actalgia enrol diary`: what an operator types, and what is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import pytest
import sqlalchemy as sa

from tests.cast import enrol_cast

Run = Callable[..., str]


@pytest.fixture
def run(engine: sa.Engine, command: Run) -> Run:
    """What follows `actalgia enrol diary`."""
    enrol_cast(engine)
    return partial(command, "enrol", "diary")


def audit(engine: sa.Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        query = sa.text("SELECT action, detail FROM audit_entry ORDER BY id")
        return [tuple(row) for row in connection.execute(query)]


def test_a_patient_is_asked_from_a_day_on_and_no_more_after_another(run: Run, engine: sa.Engine) -> None:
    assert run("P-steady", "--from", "2026-05-04") == "P-steady is asked each day from 2026-05-04 on\n"
    assert (
        run("P-steady", "--end", "2026-05-20") == "P-steady is asked each day from 2026-05-04 to 2026-05-20\n"
    )
    assert run("P-steady", "--end", "2026-05-01") == "P-steady is asked on no day.\n"
    assert audit(engine) == [
        ("patient.diary", "P-steady asked from 2026-05-04 to open"),
        ("patient.diary", "P-steady not asked after 2026-05-20"),
        ("patient.diary", "P-steady not asked after 2026-05-01"),
    ]


def test_programs_read_the_periods_as_json_and_what_is_known_leaves_no_entry(run: Run, engine) -> None:
    run("P-steady", "--from", "2026-05-04", "--to", "2026-05-10")
    run("P-steady", "--from", "2026-05-05", "--to", "2026-05-06")
    said = json.loads(run("P-steady", "--from", "2026-06-01", "--json"))
    assert said == {
        "patient": "P-steady",
        "asked": [{"from": "2026-05-04", "to": "2026-05-10"}, {"from": "2026-06-01", "to": None}],
    }
    assert len(audit(engine)) == 2


@pytest.mark.parametrize(
    "words, said",
    [
        (("P-nobody", "--from", "2026-05-04"), "There is no patient P-nobody"),
        (("P-steady",), "give either --from DAY"),
        (("P-steady", "--from", "2026-05-04", "--end", "2026-05-04"), "give either --from DAY"),
        (("P-steady", "--end", "2026-05-04", "--to", "2026-05-04"), "give either --from DAY"),
        (("P-steady", "--from", "May"), "--from is not a day like 2026-05-04"),
        (("P-steady", "--from", "1026-05-04"), "--from lies between the years 2000 and 9000"),
        (("P-steady", "--from", "2026-05-04", "--to", "2026-05-03"), "check the two days"),
        (("P-steady", "--end", "2026-05-04"), "nobody asks P-steady after 2026-05-04"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence_and_changes_nothing(run: Run, engine, words, said) -> None:
    refused = run(*words, code=2)
    assert said in " ".join(refused.split())
    assert audit(engine) == []
