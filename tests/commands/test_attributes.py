"""`actalgia enrol attributes`: codes that are told of patients, and what the audit keeps of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial

import pytest
import sqlalchemy as sa

from store.attributes import CODES, attributes_of
from store.database import transaction
from tests.cast import Cast, enrol_cast

Run = Callable[..., str]


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)


@pytest.fixture
def run(command: Run, cast: Cast) -> Run:
    """What follows `actalgia enrol attributes`."""
    return partial(command, "enrol", "attributes")


def told(engine: sa.Engine, patient_id: int) -> dict[str, str]:
    with transaction(engine) as session:
        return attributes_of(session, [patient_id])[patient_id]


def audit(engine: sa.Engine) -> list[tuple[int, str, str]]:
    with engine.connect() as connection:
        query = sa.text("SELECT patient_id, action, detail FROM audit_entry ORDER BY id")
        return [tuple(row) for row in connection.execute(query)]


def test_what_nobody_told_is_absent_and_only_the_site_is_known(cast, engine):
    assert told(engine, cast.elsewhere) == {"site": "hill"}


def test_what_is_told_is_kept_and_the_audit_has_which_attribute_but_not_the_value(run, engine, cast):
    run("P-steady", "--age-band", "75+", "--sex", "female", "--language", "it")
    assert run("P-steady", "--stage", "IV") == "Told of 1 patient; of 1 something is new.\n"
    assert told(engine, cast.steady) == {
        "site": "main", "age_band": "75+", "sex": "female", "language": "it", "stage": "IV",
    }  # fmt: skip
    assert audit(engine) == [
        (cast.steady, "patient.attributes", "P-steady: age_band, sex, language"),
        (cast.steady, "patient.attributes", "P-steady: stage"),
    ]


def test_the_same_again_changes_nothing_and_leaves_no_entry(run, engine):
    run("P-steady", "--stage", "II")
    assert run("P-steady", "--stage", "II") == "Told of 1 patient; of 0 something is new.\n"
    assert len(audit(engine)) == 1


def test_a_value_can_be_taken_back(run, engine, cast):
    run("P-steady", "--stage", "II", "--sex", "other")
    run("P-steady", "--stage", "not_told")
    assert told(engine, cast.steady) == {"site": "main", "sex": "other"}


def test_a_file_tells_of_many_and_what_it_leaves_empty_stays(run, engine, cast, tmp_path):
    run("P-steady", "--sex", "male")
    file = tmp_path / "told.csv"
    file.write_text("patient,age_band,sex\nP-steady,65-74,\nP-rising,18-49,female\n")
    assert json.loads(run("--bulk", str(file), "--json")) == {"told": 2, "changed": ["P-steady", "P-rising"]}
    assert told(engine, cast.steady) == {"site": "main", "sex": "male", "age_band": "65-74"}
    assert told(engine, cast.rising) == {"site": "main", "sex": "female", "age_band": "18-49"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("patient,age_band\nP-steady,75+\nP-nobody,75+\n", "There is no patient P-nobody"),
        ("patient,age_band\nP-steady,75+\nP-steady,75+\n", "Patient P-steady comes twice"),
        ("patient,age_band\nP-steady,81\n", "line 2 of"),
        ("patient,age_band\nP-steady,81\n", "age_band is one of 0-17, 18-49"),
        ("patient,born\nP-steady,1950-02-03\n", "needs the column patient and some of"),
        ("patient,sex,born\nP-steady,male,1950-02-03\n", "a column 'born' that is no attribute"),
        ("patient,sex\n,male\n", "lacks its patient"),
    ],
)  # fmt: skip
def test_of_a_file_with_a_mistake_nothing_is_kept(run, engine, cast, tmp_path, content, says):
    file = tmp_path / "told.csv"
    file.write_text(content)
    assert says in " ".join(run("--bulk", str(file), code=2).split())
    assert told(engine, cast.steady) == {"site": "main"} and audit(engine) == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("P-steady",), "say at least one of --age-band"),
        ((), "give either PATIENT with what is told, or --bulk FILE"),
        (("P-nobody", "--sex", "male"), "There is no patient P-nobody"),
        (("P-steady", "--sex", "m"), "sex is one of female, male, other, or not_told"),
        (("P-steady", "--language", "Italian"), "an ISO 639 code"),
        (("P-steady", "--stage", "4"), "stage is one of I, II, III, IV"),
    ],
)
def test_what_is_no_code_is_said_in_a_sentence(run, words, says):
    assert says in " ".join(run(*words, code=2).split())


def test_the_database_refuses_what_is_no_code(engine, cast):
    for column, value in (*((name, "x") for name in CODES), ("language", "Italian")):
        with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
            connection.execute(
                sa.text(f"INSERT INTO patient_attribute (patient_id, {column}, told_by, told_at) VALUES (:p, :v, 'x', now())"),
                {"p": cast.steady, "v": value},
            )  # fmt: skip


def test_no_view_for_outsiders_shows_an_attribute(engine):
    with engine.connect() as connection:
        shown = connection.execute(
            sa.text("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'reading' AND column_name IN ('age_band', 'sex', 'stage', 'language')")
        ).scalar_one()  # fmt: skip
    assert shown == 0
