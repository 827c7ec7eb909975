"""Why an account or a token was made or ended, where somebody says so."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from store.access import AuditEntry
from store.database import transaction


def reasons(engine):
    with transaction(engine) as session:
        rows = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
        return [(row.action, row.reason) for row in rows if row.action != "audit.list"]


def test_the_reason_stands_in_the_entry_of_an_account_and_of_a_token(command, engine):
    command("account", "create", "--name", "anna", "--role", "clinician", "--reason", "new on the ward")
    command("account", "disable", "anna", "--reason", " has left ")
    command("token", "create", "--name", "notebook", "--role", "clinician", "--reason", "for the study")
    command("token", "revoke", "notebook", "--reason", "the study is over")
    assert reasons(engine) == [
        ("account.create", "new on the ward"),
        ("account.disable", "has left"),
        ("token.create", "for the study"),
        ("token.revoke", "the study is over"),
    ]
    assert "the study is over" in command("audit", "list")


def test_nobody_has_to_give_a_reason(command, engine):
    command("token", "create", "--name", "notebook", "--role", "clinician", "--reason", "  ")
    command("token", "revoke", "notebook")
    assert reasons(engine) == [("token.create", None), ("token.revoke", None)]


@pytest.mark.parametrize("reason", ["a\nb", "x" * 501])
def test_a_reason_that_is_no_line_makes_nothing(command, engine, reason):
    said = command("token", "create", "--name", "n", "--role", "clinician", "--reason", reason, code=2)
    assert "Give the reason in one line of at most 500 characters." in said
    assert reasons(engine) == [] and "n " not in command("token", "list")
