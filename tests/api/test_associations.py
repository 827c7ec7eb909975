"""Asking how an index and pain move together: at once taken, answered by analytics, shown to whom it concerns."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from store import people
from store.associations import Association, claim_association, save_association
from store.database import transaction
from tests.api.house import House
from tests.cast import NOON

ASK = "/api/v1/cohorts/associations"
WINDOW = {"index": "io", "from": "2026-04-01", "to": "2026-05-04"}


def forget_those_of_the_house(house: House) -> None:
    with transaction(house.engine) as session:
        session.execute(sa.delete(Association))


def answer_one(house: House, n_patients: int, r: float | None = -0.4) -> None:
    """What analytics does with the oldest question."""
    with transaction(house.engine) as session:
        asked = claim_association(session)
        assert asked is not None
        save_association(
            session, asked, result=None if r is None else {"r": r, "p_iid": 0.01}, reason="too little data: 1 complete day" if r is None else None,
            n_patients=n_patients, n_days=50, method="rmcorr 1", at=NOON,
        )  # fmt: skip


def test_a_question_is_taken_at_once_and_answered_when_analytics_has_computed(house: House) -> None:
    forget_those_of_the_house(house)
    client = house.client("anna")
    asked = client.post(ASK, json={"patients": ["P-steady", "P-rising", "P-steady"], **WINDOW})
    assert (asked.status_code, asked.json()["state"]) == (202, "asked")
    waiting = client.get(asked.headers["location"])
    assert (waiting.status_code, waiting.json()["result"]) == (202, None)
    answer_one(house, 2)
    found = client.get(asked.headers["location"])
    assert found.status_code == 200
    said = found.json()
    assert (said["state"], said["result"], said["n_patients"], said["n_days"]) == (
        "computed",
        {"r": -0.4, "p_iid": 0.01},
        2,
        50,
    )
    assert (said["first"], said["last"], said["method"], said["computed_at"]) == (
        "2026-04-01",
        "2026-05-04",
        "rmcorr 1",
        "2026-05-04T12:00:00Z",
    )


def test_too_little_data_is_an_answer_of_its_own(house: House) -> None:
    forget_those_of_the_house(house)
    where = house.client("anna").post(ASK, json={"patients": ["P-steady"], **WINDOW}).headers["location"]
    answer_one(house, 1, None)
    said = house.client("anna").get(where).json()
    assert (said["state"], said["result"], said["reason"]) == (
        "too little data",
        None,
        "too little data: 1 complete day",
    )


def test_all_visible_are_the_patients_of_the_own_site(house: House) -> None:
    house.client("hilda").post(ASK, json={"site": "all visible", **WINDOW})
    with transaction(house.engine) as session:
        newest = session.scalars(sa.select(Association).order_by(Association.id.desc())).first()
    assert newest is not None and newest.patient_ids == [house.cast.elsewhere]


@pytest.mark.parametrize(
    "body, status",
    [
        ({"patients": ["P-steady", "P-elsewhere"]}, 404), ({"patients": ["P-nobody"]}, 404), ({"patients": []}, 404), ({}, 422),
        ({"patients": ["P-steady"], "site": "all visible"}, 422), ({"site": "hill"}, 422), ({"patients": ["P-steady"], "index": "L5_onset"}, 422),
        ({"patients": ["P-steady"], "from": "2026-05-05"}, 422), ({"patients": ["P-steady"], "from": "2020-05-05"}, 422),
        ({"patients": ["P-steady"], "aggregate": True}, 422),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_asked_is_refused(
    house: House, body: dict[str, object], status: int
) -> None:
    assert house.client("anna").post(ASK, json={**WINDOW, **body}).status_code == status


def test_whoever_does_not_see_every_patient_of_it_does_not_see_the_answer(house: House) -> None:
    where = (
        house.client("anna")
        .post(ASK, json={"patients": ["P-steady", "P-rising"], **WINDOW})
        .headers["location"]
    )
    assert house.client("anna").get(where).status_code == 202
    for name in ("hilda", "rita", "admin"):
        assert house.client(name).get(where).status_code == 404


def test_a_patient_lists_the_answers_of_cohorts_with_them_and_says_what_one_alone_can_tell(
    house: House,
) -> None:
    forget_those_of_the_house(house)
    client = house.client("anna")
    for patients in (["P-steady", "P-rising"], ["P-rising"], ["P-steady", "P-demo"]):
        client.post(ASK, json={"patients": patients, **WINDOW})
    answer_one(house, 2)
    first = client.get("/api/v1/patients/P-steady/associations?limit=1").json()
    second = client.get(
        "/api/v1/patients/P-steady/associations", params={"limit": 1, "cursor": first["next"]}
    ).json()
    assert [item["state"] for item in first["items"] + second["items"]] == ["asked", "computed"]
    assert second["next"] is None
    assert first["alone"]["state"] == "too little data" and "several" in first["alone"]["reason"]
    assert client.get("/api/v1/patients/P-steady/associations?index=RA_day").json()["items"] == []


def test_a_researcher_asks_for_everybody_and_learns_nothing_of_fewer_than_ten(house: House) -> None:
    forget_those_of_the_house(house)
    client = house.client("rita")
    assert client.post(ASK, json={"patients": ["P-steady"], **WINDOW}).status_code == 403
    few, many, simulated = (
        client.post(ASK, json={**WINDOW, **more}).headers["location"]
        for more in ({}, {}, {"demonstration": True})
    )
    with transaction(house.engine) as session:
        cohorts = session.scalars(sa.select(Association.patient_ids).order_by(Association.id)).all()
    real = sorted((house.cast.steady, house.cast.rising, house.cast.elsewhere))
    assert cohorts == [real, real, [house.demo]]
    answer_one(house, 9)
    answer_one(house, 10)
    hidden, shown = client.get(few).json(), client.get(many).json()
    assert (hidden["state"], hidden["n_patients"], hidden["n_days"], hidden["result"]) == (
        "suppressed",
        "<10",
        None,
        None,
    )
    assert (shown["state"], shown["n_patients"], shown["result"]["r"]) == ("computed", 10, -0.4)
    assert client.get(simulated).status_code == 202
    assert house.client("anna").get(many).status_code == 404  # holds people of other sites
    assert house.client("anna").get("/api/v1/patients/P-steady/associations").json()["items"] == []


def test_nobody_may_have_more_than_twenty_questions_waiting(house: House) -> None:
    with transaction(house.engine) as session:
        one = people.patient_by_code(session, "P-steady").id
        session.execute(
            sa.insert(Association),
            [
                {"asked_at": NOON - timedelta(hours=i), "asked_by": "hilda", "aggregate": False, "patient_ids": [one], "index": "io", "first": NOON.date(), "last": NOON.date()}
                for i in range(20)
            ],
        )  # fmt: skip
    answer = house.client("hilda").post(ASK, json={"patients": ["P-elsewhere"], **WINDOW})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert house.client("anna").post(ASK, json={"patients": ["P-steady"], **WINDOW}).status_code == 202
