"""What every answer has around it: headers, problem details, limits, and the log line."""

from __future__ import annotations

import subprocess
import sys

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from api.app import create_app
from api.auth import Db
from api.settings import ApiSettings
from store.database import transaction
from store.diary import PainReport
from tests.api.house import BASE, CALLS, ENTRY, House, routes_of

PAIN = "/api/v1/patients/P-steady/pain"
SECRET = "worst pain of P-014 was 9"


def test_the_api_never_imports_statistics() -> None:
    # The waterfall is drawn with the standard library alone, from rows at hand.
    drawing = {"analytics", "analytics.figures", "analytics.figures.waterfall", "analytics.figures.written"}
    # What a page budget misses is read off a file.
    drawing |= {
        "analytics.escalation",
        "analytics.escalation.operating_curve",
        "analytics.escalation.settings",
    }
    check = (
        "import sys, api.app; there = set(sys.modules); "
        f"ours = {{one for one in there if one.split('.')[0] == 'analytics'}} - {drawing!r}; "
        "assert not ours and not {'scipy', 'ingest'} & there, (ours, sorted(there))"
    )
    subprocess.run([sys.executable, "-c", check], check=True, timeout=60)


def test_every_answer_carries_the_security_headers_errors_too(house: House) -> None:
    asked = [(method, house.path(path)) for method, path in routes_of(house.app) if "/live" not in path]
    asked += [
        ("GET", "/nowhere"),
        ("DELETE", "/api/v1/patients"),
        ("OPTIONS", "/api/v1/cases"),
        ("GET", "/static/nothing"),
    ]
    for name in (None, "anna", "rita"):
        for method, path in asked:
            answer = house.client(name).request(method, path)
            policy = answer.headers["content-security-policy"]
            assert (
                "default-src 'none'" in policy
                and "frame-ancestors 'none'" in policy
                and "unsafe" not in policy
            )
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            if not path.startswith("/static/"):
                assert answer.headers["cache-control"] == "no-store", path
            assert "server" not in answer.headers
    assert "strict-transport-security" not in answer.headers


def test_browsers_that_came_by_tls_are_kept_there(migrated_url: str) -> None:
    secure = create_app(ApiSettings(migrated_url, "https://ward.example"))
    answer = TestClient(secure).get("/healthz")
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    secure.state.engine.dispose()


@pytest.mark.parametrize(
    "method, path, status, code",
    [
        ("GET", "/api/v1/nowhere", 404, "not_found"),
        ("GET", "/api/v1/patients/P-nobody", 404, "no_such_patient"),
        ("GET", "/api/v1/patients/%00", 404, "no_such_patient"),
        ("GET", "/api/v1/cases/99999999999999999999", 422, "not_valid"),
        ("DELETE", "/api/v1/patients", 405, "method_not_allowed"),
        ("GET", "/api/v1/patients?cursor=abc", 422, "cursor"),
        ("GET", "/api/v1/patients?limit=0", 422, "not_valid"),
        ("GET", "/api/v1/quarantine", 403, "not_allowed"),
        ("GET", "/api/v1/patients/P-steady/days?index=%00", 422, "not_valid"),
    ],
)
def test_errors_are_problem_details(house: House, method: str, path: str, status: int, code: str) -> None:
    answer = house.client("anna").request(method, path)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(problem)
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)


def test_an_error_names_the_field_and_never_repeats_the_value(house: House) -> None:
    body = {"id": "not-a-uuid-4711", "at": "yesterday-4711", "worst": 4711, "note": ["4711"], "extra4711": 1}
    answer = house.client("anna").post(PAIN, json=body)
    assert answer.status_code == 422
    fields = {error["field"] for error in answer.json()["errors"]}
    assert fields >= {"id", "at", "worst", "note"}
    assert "4711" not in answer.text.replace("extra4711", "")


def test_broken_json_is_a_problem(house: House) -> None:
    answer = house.client("anna").post(PAIN, content=b'{"id": ', headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_a_body_above_one_megabyte_is_refused_said_or_unsaid(house: House) -> None:
    client = house.client("anna")
    said = client.post(PAIN, content=b"x" * 1_000_001)
    unsaid = client.post(
        PAIN, content=(b"x" * 100_000 for _ in range(20)), headers={"Content-Type": "application/json"}
    )
    for answer in (said, unsaid):
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
        assert "content-security-policy" in answer.headers


@pytest.fixture
def broken(migrated_url: str, engine: sa.Engine):
    app = create_app(ApiSettings(migrated_url, BASE))

    @app.get("/api/v1/broken/{patient}")
    def broken(patient: str) -> None:
        raise RuntimeError(SECRET)

    @app.get("/api/v1/uncommitted")
    def uncommitted(db: Db) -> dict[str, str]:
        db.execute(
            sa.text("CREATE TEMP TABLE once (x int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP")
        )
        db.execute(sa.text("INSERT INTO once VALUES (1), (1)"))  # noticed at the commit only
        return {"said": "stored"}

    yield app
    app.state.engine.dispose()


def test_an_unexpected_error_tells_neither_client_nor_log_what_it_said(broken: FastAPI) -> None:
    with capture_logs() as lines:
        answer = TestClient(broken).get("/api/v1/broken/P-014")
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    failed = [line for line in lines if line["action"] == "failed"]
    assert [line["error"] for line in failed] == ["RuntimeError"]
    assert failed[0]["request_id"] == answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "P-014" not in str(lines) + answer.text and "pain" not in str(lines)


def test_what_cannot_be_committed_is_never_answered_with_success(broken: FastAPI) -> None:
    answer = TestClient(broken).get("/api/v1/uncommitted")
    assert answer.status_code == 500
    assert "stored" not in answer.text


def test_what_is_answered_with_success_is_committed_before_the_first_byte(house: House) -> None:
    at_first_byte: list[int] = []

    async def watched(scope, receive, send):  # type: ignore[no-untyped-def]
        async def look(message):  # type: ignore[no-untyped-def]
            if message["type"] == "http.response.start":
                with transaction(house.engine) as other:
                    at_first_byte.append(len(other.scalars(sa.select(PainReport)).all()))
            await send(message)

        await house.app(scope, receive, look)

    headers = {"Authorization": f"Bearer {house.tokens['anna']}"}
    right = CALLS["POST", "/api/v1/patients/{patient}/pain"]
    answer = TestClient(watched, BASE).post(PAIN, json=right.body, headers=headers)
    assert (answer.status_code, at_first_byte) == (201, [1])


def test_a_log_line_has_the_route_and_not_the_patient(house: House) -> None:
    with capture_logs() as lines:
        house.client("anna").get("/api/v1/patients/P-steady/days?index=io")
        house.client("anna").post(
            PAIN, json={"id": ENTRY, "at": "2026-05-04T08:00:00Z", "worst": 9, "note": "very bad"}
        )
    # Other threads of this process may log, too.
    assert [(line["route"], line["status"]) for line in lines if line.get("action") == "request"] == [
        ("/api/v1/patients/{patient}/days", 200),
        ("/api/v1/patients/{patient}/pain", 201),
    ]
    assert "P-steady" not in str(lines) and "very bad" not in str(lines)


def test_no_database_is_said_in_a_sentence() -> None:
    app = create_app(ApiSettings("postgresql://nobody:x@127.0.0.1:1/none", BASE))
    client = TestClient(app, BASE, headers={"Authorization": "Bearer act_x"})
    answer = client.get("/api/v1/patients")
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
        503,
        "unavailable",
        "5",
    )
    assert client.get("/healthz").status_code == 200


def test_the_description_is_there_and_the_page_that_shows_it_is_not(house: House) -> None:
    described = house.client().get("/openapi.json").json()
    assert {
        (m.upper(), p) for p, item in described["paths"].items() for m in item if p.startswith("/api/")
    } == set(CALLS)
    for path, item in described["paths"].items():
        for operation in item.values():
            assert operation.get("description"), path
            if path.startswith("/api/"):
                assert operation["security"] == [{"HTTPBearer": []}], path
                assert "application/problem+json" in operation["responses"]["401"]["content"]
    assert house.client().get("/docs").status_code == house.client().get("/redoc").status_code == 404
