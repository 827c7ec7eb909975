"""Requests that another site made up."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from api.auth import token_of
from tests.api.house import BASE, CALLS, House, routes_of

COMMENT = "/api/v1/cases/{case}/comment"


def csrf(browser: TestClient) -> dict[str, str]:
    return {"X-CSRF-Token": token_of(browser.cookies["actalgia"])}


def test_no_post_of_a_browser_works_without_the_token_of_its_session(house: House) -> None:
    changes = [key for key in routes_of(house.app) if key[0] not in ("GET", "HEAD") and key[1] != "/login"]
    assert len(changes) >= 10
    for method, template in changes:
        right = CALLS.get((method, template))
        name = "rita" if right and "anna" not in right.allowed else "anna"
        browser = house.browser(name)
        for headers in ({}, {"X-CSRF-Token": "0" * 64}, csrf(house.browser(name))):
            body = (right.body if right else None) or {}
            refused = browser.request(method, house.path(template), json=body, headers=headers)
            assert refused.status_code == 403, (template, refused.status_code, refused.text)
            assert refused.json()["code"] == "csrf_token", refused.text


@pytest.mark.parametrize(
    "headers, status",
    [
        ({}, 200),
        ({"Origin": BASE}, 200),
        ({"Origin": BASE, "Sec-Fetch-Site": "same-origin"}, 200),
        (
            {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
            200,
        ),  # what Referrer-Policy: no-referrer makes of ours
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://testserver.evil.example"}, 403),
        ({"Origin": BASE, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_a_post_from_another_site_is_refused_even_with_the_token(
    house: House, headers: dict[str, str], status: int
) -> None:
    browser = house.browser("anna")
    answer = browser.post(
        house.path(COMMENT), json={"comment": "hello"}, headers={**csrf(browser), **headers}
    )
    assert answer.status_code == status, answer.text


def test_the_token_may_come_in_a_form_field(house: House) -> None:
    browser = house.browser("anna")
    path, token = f"/cases/{house.case}/comment", csrf(browser)["X-CSRF-Token"]
    assert browser.post(path, data={"comment": "hello", "csrf_token": token}).status_code == 303
    assert browser.post(path, data={"comment": "hello", "csrf_token": "x"}).status_code == 403


def test_a_program_with_a_token_needs_no_form(house: House) -> None:
    answer = house.client("anna").post(
        house.path(COMMENT), json={"comment": "hello"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 200


def test_a_log_in_form_that_was_made_elsewhere_is_refused(house: House) -> None:
    wrong = house.client().post("/login", data={"name": "anna", "password": "x", "csrf_token": "x"})
    assert wrong.status_code == 403  # no cookie of a form of ours
    client = house.client()
    client.get("/login", headers={"Accept": "text/html"})
    assert client.post("/login", data={"name": "anna", "password": "x", "csrf_token": "x"}).status_code == 403
