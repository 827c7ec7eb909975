"""The pages against the real database: who sees what, what is said, what is written down."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from pwdlib import PasswordHash
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from store import people
from store.access import Account, AuditEntry, LoginSession, Role, create_account
from store.cases import Case, CaseEvent, open_or_join
from store.database import now, transaction
from store.diary import add_ward_report
from store.results import Decision, add_decision, save_day_indices
from tests.cast import Cast, enrol_cast
from tests.pages.minutes import send_minutes

PASSWORD = "correct horse"
HASHED = PasswordHash.recommended().hash(PASSWORD)
HTML = {"Accept": "text/html"}
HOUR = timedelta(hours=1)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    cast = enrol_cast(engine, since=now() - timedelta(days=40))
    with transaction(engine) as session:
        create_account(session, "anna", HASHED, Role.CLINICIAN, "main")
        create_account(session, "hilda", HASHED, Role.CLINICIAN, "hill")
        create_account(session, "root", HASHED, Role.ADMINISTRATOR, "main")
        create_account(session, "rita", HASHED, Role.RESEARCHER, "main")
    return cast


@pytest.fixture
def client(cast: Cast, migrated_url: str) -> Iterator[TestClient]:
    app = create_app(ApiSettings(migrated_url, "http://testserver"))
    with TestClient(app, headers=HTML, follow_redirects=False) as client:
        yield client


def token_in(text: str) -> str:
    return re.search(r'name="csrf_token" value="([0-9a-f]+)"', text)[1]


def log_in(client: TestClient, name: str = "anna", wanted: str = "/", password: str = PASSWORD):
    form = client.get("/login", params={"next": wanted})
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.text))
    return client.post("/login", data={**fields, "name": name, "password": password})


def words_of(html: str) -> str:
    """What a reader sees, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<main", 1)[-1])).split())


def post(client: TestClient, path: str, **fields: str):
    return client.post(path, data={"csrf_token": token_in(client.get("/").text), **fields})


def opened(engine: sa.Engine, patient_id: int, severity: str = "high", ago: timedelta = 3 * HOUR) -> int:
    with transaction(engine) as session:
        reason = "Worst pain 8 today, 3 above the usual 5."
        return open_or_join(session, patient_id, severity, reason, {"reason": reason}, ["log"], now() - ago)[
            0
        ]


def decided(engine: sa.Engine, patient_id: int, verdict: str, reason: str) -> None:
    with transaction(engine) as session:
        at = now()
        day = at.date()
        common = {"severity": None, "evidence": {}, "rule": "test 1", "reported_at": None, "decided_at": at}
        add_decision(
            session, Decision(patient_id=patient_id, day=day, verdict=verdict, reason=reason, **common)
        )


def reported(
    engine: sa.Engine, patient_id: int, worst: int | None, ago: timedelta, skipped: str | None = None
):
    at = now() - ago
    values = {
        "entry": uuid.uuid4(),
        "at": at,
        "received_at": at,
        "worst": worst,
        "skipped": skipped,
        "detail": {},
    }
    with transaction(engine) as session:
        add_ward_report(session, patient_id, values)


def moved(engine: sa.Engine, device_id: int, ago: timedelta, minutes: int = 90) -> None:
    start = (now() - ago).replace(second=0, microsecond=0) - (minutes - 1) * timedelta(minutes=1)
    send_minutes(engine, device_id, start, [25.0] * minutes)


def audit(engine: sa.Engine, action: str) -> list[AuditEntry]:
    with transaction(engine) as session:
        return list(session.scalars(sa.select(AuditEntry).where(AuditEntry.action == action)))


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


def test_a_case_is_listed_with_its_severity_its_age_and_its_reason(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    words = words_of(client.get("/").text)
    assert "▲ High P-rising Worst pain 8 today, 3 above the usual 5." in words
    assert f"case {case_id} · open for 3 h · open, nobody told yet" in words
    assert "P-elsewhere" not in words


def test_the_age_of_data_is_said_and_old_data_is_loud(client, cast, engine):
    moved(engine, cast.watch_1, ago=timedelta(minutes=3))
    moved(engine, cast.watch_2, ago=9 * HOUR + timedelta(minutes=5))
    reported(engine, cast.rising, 6, 40 * HOUR)
    log_in(client)
    page = client.get("/").text
    assert re.search(r'<span data-since="\d+"[^>]*>movement [34] min ago</span>', page)
    assert re.search(r'<span class="old" data-since="\d+"[^>]*>no movement data for 9 h</span>', page)
    assert re.search(r'<span class="old" data-since="\d+"[^>]*>no report for 40 h</span>', page)


def test_who_cannot_be_judged_is_never_shown_as_calm(client, cast, engine):
    decided(engine, cast.rising, "no evidence", "cannot judge: 2 of 7 days answered")
    decided(engine, cast.steady, "quiet", "worst pain 3, as usual")
    moved(engine, cast.watch_1, ago=timedelta(minutes=3))
    log_in(client)
    words = words_of(client.get("/").text)
    assert "? Cannot judge P-rising Cannot judge: 2 of 7 days answered" in words
    assert "No news P-steady No pain report yet" in words
    assert "No sign" not in words
    reported(engine, cast.steady, 3, HOUR)
    assert "– No sign P-steady Worst pain 3, as usual" in words_of(client.get("/").text)


def test_a_skipped_question_gives_its_reason(client, cast, engine):
    reported(engine, cast.rising, None, HOUR, skipped="too tired")
    log_in(client)
    assert "not answered too tired 60 min ago" in words_of(client.get("/").text).replace(
        "1 h ago", "60 min ago"
    )


def test_acknowledging_needs_no_script_and_names_the_person(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    done = post(client, f"/cases/{case_id}/acknowledge", back="/")
    assert (done.status_code, done.headers["location"]) == (303, "/")
    page = client.get("/").text
    assert "acknowledged by anna" in words_of(page)
    assert f"/cases/{case_id}/acknowledge" not in page
    assert [entry.patient_id for entry in audit(engine, "case.acknowledge")] == [cast.rising]


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


def test_a_case_is_closed_with_an_outcome_and_its_story_stays(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    assert post(client, f"/cases/{case_id}/resolve", comment="called").status_code == 422
    post(client, f"/cases/{case_id}/comment", comment="called, <b>no answer</b>", back="/patients/P-rising")
    post(client, f"/cases/{case_id}/resolve", outcome="acted", comment="dose up", back="/patients/P-rising")
    page = client.get("/patients/P-rising").text
    assert "Acted: treatment or plan changed" in words_of(page)
    assert "called, &lt;b&gt;no answer&lt;/b&gt;" in page
    with transaction(engine) as session:
        kinds = session.scalars(sa.select(CaseEvent.kind).order_by(CaseEvent.id)).all()
    assert kinds == ["opened", "comment", "resolved"]


def test_the_link_in_a_message_leads_to_the_case_on_the_patients_page(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client)
    assert client.get(f"/cases/{case_id}").headers["location"] == f"/patients/P-rising#case-{case_id}"
    assert f'id="case-{case_id}"' in client.get("/patients/P-rising").text


def test_for_the_outsider_another_sites_patient_and_case_do_not_exist(client, cast, engine):
    case_id = opened(engine, cast.rising)
    log_in(client, "hilda")
    for path in ("/patients/P-rising", f"/cases/{case_id}", "/patients/P-nobody"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "Go to the worklist" in words_of(answer.text)
    for action, fields in (
        ("acknowledge", {}),
        ("comment", {"comment": "x"}),
        ("resolve", {"outcome": "acted"}),
    ):
        assert post(client, f"/cases/{case_id}/{action}", **fields).status_code == 404
    with transaction(engine) as session:
        assert session.get(Case, case_id).state == "opened"


def test_every_look_is_written_down(client, cast, engine):
    log_in(client)
    client.get("/")
    client.get("/patients/P-rising")
    client.get("/patients/P-rising?fragment=1")
    assert [(e.actor, e.patient_id) for e in audit(engine, "worklist.view")] == [("anna", None)]
    looks = [(e.actor, e.patient_id, e.detail) for e in audit(engine, "patient.view")]
    assert looks == [("anna", cast.rising, None), ("anna", cast.rising, "refresh")]


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


def test_a_fragment_is_the_inside_of_the_page(client, cast, engine):
    opened(engine, cast.rising)
    log_in(client)
    whole, part = client.get("/").text, client.get("/?fragment=1").text
    assert "<html" not in part and "<script" not in part
    assert "Worst pain 8 today" in part and "Worst pain 8 today" in whole


def test_the_patients_page_has_one_chart_and_says_the_same_as_a_table(client, cast, engine):
    moved(engine, cast.watch_2, ago=timedelta(minutes=3), minutes=600)
    for days in (1, 2, 3):
        reported(engine, cast.rising, 4 + days, timedelta(days=days))
    opened(engine, cast.rising)
    log_in(client)
    page = client.get("/patients/P-rising").text
    assert page.count("<svg") == 1
    assert page.count('<circle class="worst"') == 3
    assert len(re.findall(r'<path class="skyline"', page)) == 1
    assert "3 pain reports, worst pain from 5 to 7" in unescape(page)
    assert page.count('class="midnight"') == 28
    assert "Times in Europe/Rome (CE" in words_of(page)


def test_too_little_data_is_said_with_its_reason_and_is_no_zero(client, cast, engine):
    today = now().date()
    row = {"patient_id": cast.rising, "day": today, "method": "1", "unit": "1", "worn_min": 100.0}
    row |= {"input_digest": b"x", "computed_at": now(), "reason": None}
    reason = "too little data: 41 of 72 hours"
    with transaction(engine) as session:
        save_day_indices(
            session,
            [
                {**row, "index": "worn_min", "unit": "min", "value": 1325.0},
                {**row, "index": "RA", "value": 0.913},
                {**row, "index": "IS", "value": None, "reason": reason},
            ],
        )
    log_in(client)
    words = words_of(client.get("/patients/P-rising").text)
    assert "22 h 05 not computed yet 0.91 too little data 1 not computed yet" in words
    assert reason in words


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


def test_an_empty_worklist_says_what_to_do_next(client, cast):
    log_in(client, "root")
    assert "Create a clinician account" in words_of(client.get("/").text)
    log_in(client, "rita")
    assert "ask the administrator for a token" in words_of(client.get("/").text)
    assert client.get("/patients/P-rising").status_code == 404


def test_an_administrator_makes_an_account_that_works_and_takes_it_away(client, cast, engine):
    log_in(client, "root")
    page = post(client, "/accounts", name="new nurse", role="clinician", site="main").text
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
