"""`actalgia case` and `actalgia silence`: what people do with cases, from a terminal."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from store.access import AuditEntry
from store.alerts.cases import tell
from store.alerts.open_cases import open_or_join
from store.database import now, transaction
from tests.cast import employ, enrol_cast

TOMORROW = (now() + timedelta(days=1)).isoformat()


@pytest.fixture
def case(engine: sa.Engine) -> str:
    cast = enrol_cast(engine)
    employ(engine, "Anna", "Berta")
    with transaction(engine) as session:
        return str(open_or_join(session, cast.rising, "high", "Worst pain 8.", {}, ["log"], now())[0])


def shown(command, case: str) -> dict:
    return json.loads(command("case", "show", case, "--json"))


def test_an_urgent_snooze_takes_two_names(command, case):
    asked = ("case", "snooze", case, "--by", "Anna", "--until", TOMORROW, "--reason", "a scan")
    assert "waits for a second person" in command(*asked)
    assert "another person has to agree" in command("case", "agree", case, "--by", "anna", code=2)
    assert "logs in" in command("case", "agree", case, "--by", "Carla", code=2)
    command("case", "agree", case, "--by", "Berta")
    assert shown(command, case)["next"].startswith("It is snoozed until ")


def test_a_case_is_handed_over_closed_and_opened_again(command, case, engine):
    command("case", "assign", case, "--by", "Anna", "--to", "Berta", "--until", TOMORROW)
    assert shown(command, case)["next"].startswith("Berta has it until ")
    found = shown(command, case)["case"]
    assert (found["acknowledged_by"], found["assigned_to"]) == ("Anna", "Berta")
    until = f"{datetime.fromisoformat(TOMORROW):%Y-%m-%d %H:%M} UTC."
    assert found["held_until"][:16] == TOMORROW[:16].replace("T", " ") and found["acknowledged_at"]
    said = command("case", "show", case).splitlines()
    assert said[1].startswith("Acknowledged by Anna, ") and said[1].endswith(
        f", handed to Berta, until {until}"
    )
    command("case", "resolve", case, "--by", "Berta", "--outcome", "no_action")
    assert "Anna has it" in command("case", "reopen", case, "--by", "Anna")
    assert "Anna has it until" in command("case", "show", case)
    with transaction(engine) as session:
        actions = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["case.assign", *["case.view"] * 3, "case.resolve", "case.reopen", "case.view"]
    assert "There is no case 99." in command("case", "show", "99", code=2)


def test_whoever_comes_second_is_told_who_has_the_case_and_their_words_are_kept(command, case, engine):
    command("case", "acknowledge", case, "--by", "Anna", "--until", TOMORROW)
    late = ("case", "acknowledge", case, "--by", "Berta", "--comment", " I call him ")
    said = command(*late)
    assert f"Anna acknowledged case {case} before, " in said and "Anna has it until " in said
    assert "Nothing is changed. The comment is kept in its story." in said
    assert "kept" not in command(*late), "it stands there"
    assert "was open. Anna acknowledged" in command("case", "reopen", case, "--by", "Berta")
    given = ("case", "assign", case, "--by", "Berta", "--to", "Berta")
    command(*given)
    assert "handed to Berta. Berta has it until " in command(*given, "--comment", "it is mine")
    command("case", "resolve", case, "--by", "Anna", "--outcome", "acted")
    close = ("case", "resolve", case, "--by", "Berta", "--outcome", "false", "--comment", "he slept on it")
    assert f"Anna closed case {case} before, " in (said := command(*close))
    assert " UTC: acted. Nothing is changed." in said
    assert "Anna closed case" in command("case", "acknowledge", case, "--by", "Berta")
    kept = [
        (one["actor"], one["comment"]) for one in shown(command, case)["events"] if one["kind"] == "comment"
    ]
    assert kept == [("Berta", "I call him"), ("Berta", "it is mine"), ("Berta", "he slept on it")]
    with transaction(engine) as session:
        entries = session.scalars(sa.select(AuditEntry.actor).where(AuditEntry.action == "case.comment"))
        assert list(entries) == ["Berta"] * 3


@pytest.mark.parametrize("nobody", ["", " ", "actalgia"])
def test_a_case_is_answered_by_somebody_with_a_name(command, case, nobody):
    for words in (
        ("acknowledge",),
        ("assign", "--to", "Berta"),
        ("resolve", "--outcome", "acted"),
        ("reopen",),
    ):
        assert "name of a person" in command("case", words[0], case, *words[1:], "--by", nobody, code=2)
    command("case", "assign", case, "--by", "Anna", "--to", " ", code=2)
    assert shown(command, case)["case"]["state"] == "opened"


def test_a_silence_is_made_agreed_to_and_ended(command, case, engine):
    made = ("silence", "add", "--by", "Anna", "--until", TOMORROW, "--reason", "on holiday")
    assert "urgent pages pass through" in command(*made, "--patient", "P-rising")
    [one] = json.loads(command("silence", "list", "--json"))
    number = str(one["id"])
    command("silence", "agree", number, "--by", "Berta")
    assert "Berta" in command("silence", "list")
    command("silence", "end", number, "--by", "Carla")
    assert command("silence", "list") == "No silences.\n"
    assert "has ended" in command("silence", "end", number, "--by", "Carla", code=2)
    with transaction(engine) as session:
        entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
    assert {one.reason for one in entries if one.action != "silences.list"} == {
        "as written in alert_silence 1"
    }
    acts = [(one.actor, one.action, one.patient_id is not None) for one in entries]
    assert [act for act in acts if act[1] != "silences.list"] == [
        ("Anna", "silence.add", True), ("Berta", "silence.agree", True), ("Carla", "silence.end", True)
    ]  # fmt: skip
    assert len(acts) == 6, "whoever lists silences was shown patients"
    command(*made, "--patient", "P-nobody", code=2)
    unnamed = ("silence", "add", "--by", "Actalgia", *made[4:], "--patient", "P-rising")
    assert "name of a person" in command(*unnamed, code=2)
    command(*made, code=2)


def test_an_expected_level_needs_a_reason_and_of_urgent_pain_a_second_name(command, case, engine):
    close = ("case", "resolve", case, "--by", "Anna", "--outcome", "expected_level")
    assert "--comment" in command(*close, code=2)
    with transaction(engine) as session:
        tell(session, int(case), now(), "evidence", "actalgia", evidence={"worst": 8})
    assert "second person" in command(*close, "--comment", "since the operation")
    assert "another person" in command("case", "agree-level", case, "--by", "Anna", code=2)
    assert "is in force" in command("case", "agree-level", case, "--by", "Berta")
    command("case", "end-level", case, "--by", "Berta")
    assert "no expected level" in command("case", "end-level", case, "--by", "Berta", code=2)
