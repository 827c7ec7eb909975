"""Who gets in under /fhir, in which language, and what everybody may read."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from api.app import create_app
from api.fhir import exchange
from api.fhir.questionnaire import QUESTIONS
from api.settings import ApiSettings
from store.access import AuditEntry
from store.database import transaction
from store.diary import PainReport
from tests.api.fhir_reader import (
    OBSERVATIONS,
    PAIN,
    RESPONSES,
    post,
    program,
    read,
    response,
    said,
    score,
    sentence,
)
from tests.api.house import BASE, ENTRY, SIGNED, House, routes_of
from tests.api.test_pain import count

R4 = "/fhir/R4"
PATIENT = {"patient": "P-steady"}
#: Every address with a patient: how it is asked about one, by code.
CALLS: dict[tuple[str, str], Any] = {
    ("GET", f"{R4}/Patient/{{patient}}"): lambda c, code: c.get(f"{R4}/Patient/{code}"),
    ("GET", RESPONSES): lambda c, code: c.get(RESPONSES, params={"patient": code}),
    ("GET", OBSERVATIONS): lambda c, code: c.get(OBSERVATIONS, params={"patient": code}),
    ("POST", RESPONSES): lambda c, code: post(
        c, RESPONSES, response(said("worst", 4), subject={"reference": f"Patient/{code}"})
    ),
    ("POST", OBSERVATIONS): lambda c, code: post(
        c, OBSERVATIONS, score(4, subject={"reference": f"Patient/{code}"})
    ),
    # The entry is P-steady's; the test writes it first.
    ("GET", RESPONSES + "/{identifier}"): lambda c, code: c.get(f"{RESPONSES}/{NAMES[code]}"),
    ("GET", OBSERVATIONS + "/{identifier}"): lambda c, code: c.get(f"{OBSERVATIONS}/{NAMES[code]}-worst"),
}
NAMES = {
    code: ENTRY[:-1] + str(i) for i, code in enumerate(("P-steady", "P-demo", "P-elsewhere", "P-nobody"))
}
FREE = {("GET", f"{R4}/metadata"), ("GET", f"{R4}/Questionnaire/{{name}}")}


@pytest.fixture
def written(house: House) -> House:
    """A house in which everybody but P-nobody has an entry."""
    for name, code in (("anna", "P-steady"), ("admin", "P-demo"), ("hilda", "P-elsewhere")):
        body = {"id": NAMES[code], "at": "2026-05-04T10:00:00Z", "worst": 4}
        assert house.client(name).post(f"/api/v1/patients/{code}/pain", json=body).status_code == 201
    return house


def test_every_address_of_fhir_has_its_row_in_these_tests(house: House) -> None:
    served = {route for route in routes_of(house.app) if route[1].startswith("/fhir")}
    assert served == set(CALLS) | FREE


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_each_role_gets_its_own_patients_and_nothing_else(written: House, call: tuple[str, str]) -> None:
    right = (200, 201)
    expected = {
        "anna": {"P-steady": right, "P-elsewhere": (404,), "P-demo": right, "P-nobody": (404,)},
        "hilda": {"P-steady": (404,), "P-elsewhere": right, "P-nobody": (404,)},
        "admin": {"P-steady": (404,), "P-demo": right},
        "rita": {"P-steady": (403,), "P-elsewhere": (403,), "P-nobody": (403,)},
    }
    assert set(expected) == set(SIGNED)
    for name, patients in expected.items():
        for code, statuses in patients.items():
            answer = CALLS[call](program(written, name), code)
            assert answer.status_code in statuses, (name, code, answer.text)
            if answer.status_code >= 400:
                assert sentence(answer) and code not in answer.text
            else:
                read(answer)


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_another_sites_patient_is_told_apart_from_nobody_by_nothing(
    written: House, call: tuple[str, str]
) -> None:
    theirs, nobodys = (CALLS[call](program(written), code) for code in ("P-elsewhere", "P-nobody"))
    assert (theirs.status_code, theirs.json()) == (404, nobodys.json())


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_nobody_gets_in_without_a_valid_token(written: House, call: tuple[str, str]) -> None:
    for header in (None, "Bearer act_wrong", "Basic YTpi"):
        client = program(written, None)
        if header:
            client.headers["Authorization"] = header
        answer = CALLS[call](client, "P-steady")
        assert sentence(answer)[:2] == (401, "Log in, or send a valid token.")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert sentence(program(written, None).get(f"{R4}/Questionnaire/pain-diary"))[0] == 401


@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_every_look_and_every_change_is_written_down(written: House, call: tuple[str, str]) -> None:
    with transaction(written.engine) as session:
        before = session.scalar(sa.select(sa.func.max(AuditEntry.id)))
    CALLS[call](program(written), "P-steady")
    CALLS[call](program(written), "P-elsewhere")
    with transaction(written.engine) as session:
        [entry] = session.scalars(sa.select(AuditEntry).where(AuditEntry.id > before)).all()
    assert (entry.actor, entry.patient_id) == ("anna", written.cast.steady)
    assert entry.action == ("pain.add" if call[0] == "POST" else "patient.view")


def test_a_browser_that_is_logged_in_cannot_be_made_to_write(house: House) -> None:
    answer = post(house.browser("anna"), RESPONSES, response(said("worst", 4)))
    assert sentence(answer)[0] == 403
    assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == "csrf_token"
    assert count(house, PainReport) == 0


def test_a_log_line_has_the_address_as_it_is_declared_and_nothing_of_the_patient(house: House) -> None:
    with capture_logs() as lines:
        post(program(house), RESPONSES, response(said("note", "very bad", "valueString")))
        program(house).get(f"{R4}/Patient/P-steady")
    assert [(line["route"], line["status"]) for line in lines if line.get("action") == "request"] == [
        (RESPONSES, 201), (f"{R4}/Patient/{{patient}}", 200),
    ]  # fmt: skip
    assert "P-steady" not in str(lines) and "very bad" not in str(lines)


# --- languages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "accept, query, status",
    [
        ("application/fhir+json", "", 200), ("application/json", "", 200), ("*/*", "", 200), ("application/*;q=0.5", "", 200),
        ("application/fhir+json; fhirVersion=4.0", "", 200), ("text/html,application/xhtml+xml,*/*;q=0.8", "", 200),
        ("application/fhir+xml", "", 406), ("text/html", "", 406), ("application/fhir+json; fhirVersion=5.0", "", 406),
        ("application/fhir+json;q=0, application/fhir+xml", "", 406), ("application/fhir+xml", "?_format=json", 200),
        ("application/fhir+json", "?_format=xml", 406), ("*/*", "?_format=application/fhir%2Bjson", 200),
        ("*/*", "?_format=application/fhir+json", 200), ("*/*", "?_format=text/turtle", 406),
    ],
)  # fmt: skip
def test_json_is_spoken_and_nothing_else(house: House, accept: str, query: str, status: int) -> None:
    answer = program(house).get(f"{R4}/Patient/P-steady{query}", headers={"Accept": accept})
    assert answer.status_code == status
    assert read(answer)["resourceType"] == ("Patient" if status == 200 else "OperationOutcome")
    if status == 406:
        assert (
            sentence(answer)[1] == "This server speaks FHIR R4 in JSON only: ask for application/fhir+json."
        )


@pytest.mark.parametrize(
    "kind, status",
    [
        ("application/fhir+json", 201), ("application/json; charset=UTF-8", 201), ("application/fhir+json;fhirVersion=4.0", 201),
        ("application/fhir+xml", 415), ("text/plain", 415), ("application/json; charset=latin-1", 415),
    ],
)  # fmt: skip
def test_json_is_understood_and_nothing_else(house: House, kind: str, status: int) -> None:
    answer = program(house).post(RESPONSES, json=response(said("worst", 4)), headers={"Content-Type": kind})
    assert answer.status_code == status
    if status == 415:
        assert sentence(answer)[1] == "Send a resource as application/fhir+json, in UTF-8."


def test_a_body_above_one_megabyte_is_refused_said_or_unsaid(house: House) -> None:
    client, kind = program(house), {"Content-Type": "application/fhir+json"}
    said_so = client.post(RESPONSES, content=b"x" * 1_000_001, headers=kind)
    unsaid = client.post(RESPONSES, content=(b"x" * 100_000 for _ in range(20)), headers=kind)
    assert sentence(said_so)[0] == sentence(unsaid)[0] == 413


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("GET", "/fhir", 404), ("GET", "/fhir/R4", 404), ("GET", f"{R4}/Encounter", 404), ("GET", f"{R4}/Questionnaire/other", 404),
        ("GET", f"{RESPONSES}/7", 404), ("GET", f"{RESPONSES}/{ENTRY}", 404), ("GET", f"{OBSERVATIONS}/{ENTRY}-mood", 404),
        ("GET", f"{OBSERVATIONS}/%00", 404), ("GET", f"{R4}/Patient/%00", 404), ("GET", f"{RESPONSES}?patient=%00", 404),
        ("DELETE", f"{RESPONSES}/{ENTRY}", 405), ("PUT", f"{RESPONSES}/{ENTRY}", 405), ("POST", f"{R4}/metadata", 405),
        ("GET", f"{R4}/Patient/{'x' * 65}", 400), ("GET", f"{RESPONSES}?patient=P-steady&_count=-1", 400),
    ],
)  # fmt: skip
def test_errors_are_operation_outcomes(house: House, method: str, path: str, status: int) -> None:
    assert sentence(program(house).request(method, path))[0] == status


def test_no_database_is_said_in_a_sentence() -> None:
    app = create_app(ApiSettings("postgresql://nobody:x@127.0.0.1:1/none", BASE))
    client = TestClient(app, BASE, headers={"Authorization": "Bearer act_x"})
    answer = client.get(f"{RESPONSES}?patient=P-steady")
    assert sentence(answer)[:2] == (503, "The database does not answer: try again in a moment.")
    assert answer.headers["retry-after"] == "5"


def test_an_unexpected_error_is_an_outcome_that_tells_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("worst pain of P-014 was 9")

    monkeypatch.setattr(exchange.Request, "query_params", property(broken))
    with capture_logs() as lines:
        answer = program(house).get(f"{R4}/metadata")
    assert sentence(answer)[:2] == (500, "Something went wrong here. It was noted.")
    assert "P-014" not in str(lines) + answer.text


# --- what everybody may read ------------------------------------------------------------------------------


def test_the_capability_statement_says_what_is_there_and_nothing_else(house: House) -> None:
    statement = read(program(house, None).get(f"{R4}/metadata"))
    assert (statement["fhirVersion"], statement["kind"]) == ("4.0.1", "instance")
    stated = set()
    for one in statement["rest"][0]["resource"]:
        path = f"{R4}/{one['type']}"
        name = {"Patient": "{patient}", "Questionnaire": "{name}"}.get(one["type"], "{identifier}")
        routes = {"create": ("POST", path), "search-type": ("GET", path), "read": ("GET", f"{path}/{name}")}
        stated |= {routes[interaction["code"]] for interaction in one["interaction"]}
    assert stated | {("GET", f"{R4}/metadata")} == set(CALLS) | FREE


@pytest.mark.parametrize("name", SIGNED)
def test_the_questionnaire_is_for_everybody_who_is_logged_in(house: House, name: str) -> None:
    assert read(program(house, name).get(f"{R4}/Questionnaire/pain-diary"))["status"] == "active"


def test_the_questionnaire_asks_what_an_entry_may_say_in_two_languages(house: House) -> None:
    questionnaire = read(program(house).get(f"{R4}/Questionnaire/pain-diary"))
    items = {item["linkId"]: item for item in questionnaire["item"]}
    assert list(items) == [
        "worst", "average", "least", "now", "interference", "breakthrough", "rescue_doses", "sites", "doses", "note", "skipped",
    ]  # fmt: skip
    assert [part["linkId"] for part in items["doses"]["item"]] == [
        "drug",
        "dose",
        "unit",
        "route",
        "at",
        "rescue",
    ]
    loinc = {
        link for link, item in items.items() for code in item.get("code", []) if code["code"] == "72514-3"
    }
    assert loinc == {"worst", "now"}
    limits = [e[next(k for k in e if k != "url")] for e in items["worst"]["extension"]]
    assert (items["worst"]["type"], limits) == ("integer", [0, 10])
    for item in [*items.values(), *items["doses"]["item"], {"_text": questionnaire["_title"]}]:
        [translation] = item["_text"]["extension"]
        assert translation["extension"][0] == {"url": "lang", "valueCode": "it"}
        assert translation["extension"][1]["valueString"]
    assert "LA" not in str([code["code"] for item in items.values() for code in item.get("code", [])])


def test_the_questions_are_the_fields_of_an_entry() -> None:
    from api.entries import DiaryIn, DoseIn

    assert {q.link for q in QUESTIONS} == set(DiaryIn.model_fields) - {"id", "at", "entered_at"}
    [doses] = [q for q in QUESTIONS if q.link == "doses"]
    assert {q.link for q in doses.parts} == set(DoseIn.model_fields)


def test_a_patient_is_an_identifier_and_no_name(written: House) -> None:
    assert read(program(written).get(f"{R4}/Patient/P-steady")) == {
        "resourceType": "Patient", "id": "P-steady",
        "identifier": [{"type": {"text": "identifier that the ward uses"}, "value": "P-steady"}],
    }  # fmt: skip
    simulated = read(program(written, "admin").get(f"{R4}/Patient/P-demo"))
    assert simulated["meta"]["security"][0]["code"] == "HTEST"


def test_an_entry_with_what_fhir_cannot_say_is_still_valid(house: House) -> None:
    body = {
        "id": ENTRY,
        "at": "2026-05-04T10:00:00.123456Z",
        "note": "a\x01b",
        "sites": [" ", "hip"],
        "doses": [],
        "skipped": "",
    }
    house.client("anna").post(PAIN, json=body)
    resource = read(program(house).get(f"{RESPONSES}/{ENTRY}"))
    assert [(i["linkId"], [a["valueString"] for a in i["answer"]]) for i in resource["item"]] == [
        ("sites", ["hip"]), ("note", ["a\N{REPLACEMENT CHARACTER}b"]),
    ]  # fmt: skip
    absent = read(program(house).get(f"{OBSERVATIONS}/{ENTRY}-worst"))
    assert absent["dataAbsentReason"]["text"] == "The patient gave no reason."
