"""Who comes in, who may act, and for how long."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from store.access import LoginSession
from store.alerts.cases import Case
from store.database import now, transaction
from tests.pages.visits import (
    log_in,
    opened,
    post,
    words_of,
)


def test_a_deep_link_survives_the_log_in(client):
    asked = client.get("/patients/P-rising?x=1")
    assert asked.status_code == 303
    assert asked.headers["location"] == "/login?next=%2Fpatients%2FP-rising%3Fx%3D1"
    entered = log_in(client, wanted="/patients/P-rising?x=1")
    assert (entered.status_code, entered.headers["location"]) == (303, "/patients/P-rising?x=1")
    assert client.get("/patients/P-rising").status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "\t//x"],
)
def test_the_log_in_leads_to_no_other_site(client, elsewhere):
    assert log_in(client, wanted=elsewhere).headers["location"] == "/"


def test_a_wrong_password_and_an_unknown_name_are_told_the_same(client):
    wrong, unknown = log_in(client, password="no"), log_in(client, name="nobody", password="no")
    assert wrong.status_code == unknown.status_code == 403
    assert words_of(wrong.text) == words_of(unknown.text)
    assert "do not fit" in words_of(wrong.text)


def test_after_the_log_out_the_page_asks_for_a_name_again(client):
    log_in(client)
    assert post(client, "/logout").headers["location"] == "/login"
    assert client.get("/").status_code == 303


def test_an_action_without_the_forms_token_is_refused(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    assert client.post(f"/cases/{case_id}/acknowledge", data={"back": "/"}).status_code == 403
    with transaction(engine) as session:
        assert session.get(Case, case_id).state == "opened"


def test_an_action_leads_back_to_no_other_site(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    done = post(client, f"/cases/{case_id}/acknowledge", back="https://evil.example/")
    assert done.headers["location"] == "/"


def test_a_page_that_refreshes_itself_does_not_keep_the_session_alive(client, engine):
    log_in(client)
    earlier = now() - timedelta(minutes=10)
    with transaction(engine) as session:
        session.execute(sa.update(LoginSession).values(seen_at=earlier))

    def seen_at():
        with transaction(engine) as session:
            return session.scalar(sa.select(LoginSession.seen_at))

    assert client.get("/?fragment=1").status_code == 200
    assert seen_at() == earlier
    client.get("/")
    assert seen_at() > earlier


def test_after_the_session_ran_out_an_action_leads_to_its_case(client, cast):
    assert client.post("/cases/12/acknowledge").headers["location"] == "/login?next=%2Fcases%2F12"
    assert client.post("/logout").headers["location"] == "/login?next=%2F"


def test_static_files_are_kept_for_ever_and_nothing_else_is(client):
    page = client.get("/login")
    assert page.headers["cache-control"] == "no-store"
    address = re.search(r'href="(/static/pages\.css\?v=\w+)"', page.text)[1]
    style = client.get(address)
    assert (style.status_code, "immutable" in style.headers["cache-control"]) == (200, True)
    assert client.get("/static/..%2Froutes.py").status_code == 404
