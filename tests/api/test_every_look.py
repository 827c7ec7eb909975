"""Whatever shows something of a patient leaves an entry: every route of the application, from the router itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from api.auth import token_of
from store.access import AuditEntry
from store.database import now, transaction
from store.diary import add_ward_report
from store.diary_links import create_link
from tests.api.fhir_reader import response, said, score
from tests.api.house import CALLS, ENTRY, TOMORROW, House, routes_of
from tests.cast import NOON

#: What no route without an entry may say: whose, and what they told.
TELLING = ("P-steady", "P-demo", "zebra", "Worst pain 8", ENTRY)

#: Routes that leave no entry, each with the reason; that they say nothing of patients is tested where it can be.
EXEMPT = {
    ("GET", "/healthz"): "alive or not",
    ("GET", "/readyz"): "stages and their ages",
    ("GET", "/metrics"): "sums over all",
    ("GET", "/openapi.json"): "a description",
    ("GET", "/static/{name}"): "style and script",
    ("GET", "/login"): "a form; whether anybody simulated is there",
    ("GET", "/live"): "says that something changed, never what",
    ("GET", "/accounts"): "who may log in; no patient",
    ("GET", "/fhir/R4/metadata"): "what the server can do",
    ("GET", "/fhir/R4/Questionnaire/{name}"): "questions, no answers",
}


@dataclass(frozen=True)
class Visit:
    """A request that succeeds: by whom, with which fields or body, and whose data it is about."""

    by: str = "anna"
    query: dict[str, str] | None = None
    form: dict[str, str] | None = None
    body: dict[str, Any] | None = None
    one: bool = True  #: about the one patient; else the entry names nobody
    changes: bool = False  #: the entry is of what was done


def of_api() -> dict[tuple[str, str], Visit]:
    found = {}
    for (method, template), right in CALLS.items():
        by = next(name for name in ("anna", "rita", "admin") if name in right.allowed)
        one = any(part in template for part in ("{patient}", "{case}", "{association}", "{silence}"))
        if right.status != 404:
            found[method, template] = Visit(by, right.query, None, right.body, one)
    return found


# Without anybody treated there is no waterfall to see, and no entry: tests/api/test_responses.py has one.
ELSEWHERE = {("GET", "/api/v1/cohorts/responses/waterfall.svg"): "tests/api/test_responses.py"}
BY_LINK = {  # of a patient: below
    ("GET", "/diary"),
    ("POST", "/diary"),
    ("GET", "/diary/saved"),
    ("GET", "/diary/{token:path}"),
}
FHIR = "/fhir/R4"
VISITS = of_api() | {
    ("GET", "/"): Visit(one=False),
    ("GET", "/patients/{code:path}"): Visit(),
    ("POST", "/patients/{code:path}/day-by-day"): Visit(form={}),
    ("POST", "/patients/{code:path}/treatments"): Visit(form={"kind": "chemo", "at": "2026-05-04T10:00"}),
    ("POST", "/patients/{code:path}/treatments/{treatment}/withdraw"): Visit(form={}),
    ("POST", "/patients/{code:path}/diary-links"): Visit(form={}),
    ("POST", "/diary-links/{number}/revoke"): Visit(form={}),
    ("GET", "/cases/{case_id}"): Visit(),
    ("POST", "/cases/{case_id}/acknowledge"): Visit(form={}),
    ("POST", "/cases/{case_id}/resolve"): Visit(form={"outcome": "acted"}),
    ("POST", "/cases/{case_id}/comment"): Visit(form={"comment": "hello"}),
    ("POST", "/cases/{case_id}/assign"): Visit(form={"to": "anna"}),
    ("POST", "/cases/{case_id}/snooze"): Visit(form={"until": TOMORROW, "reason": "a scan"}),
    ("POST", "/cases/{case_id}/level/end"): Visit(form={}),
    ("POST", "/cases/{case_id}/level/agree"): Visit(form={}),
    ("GET", "/silences"): Visit(one=False),
    ("POST", "/silences"): Visit(form={"until": TOMORROW, "reason": "a zebra"}, one=False),
    ("POST", "/cases/{case_id}/reopen"): Visit(form={}),
    ("POST", "/patients/{code:path}/silences"): Visit(form={"until": TOMORROW, "reason": "a zebra"}),
    ("POST", "/silences/{silence_id}/agree"): Visit(form={}),
    ("POST", "/silences/{silence_id}/end"): Visit(form={}),
    ("GET", "/budget"): Visit(one=False),
    ("GET", "/plan"): Visit(one=False),
    ("GET", "/alerts"): Visit(one=False),
    ("POST", "/budget"): Visit(form={"pages": "0.05"}, one=False),
    ("POST", "/accounts"): Visit("admin", form={"name": "new", "role": "clinician", "site": "main"}, one=False),
    ("POST", "/accounts/{account_id}/disable"): Visit("admin", form={}, one=False),
    ("GET", "/quarantine"): Visit("admin", one=False),
    ("POST", "/quarantine/{number}/retry"): Visit("admin", form={}, one=False),
    ("POST", "/quarantine/{number}/drop"): Visit("admin", form={"reason": "a test"}, one=False),
    ("POST", "/login"): Visit("unknown", form={"name": "nobody", "password": "x"}, one=False),
    ("POST", "/logout"): Visit(form={}, one=False),
    ("GET", FHIR + "/Patient/{patient}"): Visit(),
    ("GET", FHIR + "/Observation"): Visit(query={"patient": "P-steady"}),
    ("GET", FHIR + "/Observation/{identifier}"): Visit(),
    ("POST", FHIR + "/Observation"): Visit(body=score(7)),
    ("GET", FHIR + "/QuestionnaireResponse"): Visit(query={"patient": "P-steady"}),
    ("GET", FHIR + "/QuestionnaireResponse/{identifier}"): Visit(),
    ("POST", FHIR + "/QuestionnaireResponse"): Visit(body=response(said("worst", 3), identifier={"value": ENTRY[:-1] + "2"})),
}  # fmt: skip


@pytest.fixture
def lived_in(house: House) -> House:
    """P-steady has written a note."""
    values = dict.fromkeys(("entered_at", "skipped", "breakthrough", "rescue_doses", "average", "least", "now", "interference"))  # fmt: skip
    values |= {
        "entry": ENTRY,
        "at": NOON,
        "received_at": NOON,
        "worst": 7,
        "detail": {"note": "like a zebra"},
    }
    with transaction(house.engine) as session:
        add_ward_report(session, house.cast.steady, values)
    return house


def address(house: House, template: str) -> str:
    if "/diary-links/{number}" in template:
        with transaction(house.engine) as session:
            link, _ = create_link(session, house.cast.steady, "en", "anna", now(), timedelta(days=9))
            return template.replace("{number}", str(link.id))
    identifier = ENTRY + ("-worst" if "Observation" in template else "")
    with transaction(house.engine) as session:
        account = session.scalar(sa.text("SELECT id FROM account WHERE name = 'hilda'"))
    template = template.replace("{identifier}", identifier).replace("{account_id}", str(account))
    return house.path(template.replace("{code:path}", "P-steady").replace("{name}", "pain-diary"))


def call(house: House, method: str, template: str, visit: Visit) -> Any:
    path = address(house, template)
    if template.startswith(FHIR):
        client = house.client(visit.by)
        client.headers.update({"Accept": "application/fhir+json"})
        return client.request(method, path, params=visit.query, json=visit.body, headers={"Content-Type": "application/fhir+json"})  # fmt: skip
    if template.startswith("/api/") or template == "/metrics":
        return house.client(visit.by).request(method, path, params=visit.query, json=visit.body)
    if (method, template) == ("POST", "/login"):
        client = house.client()
        form = client.get("/login").text
        csrf = re.search(r'name="csrf_token" value="([0-9a-f]+)"', form)
        assert csrf is not None
        return client.post(path, data={"csrf_token": csrf[1], **(visit.form or {})})
    browser = house.browser(visit.by)
    browser.headers["Accept"] = "text/html"
    token = token_of(browser.cookies["actalgia"])
    data = None if visit.form is None else {"csrf_token": token, **visit.form}
    return browser.request(method, path, params=visit.query, data=data)


def entries(house: House, after: int = 0) -> list[AuditEntry]:
    with transaction(house.engine) as session:
        return list(
            session.scalars(sa.select(AuditEntry).where(AuditEntry.id > after).order_by(AuditEntry.id))
        )


def test_every_route_leaves_an_entry_or_says_why_not(app: FastAPI) -> None:
    assert set(routes_of(app)) == set(VISITS) | set(EXEMPT) | set(ELSEWHERE) | BY_LINK


@pytest.mark.parametrize("method, template", sorted(VISITS))
def test_who_gets_something_is_written_down(lived_in: House, method: str, template: str) -> None:
    visit = VISITS[method, template]
    address(lived_in, template)
    before = max((entry.id for entry in entries(lived_in)), default=0)
    answer = call(lived_in, method, template, visit)
    expected = (403,) if template == "/login" else (200, 201, 202, 204, 303)
    assert answer.status_code in expected, answer.text
    left = entries(lived_in, before)
    assert left, "no entry"
    assert {entry.actor for entry in left} == {visit.by}
    if visit.one:
        assert {entry.patient_id for entry in left} == {lived_in.cast.steady}


@pytest.mark.parametrize("method, template", sorted(EXEMPT))
def test_what_leaves_no_entry_says_nothing_of_a_patient(lived_in: House, method: str, template: str) -> None:
    if template == "/live":
        pytest.skip("a stream that stays open: tests/pages/test_live.py")
    path = "/static/pages.css" if "static" in template else template
    by = "admin" if template in ("/accounts", "/metrics") else "anna"
    answer = call(lived_in, method, path, Visit(by))
    assert answer.status_code in (200, 503), answer.text  # not ready: no part runs here
    assert entries(lived_in) == []
    assert not [word for word in TELLING if word in answer.text]


def test_a_form_that_comes_back_to_a_patient_or_a_ward_is_a_look_too(lived_in: House) -> None:
    with transaction(lived_in.engine) as session:
        _, token = create_link(session, lived_in.cast.steady, "en", "anna", now(), timedelta(days=9))
    phone = lived_in.client()
    phone.headers["Accept"] = "text/html"
    assert phone.get(f"/diary/{token}").status_code == 303
    phone.cookies.set("actalgia-diary", token)
    steps: list[tuple[Callable[[], Any], int, list[str]]] = [
        (lambda: phone.get("/diary"), 200, ["diary.view"]),
        (lambda: phone.post("/diary", data={"csrf_token": token_of(token), "day": "2020-01-01"}), 409, ["diary.view"]),
        (lambda: phone.get("/diary/saved"), 303, ["diary.view"]),
    ]  # fmt: skip
    for step, status, actions in steps:
        before = entries(lived_in)[-1].id
        answer = step()
        assert answer.status_code == status, answer.text
        assert [entry.action for entry in entries(lived_in, before)] == actions
    quarantine = call(lived_in, "POST", "/quarantine/{number}/drop", Visit("admin", form={"reason": ""}))
    assert quarantine.status_code == 422
    assert entries(lived_in)[-1].action == "quarantine.list"


def test_no_entry_says_anything_clinical(lived_in: House) -> None:
    for (method, template), visit in sorted(VISITS.items()):
        call(lived_in, method, template, visit)
    said = json.dumps([[e.actor, e.action, e.detail, e.reason] for e in entries(lived_in)])
    assert not [
        word for word in ("zebra", "Worst pain 8", "hello", "called the ward", "seen") if word in said
    ]
