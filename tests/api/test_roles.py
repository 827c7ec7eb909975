"""Who may call what: each route against each role, from the router itself."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from store.access import AuditEntry
from store.database import transaction
from tests.api.house import CALLS, OPEN, SIGNED, Call, House, routes_of

PUBLIC_PAGES = {
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/static/{name}"),
    ("GET", "/fhir/R4/metadata"),
}
# By a personal link instead of a log-in: tests/pages/test_diary_entrance.py.
PUBLIC_PAGES |= {
    ("GET", "/diary"),
    ("POST", "/diary"),
    ("GET", "/diary/saved"),
    ("GET", "/diary/{token:path}"),
}
ABOUT_ONE = [(m, p) for m, p in CALLS if "{" in p and "{number}" not in p and "{site}" not in p]


def call(house: House, name: str | None, method: str, template: str, right: Call):
    path = house.path(template, name or "anna")
    return house.client(name).request(method, path, params=right.query, json=right.body)


def test_every_route_of_the_api_has_its_row_in_these_tests(app: FastAPI) -> None:
    served = {route for route in routes_of(app) if route[1].startswith("/api/")}
    assert served == set(CALLS)
    assert set(routes_of(app)) >= OPEN


@pytest.mark.parametrize("method, template", CALLS)
def test_each_role_gets_what_is_meant_for_it_and_nothing_else(
    house: House, method: str, template: str
) -> None:
    right = CALLS[method, template]
    for name in SIGNED:
        answer = call(house, name, method, template, right)
        if name in right.allowed:
            assert answer.status_code == right.status, (name, answer.text)
        else:
            assert answer.status_code == refusal(name, template), (name, answer.text)


def refusal(name: str, template: str) -> int:
    if template == "/api/v1/cohorts/associations":
        return 422  # a ward asks for patients by name, or for all of its own
    if template == "/api/v1/silences":
        return 404 if name == "hilda" else 403  # of the site in the body
    if "{number}" in template:
        return 403  # quarantine is the administrator's, whatever is in it
    if template.endswith("/within.svg") and name == "rita":
        return 403  # single people are seen in it
    hidden = name == "hilda" or template.startswith("/api/v1/cohorts/associations/")
    return 404 if hidden and "{" in template else 403


def test_nobody_gets_anything_without_a_valid_token(house: House) -> None:
    wrong = (
        {},
        {"Authorization": "Bearer act_wrong"},
        {"Authorization": "Basic YTpi"},
        {"Cookie": "actalgia=wrong"},
    )
    for (method, template), right in CALLS.items():
        for headers in wrong:
            answer = house.client().request(
                method, house.path(template), params=right.query, json=right.body, headers=headers
            )
            # A form with a cookie that is no session fails at its token already.
            forged = method != "GET" and "Cookie" in headers
            assert answer.status_code == (403 if forged else 401), (method, template, headers)
            assert "P-steady" not in answer.text


def test_every_page_asks_for_a_log_in(house: House) -> None:
    pages = (
        {route for route in routes_of(house.app) if not route[1].startswith("/api/")} - OPEN - PUBLIC_PAGES
    )
    assert pages, "the pages have gone"
    for method, template in pages:
        answer = house.client().request(method, house.path(template).replace("{code:path}", "P-steady"))
        assert answer.status_code in (303, 401, 404), (method, template)
        assert answer.status_code != 404 or "{" in template


def test_another_sites_patient_and_case_do_not_exist(house: House) -> None:
    for method, template in ABOUT_ONE:
        right = CALLS[method, template]
        theirs = call(house, "hilda", method, template, right)
        nowhere = template.format(
            patient="P-nobody", case=10**9, association=10**9, treatment=10**9, silence=10**9
        )
        nobodys = house.client("hilda").request(method, nowhere, params=right.query, json=right.body)
        assert theirs.status_code == nobodys.status_code == 404, template
        assert theirs.json() == nobodys.json()  # not even the sentence tells them apart


def test_an_administrator_sees_simulated_people_only(house: House) -> None:
    for method, template in ABOUT_ONE:
        right = CALLS[method, template]
        real = house.client("admin").request(
            method, house.path(template, "anna"), params=right.query, json=right.body
        )
        assert real.status_code == 404, template
        assert call(house, "admin", method, template, right).status_code == right.status, template


def test_a_revoked_token_opens_nothing(house: House) -> None:
    with transaction(house.engine) as session:
        session.execute(sa.text("UPDATE token SET revoked_at = now() WHERE name = 'anna'"))
    assert house.client("anna").get("/api/v1/patients").status_code == 401


@pytest.mark.parametrize(
    "template", [p for m, p in CALLS if m == "GET" and ("{patient}" in p or "{case}" in p)]
)
def test_every_view_of_a_patient_is_written_down(house: House, template: str) -> None:
    assert call(house, "anna", "GET", template, CALLS["GET", template]).status_code == 200
    with transaction(house.engine) as session:
        [entry] = session.scalars(sa.select(AuditEntry)).all()
    assert (entry.actor, entry.patient_id) == ("anna", house.cast.steady)
    assert entry.action in ("patient.view", "case.view")


@pytest.mark.parametrize("method, template", [key for key in CALLS if key[0] in ("POST", "PUT", "DELETE")])
def test_everything_that_changes_something_is_written_down(house: House, method: str, template: str) -> None:
    right = CALLS[method, template]
    name = next(name for name in ("anna", "rita", "admin") if name in right.allowed)
    assert call(house, name, method, template, right).status_code == right.status
    with transaction(house.engine) as session:
        [entry] = session.scalars(sa.select(AuditEntry)).all()
    assert entry.actor == name
    about_one = name == "anna" and "{site}" not in template and template != "/api/v1/silences"
    assert entry.patient_id == (house.cast.steady if about_one else None)


def test_what_another_site_did_not_get_leaves_no_view(house: House) -> None:
    house.client("hilda").get("/api/v1/patients/P-steady")
    with transaction(house.engine) as session:
        assert session.scalars(sa.select(AuditEntry)).all() == []
