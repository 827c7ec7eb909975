"""`actalgia audit`: what operators read of the audit, and how they learn that it was tampered with."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from store import page_budgets
from store.access import record
from store.alerts.open_cases import open_or_join
from store.audit.seals import head, seal_all
from store.database import now, transaction
from tests.api.house import refuse
from tests.cast import NOON, Cast, enrol_cast

Run = Callable[..., str]


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    return enrol_cast(engine)


@pytest.fixture
def run(command: Run, cast: Cast, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """What follows `actalgia audit`; anna has looked at P-rising, and chosen a budget."""
    monkeypatch.setenv("ACTALGIA_DATA_DIR", str(tmp_path))
    with transaction(engine) as session:
        record(session, now(), "anna", "patient.view", cast.rising, "pain")
    with transaction(engine) as session:
        page_budgets.set_budget(session, "main", 0.05, "anna", now())
    seal_all(engine)
    return partial(command, "audit")


def as_superuser(engine: sa.Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        connection.execute(sa.text(statement))


def test_an_audit_that_is_what_it_was_says_so_and_what_it_could_not_see(run, engine):
    said = run("verify")
    assert "Nothing is wrong." in said and "No published head was compared" in said
    found = json.loads(run("verify", "--json"))
    assert found["ok"] and found["n_faults"] == 0 and found["rows"]["patient"] == 3
    assert found["unsealed"] == 1, "that somebody verified is written down, and waits for its seal"


def test_an_altered_entry_is_named_and_the_exit_code_is_1(run, engine):
    as_superuser(
        engine, "UPDATE audit_entry SET actor = 'nobody' WHERE actor = 'anna' AND action = 'patient.view'"
    )
    run("verify", code=1)
    run("verify", "--json", code=1)


def test_the_whole_chain_written_anew_is_found_by_the_head_that_was_published(run, engine, tmp_path):
    with transaction(engine) as session:
        newest = head(session, NOON)
    (tmp_path / "audit-heads.jsonl").write_text(newest.line() + "\n")
    assert "1 published heads of" in run("verify"), (
        "the one of the data directory is taken without being told"
    )
    as_superuser(engine, "DELETE FROM audit_seal")
    as_superuser(engine, "DELETE FROM audit_passed")
    as_superuser(engine, "UPDATE audit_entry SET actor = 'nobody'")
    seal_all(engine)
    run("verify", "--head", str(tmp_path / "audit-heads.jsonl"), code=1)
    (tmp_path / "audit-heads.jsonl").unlink()
    assert "No published head was compared" in run("verify")


def test_what_is_no_file_of_heads_is_one_sentence(run, tmp_path):
    (tmp_path / "wrong").write_text("hello\n")
    assert "line 1 is no published head" in run("verify", "--head", str(tmp_path / "wrong"), code=2)
    assert "cannot be read" in run("verify", "--head", str(tmp_path / "nowhere"), code=2)


def test_the_list_says_who_saw_a_patient_and_that_somebody_asked(run, engine):
    lines = json.loads(run("list", "--patient", "P-rising", "--json"))
    looks = [(line["actor"], line["action"]) for line in lines if line["source"] == "entry"]
    assert looks == [("anna", "patient.view")]
    assert {line["patient"] for line in lines} == {"P-rising"}
    again = json.loads(run("list", "--patient", "P-rising", "--json"))
    assert again[-1]["action"] == "audit.list"
    assert run("list", "--actor", "nobody") == "Nothing of that is written down.\n"


def test_what_the_database_saw_stands_under_the_name_of_who_did_it(run, engine):
    lines = json.loads(run("list", "--actor", "anna", "--json"))
    assert [line["action"] for line in lines if line["source"] == "entry"] == ["patient.view", "budget.set"]
    [trace] = [line for line in lines if line["source"] == "trace"]
    assert (trace["action"], trace["beside"], trace["seal"] is not None) == (
        "page_budget.added",
        "anna",
        True,
    )
    assert "anna" in run("list", "--since", (now() - timedelta(hours=1)).isoformat())
    assert json.loads(run("list", "--since", (now() + timedelta(hours=1)).isoformat(), "--json")) == []


def test_the_head_is_what_is_kept_elsewhere(run, engine, tmp_path):
    said = json.loads(run("head", "--json"))
    (tmp_path / "mine").write_text(json.dumps(said))
    assert "Nothing is wrong." in run("verify", "--head", str(tmp_path / "mine"))
    assert said["digest"] in run("head")


def test_without_a_seal_there_is_no_head(command, engine):
    assert "does alerting run?" in command("audit", "head", code=2)


def test_commands_that_show_cases_links_or_refused_messages_leave_an_entry(command, engine, cast):
    with transaction(engine) as session:
        open_or_join(session, cast.rising, "high", "Worst pain 8.", {}, ["log"], NOON)
        message = refuse(session)
    command("case", "list")
    command("enrol", "diary-link", "P-rising", "--list")
    command("quarantine", "list")
    command("quarantine", "show", str(message))
    command("case", "acknowledge", "1", "--by", "Olga")
    lines = json.loads(command("audit", "list", "--json"))
    said = [(line["action"], line["patient"], line["detail"]) for line in lines if line["source"] == "entry"]
    assert said == [
        ("cases.list", None, "1 cases of all sites"),
        ("diary_link.list", "P-rising", "0 links"),
        ("quarantine.list", None, "1 messages"),
        ("quarantine.view", None, f"message {message}"),
        ("case.acknowledge", "P-rising", "case 1"),
    ]
