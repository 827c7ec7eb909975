"""Accounts are made and taken away by administrators."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from store.access import Account, Role, create_token
from store.database import StoreError, transaction
from tests.pages.visits import audit, log_in, post, words_of


@pytest.mark.parametrize("name", ["actalgia", " Actalgia "])
def test_nobody_is_named_as_the_system_acts(client, cast, engine, name):
    log_in(client, "root")
    refused = post(client, "/accounts", name=name, role="clinician", site="main")
    assert refused.status_code == 409 and "is that of the system" in words_of(refused.text)
    with transaction(engine) as session, pytest.raises(StoreError, match="is that of the system"):
        create_token(session, name, Role.CLINICIAN, "main")


def test_an_administrator_makes_an_account_that_works_and_takes_it_away(client, cast, engine):
    log_in(client, "root")
    new = {"name": "new nurse", "role": "clinician", "site": "main", "reason": "begins in May"}
    page = post(client, "/accounts", **new).text
    assert [one.reason for one in audit(engine, "account.create")] == ["begins in May"]
    password = re.search(r'class="secret">([^<]+)<', page)[1]
    assert password not in client.get("/accounts").text
    assert post(client, "/accounts", name="new nurse", role="clinician", site="main").status_code == 409
    with transaction(engine) as session:
        number = session.scalar(sa.select(Account.id).where(Account.name == "new nurse"))
        own = session.scalar(sa.select(Account.id).where(Account.name == "root"))
    assert post(client, f"/accounts/{own}/disable").status_code == 409
    assert log_in(client, "new nurse", password=password).status_code == 303
    assert client.get("/accounts").status_code == 403
    log_in(client, "root")
    assert post(client, f"/accounts/{number}/disable").status_code == 303
    assert log_in(client, "new nurse", password=password).status_code == 403
