"""A ward's plan over HTTP."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from ladder.reading import plan_of
from store.access import AuditEntry
from store.alerts.ward_plans import plan_of_site
from store.database import transaction
from tests.ladder.wards import document

PATH = "/api/v1/sites/main/plan"


def put(house, plan=None, name="admin", reason="the new rota", **more):
    body = {"plan": document() if plan is None else plan, "reason": reason, **more}
    return house.client(name).put(PATH, json=body)


def held(house):
    with transaction(house.engine) as session:
        return plan_of_site(session, "main")


def entries(house):
    with transaction(house.engine) as session:
        rows = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
        return [(row.actor, row.action, row.detail) for row in rows]


def test_a_site_without_a_plan_is_told_what_holds_then(house):
    told = house.client("anna").get(PATH).json()
    assert (told["version"], told["plan"], told["on_duty"]) == (None, None, [])
    assert "saved no plan" in told["note"]
    assert told["ladders"]["high"][0] == "At once: the channels of this installation."


def test_an_administrator_saves_a_plan_and_the_ward_sees_it_without_secrets(house):
    saved = put(house)
    assert saved.status_code == 200
    told = house.client("anna").get(PATH).json()
    assert (told["version"], told["saved_by"], told["reason"]) == (1, "admin", "the new rota")
    assert told["plan"]["persons"][1]["channels"] == ["https://hooks.example.org/…"]
    assert "secret" not in json.dumps(told) and "u:p" not in json.dumps(told)
    assert {one["role"] for one in told["on_duty"]} == {"Nurse", "Doctor on call"}
    assert told["ladders"]["high"][2] == "After 2 hours without an answer: Carla Neri."
    assert "fri 19:00 to mon 07:00" in told["warnings"][0]
    assert held(house) == plan_of(document())


def test_what_was_shown_can_be_changed_and_saved_again_without_the_addresses(house):
    put(house)
    plan = house.client("admin").get(PATH).json()["plan"]
    plan["useful_share"] = 0.3
    assert put(house, plan, after=1).json()["version"] == 2
    assert held(house) == plan_of(document(useful_share=0.3))


def test_an_address_that_no_service_has_is_refused_when_it_is_saved_and_never_quoted(house):
    plan = document()
    plan["persons"][0]["channels"] = ["json://127.0.0.1/secret", "sllack://token/secret"]
    answer = put(house, plan)
    assert answer.status_code == 422
    assert (
        answer.json()["detail"] == "Channel 2 of Person `anna` is no address of a service that Apprise knows."
    )
    plan["persons"][0]["channels"].pop()
    assert put(house, plan).status_code == 200


def test_each_save_is_written_down_and_a_repetition_is_a_look(house):
    for _ in range(2):
        put(house)
    house.client("anna").get(PATH)
    assert entries(house) == [
        ("admin", "plan.save", "site main: version 1"),
        ("admin", "plan.view", "site main"),
        ("anna", "plan.view", "site main"),
    ]


def test_a_version_that_was_saved_meanwhile_is_not_replaced_unseen(house):
    put(house)
    answer = put(house, document(useful_share=0.3), after=0)
    assert answer.status_code == 409 and "saved meanwhile" in answer.json()["detail"]
    assert held(house) == plan_of(document())


def test_every_fault_is_told_at_once_and_nothing_is_saved(house):
    answer = put(house, document(zone="Rome", useful_share=9, quiet_hours={"from": "22:00", "to": "22:00"}))
    assert answer.status_code == 422
    told = answer.json()
    assert told["code"] == "bad_plan" and len(told["errors"]) == 3
    assert "give an IANA name" in told["errors"][0]["message"]
    assert held(house) is None


def test_an_address_that_is_refused_is_not_repeated(house):
    plan = document()
    plan["persons"][0]["channels"] = ["https://user:geheim@/hook"]
    answer = put(house, plan)
    assert answer.status_code == 422 and "geheim" not in answer.text


@pytest.mark.parametrize("reason", ["", " ", "x" * 501, "two\nlines", None])
def test_without_a_reason_nothing_is_saved(house, reason):
    assert put(house, reason=reason).status_code == 422
    assert held(house) is None


def test_a_clinician_may_look_and_not_save(house):
    assert put(house, name="anna").status_code == 403
    assert put(house, name="rita").status_code == 403
    assert house.client("rita").get(PATH).status_code == 403
    assert held(house) is None


def test_another_site_is_not_found_like_one_that_does_not_exist(house):
    put(house)
    other, nowhere = house.client("hilda").get(PATH), house.client("hilda").get("/api/v1/sites/moon/plan")
    assert other.status_code == nowhere.status_code == 404 and other.json() == nowhere.json()
    body = {"plan": document(), "reason": "x"}
    assert house.client("admin").put("/api/v1/sites/hill/plan", json=body).status_code == 404
