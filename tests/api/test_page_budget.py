"""The page budget of a ward over HTTP."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from api.app import create_app
from api.budget_steps import steps_of
from api.settings import ApiSettings
from store.access import AuditEntry
from store.database import transaction
from tests.api.house import BASE
from tests.made_curve import CURVE, USUAL, document, point

PATH = "/api/v1/sites/main/budget"


def put(house, pages, name="anna"):
    return house.client(name).put(PATH, json={"pages_per_patient_week": pages})


def entries(house):
    with transaction(house.engine) as session:
        rows = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
        return [(row.actor, row.action, row.detail) for row in rows]


def test_a_ward_that_chose_nothing_has_what_is_shipped_with_what_is_expected_of_it(house):
    told = house.client("anna").get(PATH).json()
    assert (told["pages_per_patient_week"], told["set_by"], told["patients"]) == (None, None, 3)
    assert told["label"] == "simulated" and told["seeds"] == [11, 12]
    shipped = CURVE.as_shipped()
    assert told["expected"]["page_score"] == pytest.approx(shipped.page_score)
    assert told["expected"]["sensitivity"] == pytest.approx(shipped.sensitivity)


def test_a_ward_chooses_and_is_told_what_that_misses(house):
    told = put(house, 0.06).json()
    assert (told["pages_per_patient_week"], told["set_by"]) == (0.06, "anna")
    assert told["expected"]["page_score"] == pytest.approx(USUAL - 0.1)
    assert told["expected"]["floor_per_week"] == pytest.approx(0.05)
    assert house.client("anna").get(PATH).json()["expected"] == told["expected"]
    assert put(house, None).json()["pages_per_patient_week"] is None


def test_each_change_is_told_with_what_held_before_and_a_repetition_is_a_look(house):
    for pages in (0.06, 0.1, 0.1):
        put(house, pages)
    assert entries(house) == [
        ("anna", "budget.set", "site main: as shipped to 0.06 pages a patient-week"),
        ("anna", "budget.set", "site main: 0.06 pages a patient-week to 0.1 pages a patient-week"),
        ("anna", "budget.view", "site main"),
    ]


def test_a_reason_stands_beside_the_change_and_one_of_two_lines_changes_nothing(house):
    def choose(pages, reason):
        given = {"pages_per_patient_week": pages, "reason": reason}
        return house.client("anna").put(PATH, json=given).status_code

    assert choose(0.06, "two nurses at night") == 200
    assert choose(0.1, "two\nlines") == choose(0.1, "x" * 501) == 422
    with transaction(house.engine) as session:
        rows = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "budget.set")).all()
        assert [row.reason for row in rows] == ["two nurses at night"]


def test_another_site_is_not_found_like_one_that_does_not_exist(house):
    put(house, 0.06)
    other, nowhere = house.client("hilda").get(PATH), house.client("hilda").get("/api/v1/sites/moon/budget")
    assert other.status_code == nowhere.status_code == 404
    assert other.json() == nowhere.json()
    assert house.client("hilda").put(PATH, json={"pages_per_patient_week": 0.1}).status_code == 404
    assert house.client("anna").get(PATH).json()["pages_per_patient_week"] == 0.06


@pytest.mark.parametrize("pages", [0, -1, 0.001, 0.31, 8, "many", "NaN"])
def test_what_the_curve_says_nothing_of_cannot_be_chosen(house, pages):
    answer = put(house, pages)
    assert answer.status_code == 422
    assert house.client("anna").get(PATH).json()["pages_per_patient_week"] is None


def test_the_sentence_says_between_what_a_budget_lies(house):
    assert put(house, 0.4).json()["detail"] == (
        "A budget lies between 0.005 and 0.3 pages for each patient and week."
    )


def test_without_a_curve_nothing_is_promised_and_nothing_can_be_chosen(house, migrated_url):
    bare = create_app(ApiSettings(migrated_url, BASE, curve=None))
    client = TestClient(bare, BASE, headers={"Authorization": f"Bearer {house.tokens['anna']}"})
    told = client.get(PATH).json()
    assert (told["expected"], told["steps"]) == (None, []) and "not known" in told["reason"]
    assert client.put(PATH, json={"pages_per_patient_week": 0.05}).status_code == 409
    assert client.put(PATH, json={"pages_per_patient_week": None}).status_code == 200
    bare.state.engine.dispose()


def test_the_steps_go_from_few_pages_to_many_with_the_shipped_and_the_present_one():
    steps = steps_of(CURVE, 0.04)
    rates = [step.expected.calm_per_week for step in steps]
    assert rates == sorted(rates)
    assert [step.pages for step in steps].count(None) == 1
    assert 0.04 in [step.pages for step in steps]
    assert [step.mean for step in steps] == sorted(step.mean for step in steps)


def test_a_step_beyond_the_curve_is_not_offered_but_one_chosen_under_an_earlier_curve_is_shown():
    from analytics.escalation.operating_curve import curve_of

    short = curve_of(
        document(points=[point(USUAL + 1.4, 0.01, 0.5, 0.4, 2), point(USUAL - 0.6, 0.05, 0.9, 0.8, 1)])
    )
    assert max(step.pages or 0 for step in steps_of(short, None)) == 0.05
    assert {step.pages: step.expected.calm_per_week for step in steps_of(short, 0.2)}[0.2] == 0.05
