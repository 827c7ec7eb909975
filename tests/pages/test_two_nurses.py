"""Two nurses follow the same link, and what becomes of words that could not be taken."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from ladder.reading import plan_of
from store.access import LoginSession, Role, create_account
from store.alerts import case_acts, holds
from store.alerts.cases import CaseEvent
from store.alerts.ward_plans import save_plan
from store.database import now, transaction
from tests.ladder.wards import document
from tests.pages.visits import HASHED, HTML, audit, log_in, opened, post, token_in, words_of


@pytest.fixture
def berta(client, engine):
    """Another nurse of the ward, at her own screen."""
    with transaction(engine) as session:
        create_account(session, "berta", HASHED, Role.CLINICIAN, "main")
    other = TestClient(client.app, headers=HTML, follow_redirects=False)
    log_in(other, "berta")
    return other


def story(engine, case_id) -> list[tuple[str, str, str | None]]:
    with transaction(engine) as session:
        events = session.scalars(sa.select(CaseEvent).where(CaseEvent.case_id == case_id))
        return [(one.kind, one.actor, one.comment) for one in events]


def test_the_second_nurse_is_told_who_has_the_case_and_her_words_are_kept(client, berta, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    assert post(client, f"/cases/{case_id}/acknowledge").status_code == 303
    second = post(berta, f"/cases/{case_id}/acknowledge", comment="I call him now")
    said = words_of(second.text)
    assert second.status_code == 409
    assert f"anna acknowledged case {case_id} before you" in said and "anna has it until" in said
    assert "Your comment is kept in its story." in said
    assert ("comment", "berta", "I call him now") in story(engine, case_id)
    assert [entry.actor for entry in audit(engine, "case.acknowledge")] == ["anna"]
    assert [entry.actor for entry in audit(engine, "case.comment")] == ["berta"]


def test_whoever_has_it_may_say_so_again(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    for _ in range(2):
        assert post(client, f"/cases/{case_id}/acknowledge").status_code == 303


def test_the_second_outcome_is_not_taken_in_silence(client, berta, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    post(client, f"/cases/{case_id}/resolve", outcome="acted", comment="dose up")
    second = post(berta, f"/cases/{case_id}/resolve", outcome="false", comment="he slept on it")
    assert f"anna closed case {case_id} before you" in words_of(second.text)
    assert "Acted: treatment or plan changed. Your answer changes nothing." in words_of(second.text)
    assert ("comment", "berta", "he slept on it") in story(engine, case_id)


def test_a_refusal_gives_back_what_was_written_and_leads_back_to_the_patient(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    back = "/patients/P-rising"
    asked = post(
        client, f"/cases/{case_id}/snooze", until="2020-01-01T00:00:00Z", reason="scan at 3", back=back
    )
    assert asked.status_code == 409
    assert "scan at 3" in asked.text and f'href="{back}"' in asked.text
    assert "Back to the patient" in words_of(asked.text)


def test_words_written_while_the_session_ran_out_are_given_back_at_the_door(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    token = token_in(client.get("/").text)
    with transaction(engine) as session:
        session.execute(sa.update(LoginSession).values(seen_at=now() - timedelta(hours=1)))
    door = client.post(f"/cases/{case_id}/comment", data={"csrf_token": token, "comment": "called <him>"})
    assert "called &lt;him&gt;" in door.text and f'value="/cases/{case_id}"' in door.text
    assert "nothing of this was saved" in words_of(door.text)
    assert ("comment", "anna", "called <him>") not in story(engine, case_id)


def test_another_site_puts_no_words_on_the_door(client):
    headers = {"Sec-Fetch-Site": "cross-site"}
    asked = client.post("/cases/12/comment", data={"comment": "call 555"}, headers=headers)
    assert (asked.status_code, asked.headers["location"]) == (303, "/login?next=%2Fcases%2F12")


def test_an_answer_leads_back_to_the_case_itself(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    done = post(client, f"/cases/{case_id}/acknowledge", back="/patients/P-rising")
    assert done.headers["location"] == f"/patients/P-rising#case-{case_id}"


def test_a_case_that_was_handed_over_names_who_has_it_and_who_saw_it(client, berta, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    post(client, f"/cases/{case_id}/acknowledge")
    post(client, f"/cases/{case_id}/assign", to="berta")
    said = words_of(client.get("/patients/P-rising").text)
    assert "in progress, handed to berta; acknowledged by anna" in said
    assert "in progress by anna" not in words_of(client.get("/").text)


def test_whose_turn_is_next_is_named_by_the_plan(client, cast, engine):
    with transaction(engine) as session:
        save_plan(session, "main", plan_of(document()), "root", "the first rota", now())
    opened(engine, cast.rising, ago=timedelta(minutes=1))
    log_in(client)
    said = words_of(client.get("/patients/P-rising").text)
    assert "is told at" in said and "Carla Neri" in said
    assert "for 4 hours, as the plan says" in said


def test_a_silence_puts_off_the_next_turn_in_words_too(client, cast, engine):
    case_id = opened(engine, cast.rising, "medium", ago=timedelta(minutes=1))
    until = now() + timedelta(days=20)
    with transaction(engine) as session:
        holds.silence_patient(session, cast.rising, "anna", until, "on holiday", now())
    log_in(client)
    said = words_of(client.get("/patients/P-rising").text)
    ends = said.partition("Patient silenced by anna until ")[2].partition(": on holiday")[0]
    ends = ends.rsplit(" ", 1)[0]  # without the letters of the zone
    assert f"If nobody answers, step 2 is told at {ends}: the channels" in said
    with transaction(engine) as session:
        case_acts.acknowledge(session, case_id, "anna", now())
    assert "anna has it until" in words_of(client.get("/patients/P-rising").text)


def test_the_link_of_a_message_opens_a_case_that_was_closed_meanwhile(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    folded = f'<details id="case-{case_id}" class="closed"'
    post(client, f"/cases/{case_id}/resolve", outcome="acted")
    assert f"{folded}>" in client.get("/patients/P-rising").text
    link = client.get(f"/cases/{case_id}").headers["location"]
    assert link == f"/patients/P-rising?case={case_id}#case-{case_id}"
    assert f"{folded} open>" in client.get(link).text
