"""`actalgia case` and `actalgia silence`: what people do with cases, from a terminal."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from store.access import AuditEntry
from store.database import now, transaction
from store.open_cases import open_or_join
from tests.cast import enrol_cast

TOMORROW = (now() + timedelta(days=1)).isoformat()


@pytest.fixture
def case(engine: sa.Engine) -> str:
    cast = enrol_cast(engine)
    with transaction(engine) as session:
        return str(open_or_join(session, cast.rising, "high", "Worst pain 8.", {}, ["log"], now())[0])


def shown(command, case: str) -> dict:
    return json.loads(command("case", "show", case, "--json"))


def test_an_urgent_snooze_takes_two_names(command, case):
    asked = ("case", "snooze", case, "--by", "Anna", "--until", TOMORROW, "--reason", "a scan")
    assert "waits for a second person" in command(*asked)
    assert "another person has to agree" in command("case", "agree", case, "--by", "anna", code=2)
    command("case", "agree", case, "--by", "Berta")
    assert shown(command, case)["next"].startswith("It is snoozed until ")


def test_a_case_is_handed_over_closed_and_opened_again(command, case, engine):
    command("case", "assign", case, "--by", "Anna", "--to", "Berta", "--until", TOMORROW)
    assert shown(command, case)["next"].startswith("Berta has it until ")
    command("case", "resolve", case, "--by", "Berta", "--outcome", "no_action")
    assert "Anna has it" in command("case", "reopen", case, "--by", "Anna")
    assert "Anna has it until" in command("case", "show", case)
    with transaction(engine) as session:
        actions = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["case.assign", "case.view", "case.resolve", "case.reopen", "case.view"]
    assert "There is no case 99." in command("case", "show", "99", code=2)


def test_a_silence_is_made_agreed_to_and_ended(command, case):
    made = ("silence", "add", "--by", "Anna", "--until", TOMORROW, "--reason", "on holiday")
    assert "urgent pages pass through" in command(*made, "--patient", "P-rising")
    [one] = json.loads(command("silence", "list", "--json"))
    number = str(one["id"])
    command("silence", "agree", number, "--by", "Berta")
    assert "Berta" in command("silence", "list")
    command("silence", "end", number, "--by", "Carla")
    assert command("silence", "list") == "No silences.\n"
    assert "has ended" in command("silence", "end", number, "--by", "Carla", code=2)
    command(*made, "--patient", "P-nobody", code=2)
    command(*made, code=2)
