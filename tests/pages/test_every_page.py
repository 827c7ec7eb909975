"""What holds for each and every page."""

from __future__ import annotations

import re
from datetime import timedelta

from starlette.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from store import people
from store.database import transaction
from tests.pages.visits import (
    HTML,
    log_in,
    moved,
    opened,
)


def test_no_page_has_a_script_or_style_inside_itself(client, cast, engine):
    opened(engine, cast.rising)
    moved(engine, cast.watch_2, ago=timedelta(minutes=3))
    texts = [client.get("/login").text]
    log_in(client)
    texts += [client.get(path).text for path in ("/", "/patients/P-rising", "/patients/none")]
    for text in texts:
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=\"/static/)", text)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text)


def test_every_page_says_that_it_is_not_for_emergencies_and_what_is_simulated(client, cast, engine):
    with transaction(engine) as session:
        people.enrol_patient(session, "S-1", "UTC", demonstration=True)
    texts = [client.get("/login").text]
    log_in(client, "root")
    texts += [client.get(path).text for path in ("/", "/patients/S-1", "/accounts", "/nothing/here")]
    for text in texts:
        assert "Not for emergencies." in text
        assert "Demonstration data: simulated patients" in text


def test_real_patients_are_not_called_simulated_and_a_notice_is_shown_everywhere(cast, migrated_url):
    app = create_app(ApiSettings(migrated_url, "http://testserver", notice="The broker is weak."))
    with TestClient(app, headers=HTML, follow_redirects=False) as client:
        assert "The broker is weak." in client.get("/login").text
        log_in(client)
        page = client.get("/").text
    assert "The broker is weak." in page
    assert "Demonstration data" not in page
