"""Personal links on the ward's page of a patient."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from store import people
from store.database import now, transaction
from store.diary_links import DiaryLink, find_link
from tests.pages.diaries import given_link, seen
from tests.pages.visits import HTML, audit, log_in, post, words_of


def links(engine) -> list[DiaryLink]:
    with transaction(engine) as session:
        return list(session.scalars(sa.select(DiaryLink)))


def test_a_clinician_makes_a_link_that_is_shown_once_with_a_code_for_the_phone(client, cast, engine):
    log_in(client)
    assert "No personal link" in words_of(client.get("/patients/P-rising").text)
    made = post(client, "/patients/P-rising/diary-links", language="it", days="30")
    assert made.status_code == 200 and made.headers["cache-control"] == "no-store"
    address = re.search(r'id="link">(http://testserver/diary/([\w-]+))<', made.text)
    with transaction(engine) as session:
        link = find_link(session, address[2], now())
        assert (link.patient_id, link.language, link.created_by) == (cast.rising, "it", "anna")
    assert "<svg" in made.text and 'class="qr"' in made.text and "Shown this once" in seen(made.text)
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=\"/static/)", made.text)
    [entry] = audit(engine, "diary_link.create")
    assert (entry.actor, entry.patient_id, entry.detail) == ("anna", cast.rising, "link 1")
    page = client.get("/patients/P-rising").text
    assert address[2] not in page and "Italiano" in words_of(page) and "never" in words_of(page)


def test_the_patients_page_says_when_a_link_was_used_and_ends_it(client, cast, engine):
    token = given_link(engine, cast.rising)[1]
    log_in(client)
    client.get(f"/diary/{token}")
    page = client.get("/patients/P-rising").text
    assert "never" not in page.split('id="diary-links"')[1].split("</section>")[0]
    ended = post(client, "/diary-links/1/revoke")
    assert (ended.status_code, ended.headers["location"]) == (303, "/patients/P-rising#diary-links")
    assert client.get("/diary").status_code == 404
    assert "No personal link" in words_of(client.get("/patients/P-rising").text)
    [entry] = audit(engine, "diary_link.revoke")
    assert (entry.actor, entry.patient_id, entry.detail) == ("anna", cast.rising, "link 1")


@pytest.mark.parametrize("name", ["hilda", "root", "rita"])
def test_nobody_else_makes_or_ends_a_link_of_a_real_patient(client, cast, engine, name):
    given_link(engine, cast.rising)
    log_in(client, name)
    for path in ("/patients/P-rising/diary-links", "/patients/P-nobody/diary-links", "/diary-links/1/revoke", "/diary-links/99/revoke"):  # fmt: skip
        assert post(client, path).status_code == (403 if name == "rita" else 404), path
    [link] = links(engine)
    assert link.revoked_at is None


def test_an_administrator_makes_links_of_simulated_patients(client, engine):
    with transaction(engine) as session:
        people.enrol_patient(session, "S-1", "UTC", demonstration=True)
    log_in(client, "root")
    made = post(client, "/patients/S-1/diary-links")
    token = re.search(r"/diary/([\w-]+)<", made.text)[1]
    assert client.get(f"/diary/{token}").status_code == 303
    assert "Demonstration: a simulated patient" in seen(client.get("/diary").text)


@pytest.mark.parametrize("wrong", [{"language": "xx"}, {"days": "0"}, {"days": "367"}, {"days": "soon"}])
def test_a_link_that_makes_no_sense_is_refused(client, engine, wrong):
    log_in(client)
    assert post(client, "/patients/P-rising/diary-links", **wrong).status_code == 422
    assert links(engine) == []


@pytest.mark.parametrize(
    "base, said", [("http://127.0.0.1:8460", True), ("http://localhost", True), ("http://10.0.0.7", False)]
)
def test_an_address_that_no_phone_reaches_is_called_so(cast, migrated_url, base, said):
    app = create_app(ApiSettings(migrated_url, base))
    with TestClient(app, base, headers=HTML, follow_redirects=False) as client:
        log_in(client)
        page = post(client, "/patients/P-rising/diary-links").text
    assert ("works on this machine only" in page) == said


def test_a_patient_whose_identifier_has_a_slash_gets_a_link_too(client, cast, engine):
    with transaction(engine) as session:
        people.enrol_patient(session, "P/7 ü", "UTC")
    log_in(client)
    page = client.get("/patients/P%2F7%20%C3%BC").text
    action = re.search(r'action="([^"]*/diary-links)"', page)[1]
    assert post(client, action).status_code == 200
    assert post(client, "/diary-links/1/revoke").headers["location"].startswith("/patients/P%2F7%20%C3%BC#")
