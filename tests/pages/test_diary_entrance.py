"""Who gets into a diary: with a personal link, as long as it holds, and nobody else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from store import zones
from store.database import now, transaction
from store.diary_links import DiaryLink, revoke_link
from store.people import Patient
from tests.pages.diaries import COOKIE, answer, given_link, hidden_in, opened_diary, reports, seen
from tests.pages.visits import HTML, audit, log_in
from tests.ports import free_port


@contextmanager
def phone(migrated_url: str, base: str = "http://testserver", **headers: str) -> Iterator[TestClient]:
    app = create_app(ApiSettings(migrated_url, base))
    with TestClient(app, base, headers={**HTML, **headers}, follow_redirects=False) as client:
        yield client


def revoked(engine, number: int) -> None:
    with transaction(engine) as session:
        revoke_link(session, number, "anna", now())


def test_a_link_gives_a_cookie_for_the_diary_alone_and_leaves_the_address(client, cast, engine):
    number, token = given_link(engine, cast.rising)
    entered = client.get(f"/diary/{token}")
    assert (entered.status_code, entered.headers["location"]) == (303, "/diary")
    cookie = entered.headers["set-cookie"].lower()
    for part in ("httponly", "samesite=strict", "path=/diary", f"{COOKIE}="):
        assert part in cookie
    assert 89 * 86400 < int(re.search(r"max-age=(\d+)", cookie)[1]) <= 90 * 86400  # as long as the link
    assert "secure" not in cookie  # the loopback of an embedded system does without TLS
    assert entered.headers["referrer-policy"] == "no-referrer"
    assert entered.headers["cache-control"] == "no-store"
    assert token not in client.get("/diary").text
    [seen_by] = audit(engine, "diary.enter")
    assert (seen_by.actor, seen_by.patient_id) == (f"patient (link {number})", cast.rising)
    with transaction(engine) as session:
        assert now() - session.get(DiaryLink, number).last_used_at < timedelta(minutes=1)


def test_where_there_is_tls_the_cookie_needs_it(cast, engine, migrated_url):
    token = given_link(engine, cast.rising)[1]
    with phone(migrated_url, "https://ward.example") as client:
        cookie = client.get(f"/diary/{token}").headers["set-cookie"]
        assert cookie.startswith(f"__Secure-{COOKIE}=") and "; secure" in cookie.lower()
        assert client.get("/diary").status_code == 200


def test_a_link_that_opens_nothing_is_told_alike_whatever_is_wrong_with_it(client, cast, engine):
    good = given_link(engine, cast.rising)
    revoked(engine, good[0])
    expired = given_link(engine, cast.rising, days=1, ago=timedelta(days=2))[1]
    tried = [good[1], expired, good[1][:-1], "x", "saved%00", "a/b", "%F0%9F%98%80", "y" * 5000]
    told = [client.get(f"/diary/{token}") for token in tried] + [client.get("/diary")]
    assert {one.status_code for one in told} == {404}
    assert len({one.text for one in told}) == 1
    said = seen(told[0].text)
    assert "This link does not open a diary Please ask your care team for a new link" in said
    assert not any("set-cookie" in one.headers for one in told)
    assert audit(engine, "diary.enter") == audit(engine, "diary.view") == []


@pytest.mark.parametrize(
    "accept, lang",
    [("it-IT,it;q=0.9,en;q=0.8", "it"), ("de-DE,de", "en"), ("fr;q=0.9, it;q=0.4, en;q=0.1", "it"), ("*", "en"), ("it;q=x", "en"), ("", "en")],
)  # fmt: skip
def test_a_link_that_opens_nothing_says_so_in_the_language_of_the_browser(client, accept, lang):
    page = client.get("/diary/nothing", headers={"Accept-Language": accept}).text
    assert f'<html lang="{lang}">' in page
    assert ("Chieda un nuovo link a chi La cura" in seen(page)) == (lang == "it")


def test_the_language_of_the_link_greets_and_another_one_stays_when_it_is_chosen(client, cast, engine):
    form = opened_diary(client, given_link(engine, cast.rising, "it")[1])
    assert '<html lang="it">' in form and "Dolore più forte nelle ultime 24 ore" in seen(form)
    assert '<html lang="en">' in client.get("/diary?language=en").text
    assert '<html lang="en">' in client.get("/diary").text
    assert '<html lang="en">' in client.get("/diary?language=xx").text
    assert '<html lang="it">' in client.get("/diary?language=it").text


def test_a_revoked_link_ends_what_is_open_on_every_phone_at_once(client, cast, engine, migrated_url):
    number, token = given_link(engine, cast.rising)
    form = opened_diary(client, token)
    with phone(migrated_url) as other:
        assert "How is your pain?" in opened_diary(other, token)
        revoked(engine, number)
        for browser in (client, other):
            assert browser.get("/diary").status_code == 404
            assert browser.get("/diary/saved").status_code == 404
        assert answer(client, form, worst="9").status_code == 404
    assert reports(engine) == []


def test_a_link_that_expires_meanwhile_stores_nothing(client, cast, engine):
    number, token = given_link(engine, cast.rising)
    form = opened_diary(client, token)
    with transaction(engine) as session:
        link = session.get(DiaryLink, number)
        link.created_at, link.expires_at = now() - timedelta(days=2), now() - timedelta(seconds=1)
    assert answer(client, form, worst="9").status_code == 404
    assert reports(engine) == []


def test_an_old_link_that_is_tapped_again_does_not_shut_the_diary(client, cast, engine):
    opened_diary(client, given_link(engine, cast.rising)[1])
    assert client.get("/diary/an-old-one").status_code == 404
    assert client.get("/diary").status_code == 200


def test_a_form_needs_the_token_that_belongs_to_its_cookie(client, cast, engine):
    form = opened_diary(client, given_link(engine, cast.rising)[1])
    for forged in ("", "0" * 64):
        asked = answer(client, form, csrf_token=forged, worst="9")
        assert asked.status_code == 409 and "Please answer once more" in seen(asked.text)
    assert reports(engine) == []


def test_an_answer_never_goes_into_the_diary_of_another_patient_on_the_same_phone(client, cast, engine):
    form = opened_diary(client, given_link(engine, cast.rising)[1])
    theirs = opened_diary(client, given_link(engine, cast.steady)[1])
    asked = answer(client, form, worst="9", note="mine")
    assert asked.status_code == 409 and "had been opened with another link" in seen(asked.text)
    assert "mine" not in asked.text and 'value="9" checked' not in asked.text
    assert answer(client, theirs, worst="2").status_code == 303
    assert [(report.patient_id, report.worst) for report in reports(engine)] == [(cast.steady, 2)]


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_form_of_another_site_is_refused(client, cast, engine, headers):
    form = opened_diary(client, given_link(engine, cast.rising)[1])
    refused = client.post("/diary", data={**hidden_in(form), "worst": "9"}, headers=headers)
    assert refused.status_code == 403 and reports(engine) == []
    assert "This did not work" in seen(refused.text)


def test_a_new_link_of_the_same_patient_goes_on_with_the_same_entry(client, cast, engine):
    answer(client, opened_diary(client, given_link(engine, cast.rising)[1]), worst="3")
    again = opened_diary(client, given_link(engine, cast.rising)[1])
    assert 'name="worst" value="3" checked' in again
    answer(client, again, worst="4")
    first, second = reports(engine)
    assert first.entry == second.entry


def test_a_patient_sees_the_own_answers_only(client, cast, engine, migrated_url):
    answer(client, opened_diary(client, given_link(engine, cast.steady)[1]), worst="9", note="steady's own")
    with phone(migrated_url) as other:
        form = opened_diary(other, given_link(engine, cast.rising)[1])
    assert "steady's own" not in form and "One number is enough." in seen(form)


def test_a_diary_cookie_opens_nothing_of_the_ward_and_a_clinicians_session_no_diary(client, cast, engine):
    token = given_link(engine, cast.rising)[1]
    for path in ("/", "/patients/P-rising"):
        for name in ("actalgia", COOKIE):
            assert client.get(path, headers={"Cookie": f"{name}={token}"}).status_code == 303
    log_in(client)
    assert client.get("/diary").status_code == 404


def test_the_days_are_those_of_where_the_patient_is(client, cast, engine):
    token = given_link(engine, cast.rising)[1]
    with transaction(engine) as session:
        patient = session.get(Patient, cast.rising)
        zones.stay(session, patient, "Pacific/Kiritimati", now() - timedelta(days=1), None)
    east = hidden_in(opened_diary(client, token))["day"]
    with transaction(engine) as session:
        zones.stay(session, session.get(Patient, cast.rising), "Etc/GMT+12", now() - timedelta(hours=1), None)
    form = client.get("/diary").text
    assert east == str((now() + timedelta(hours=14)).date())
    # Back over the date line the day of there has not begun for good: the one before goes on.
    assert hidden_in(form)["day"] == str((now() - timedelta(hours=12)).date()) < east
    assert answer(client, form, worst="5").status_code == 303


def test_a_look_from_a_page_of_another_site_is_led_on_by_a_page_of_ours(client, cast, engine):
    led = client.get("/diary", headers={"Sec-Fetch-Site": "cross-site"})
    assert led.status_code == 200 and 'http-equiv="refresh" content="0;url=/diary"' in led.text
    assert client.get("/diary", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 404


def test_no_log_and_no_metric_of_the_process_has_the_token_and_it_says_the_notice(
    cast, engine, migrated_url, tmp_path: Path
):
    token, port = given_link(engine, cast.rising)[1], free_port()
    environment = {
        **os.environ,
        "ACTALGIA_DATABASE_URL": migrated_url,
        "ACTALGIA_HTTP_PORT": str(port),
        "ACTALGIA_LOG_LEVEL": "debug",
        "ACTALGIA_NOTICE": "At night call 0123.",
    }
    base, log = f"http://127.0.0.1:{port}", tmp_path / "log"
    with log.open("w") as handle:
        process = subprocess.Popen(
            [sys.executable, "-m", "actalgia", "api"], env=environment, stdout=handle, stderr=handle
        )
        try:
            metrics = _eventually(f"{base}/metrics")
            for path in (token, token + "x", token + "/more", token + "%00", token + "?a=b"):
                _fetch(f"{base}/diary/{path}")
                _fetch(f"{base}/diary/{path}", method="POST")
            assert "At night call 0123." in _fetch(f"{base}/diary", cookie=f"{COOKIE}={token}")
            _fetch(f"{base}/diary", cookie=f"{COOKIE}={token}", method="POST")
            metrics += _fetch(f"{base}/metrics")
        finally:
            process.terminate()
            process.wait(15)
    written = log.read_text()
    assert "/diary/{token:path}" in written and "/diary/{token:path}" in metrics
    assert token[:12] not in written and token[:12] not in metrics


def _eventually(url: str) -> str:
    until = time.monotonic() + 30
    while True:
        try:
            return _fetch(url)
        except URLError:
            assert time.monotonic() < until, "the API did not start"
            time.sleep(0.1)


def _fetch(url: str, method: str = "GET", cookie: str = "") -> str:
    request = Request(url, method=method, headers={"Cookie": cookie}, data=b"" if method == "POST" else None)
    try:
        with urlopen(request, timeout=10) as answered:
            return answered.read().decode()
    except HTTPError as error:
        return error.read().decode()
