"""The watchdog's synthetic patient, through every door and with every role: it is not there."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from store.access import Role, create_account, create_token
from store.alerts.open_cases import open_or_join
from store.database import now, transaction
from store.decisions import Decision, add_decision
from store.diary import add_ward_report
from store.watch.reserved import SYNTHETIC
from store.watch.synthetic import enrol_synthetic, synthetic_of
from tests.api.house import BASE, CALLS, House, routes_of, save_index
from tests.cast import NOON

ENTRY = "0190a5f0-0000-7000-8000-00000000abcd"
REASON = "the synthetic patient of the watchdog"
#: What tells of nobody, or would end what the walk needs.
LEFT_OUT = {"/logout", "/live", "/static/{name}"}


@pytest.fixture
def watched(house: House) -> House:
    """The synthetic patient has a case, a decision, an answer, days; somebody has an account at its very site."""
    with transaction(house.engine) as session:
        enrol_synthetic(session, "hash", NOON)
        who = synthetic_of(session)
        assert who is not None
        case, _ = open_or_join(session, who.patient_id, "high", REASON, {}, ["log"], now())
        values = {
            "entry": ENTRY,
            "at": now() - timedelta(hours=1),
            "received_at": now(),
            "worst": 9,
            "detail": {},
        }
        add_ward_report(session, who.patient_id, values)
        add_decision(
            session,
            Decision(
                patient_id=who.patient_id,
                day=now().date(),
                verdict="fire",
                severity="high",
                tier="page",
                reason=REASON,
                evidence={},
                rule="test 1",
                reported_at=None,
                decided_at=now(),
            ),
        )
        for role in Role:
            create_account(session, f"in-{role}", "no password", role, SYNTHETIC)
            house.tokens[f"in-{role}"] = create_token(session, f"in-{role}", role, SYNTHETIC)
    save_index(house.engine, who.patient_id, now().date(), 1.0)
    house.tokens["case"] = str(case)
    return house


def tells(house: House, text: str) -> bool:
    """Whether a text is about the synthetic patient; the site of one's own account is no secret."""
    case = house.tokens["case"]
    return REASON in text or ENTRY in text or f'/cases/{case}"' in text or f"/patients/{SYNTHETIC}" in text


def names(house: House) -> list[str]:
    return [name for name in house.tokens if name != "case"]


def test_nobody_finds_it_by_its_name_its_case_or_in_a_list(watched: House) -> None:
    case = watched.tokens["case"]
    walked = 0
    for method, template in sorted(set(routes_of(watched.app))):
        if method != "GET" or template in LEFT_OUT or "diary" in template.split("/")[1:2]:
            continue
        path = watched.path(
            template.replace("{patient}", SYNTHETIC)
            .replace("{code:path}", SYNTHETIC)
            .replace("{case}", case)
            .replace("{case_id}", case)
        )
        right = CALLS.get((method, template))
        for name in names(watched):
            client = watched.client(name) if template.startswith(("/api", "/fhir")) else watched.browser(name)
            if not template.startswith(("/api", "/fhir")):
                client.headers["Accept"] = "text/html"
            query = dict(right.query or {}) if right else {}
            if template.startswith("/fhir") and "{" not in template and "metadata" not in template:
                query = {"patient": SYNTHETIC}
            answer = client.request(method, path, params=query)
            walked += 1
            assert not tells(watched, answer.text), (name, path)
            if SYNTHETIC in path or f"/cases/{case}" in path:
                assert answer.status_code in (401, 403, 404), (name, path, answer.status_code)
    assert walked > 100


def test_what_is_written_for_it_finds_nobody(watched: House) -> None:
    body = CALLS["POST", "/api/v1/patients/{patient}/pain"].body
    for name in names(watched):
        client = watched.client(name)
        answer = client.post(f"{BASE}/api/v1/patients/{SYNTHETIC}/pain", json=body)
        assert answer.status_code in (403, 404)
        closed = client.post(
            f"{BASE}/api/v1/cases/{watched.tokens['case']}/resolve", json={"outcome": "acted"}
        )
        assert closed.status_code in (403, 404)
    with transaction(watched.engine) as session:
        state = sa.text('SELECT state FROM "case" WHERE id = :id')
        assert session.scalar(state, {"id": watched.tokens["case"]}) != "resolved"


def test_the_lists_of_its_own_site_are_empty(watched: House) -> None:
    client = watched.client("in-clinician")
    for path in ("/api/v1/patients", "/api/v1/cases"):
        assert client.get(path).json()["items"] == []
    report = client.get("/api/v1/alerts/report")
    if report.status_code == 200:
        assert REASON not in json.dumps(report.json())
