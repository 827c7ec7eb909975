"""Asking how indices and pain move together: at once taken, answered by analytics, shown to whom it concerns."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from store import people
from store.access import AuditEntry
from store.associations import Association
from store.database import transaction
from tests.api.house import House, answer_oldest
from tests.cast import NOON

ASK = "/api/v1/cohorts/associations"
OF_STEADY = "/api/v1/patients/P-steady/associations"
WINDOW = {"index": "io", "from": "2026-04-01", "to": "2026-05-04"}
FAMILY = {"indices": ["io", "RA", "io"], "from": "2026-04-01", "to": "2026-05-04"}


def forget_those_of_the_house(house: House) -> None:
    with transaction(house.engine) as session:
        session.execute(sa.delete(Association))


def answer_one(house: House, n_patients: int, r: float | None = -0.4, **more: float | None) -> None:
    """What analytics does with the oldest question."""
    with transaction(house.engine) as session:
        answer_oldest(session, {"io": r, **more}, n_patients)


def asked_by(house: House, name: str, **body: object) -> str:
    answer = house.client(name).post(ASK, json=body)
    assert answer.status_code == 202, answer.text
    return answer.headers["location"]


def test_a_question_is_taken_at_once_and_answered_when_analytics_has_computed(house: House) -> None:
    client = house.client("anna")
    asked = client.post(ASK, json={"patients": ["P-steady", "P-rising", "P-steady"], **WINDOW})
    assert (asked.status_code, asked.json()["state"]) == (202, "asked")
    waiting = client.get(asked.headers["location"])
    assert (waiting.status_code, waiting.json()["result"], waiting.json()["figures"]) == (202, None, [])
    answer_one(house, 2)
    found = client.get(asked.headers["location"])
    assert found.status_code == 200
    said = found.json()
    assert (said["state"], said["result"]["r"], said["n_patients"], said["n_days"]) == (
        "computed",
        -0.4,
        2,
        50,
    )
    assert said["result"]["lags"] == [] and said["result"]["mixed"] == {"converged": False}
    assert (said["index"], said["pain"]) == ("io", "worst")
    assert (said["first"], said["last"], said["method"], said["computed_at"]) == (
        "2026-04-01",
        "2026-05-04",
        "links 1",
        "2026-05-04T12:00:00Z",
    )


def test_a_family_of_indices_has_a_document_for_each(house: House) -> None:
    where = asked_by(house, "anna", patients=["P-steady", "P-rising"], pain="average", **FAMILY)
    answer_one(house, 2, RA=None)
    said = house.client("anna").get(where).json()
    assert (said["state"], said["indices"], said["pain"], said["result"]) == (
        "computed",
        ["io", "RA"],
        "average",
        None,
    )
    io, ra = said["documents"]
    assert (io["index"], io["rmcorr"]["r"], io["missing_share"], io["n_days"]) == ("io", -0.4, 0.25, 50)
    assert io["window"] == {"first": "2026-04-01", "last": "2026-05-04"}
    assert (ra["rmcorr"]["r"], ra["rmcorr"]["r_reason"]) == (None, "too little data: 1 complete day")


def test_too_little_data_is_an_answer_of_its_own(house: House) -> None:
    where = asked_by(house, "anna", patients=["P-steady"], **WINDOW)
    answer_one(house, 1, None)
    said = house.client("anna").get(where).json()
    assert (said["state"], said["result"], said["reason"], said["figures"]) == (
        "too little data",
        None,
        "too little data: 1 complete day",
        [],
    )
    assert house.client("anna").get(f"{where}/lags.svg").status_code == 404


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
        ({"patients": ["P-steady"], "aggregate": True}, 422), ({"patients": ["P-steady"], "pain": "note"}, 422),
        ({"patients": ["P-steady"], "indices": ["RA"]}, 422), ({"patients": ["P-steady"], "index": None}, 422),
        ({"patients": ["P-steady"], "index": None, "indices": []}, 422), ({"patients": ["P-steady"], "index": None, "indices": ["RA", "L5_onset"]}, 422),
        ({"patients": ["P-steady"], "index": None, "indices": [f"i{k}" for k in range(21)]}, 422),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_asked_is_refused(
    house: House, body: dict[str, object], status: int
) -> None:
    assert house.client("anna").post(ASK, json={**WINDOW, **body}).status_code == status


def test_whoever_does_not_see_every_patient_of_it_does_not_see_the_answer(house: House) -> None:
    where = asked_by(house, "anna", patients=["P-steady", "P-rising"], **WINDOW)
    assert house.client("anna").get(where).status_code == 202
    answer_one(house, 2)
    for name in ("hilda", "rita", "admin"):
        assert house.client(name).get(where).status_code == 404
        assert house.client(name).get(f"{where}/lags.svg").status_code == 404
        assert house.client(name).get(f"{where}/within.svg").status_code == (403 if name == "rita" else 404)


def test_the_figures_of_an_answer_are_handed_out_and_the_look_is_written_down(house: House) -> None:
    client = house.client("anna")
    where = asked_by(house, "anna", patients=["P-steady", "P-rising"], **FAMILY)
    assert client.get(f"{where}/lags.svg").json()["detail"].endswith("it is not computed yet.")
    answer_one(house, 2, RA=0.3)
    assert client.get(where).json()["figures"] == [f"{where}/lags.svg", f"{where}/within.svg"]
    first, second = client.get(f"{where}/lags.svg"), client.get(f"{where}/within.svg?index=RA")
    assert (first.status_code, first.text, second.text) == (
        200,
        "<svg>lags of io</svg>",
        "<svg>within of RA</svg>",
    )
    assert first.headers["content-type"].startswith("image/svg+xml")
    assert (
        first.headers["cache-control"] == "no-store"
        and "default-src 'none'" in first.headers["content-security-policy"]
    )
    assert client.get(f"{where}/lags.svg?index=IS").status_code == 404
    with transaction(house.engine) as session:
        seen = session.scalars(
            sa.select(AuditEntry.detail).where(AuditEntry.action == "association.view")
        ).all()
    number = where.rpartition("/")[2]
    assert seen[-2:] == [f"association {number} lags.svg", f"association {number} within.svg"]


def test_of_one_patient_alone_can_be_asked_and_the_newest_answer_stands_with_the_patient(
    house: House,
) -> None:
    forget_those_of_the_house(house)
    client = house.client("anna")
    alone = client.get(OF_STEADY).json()["alone"]
    assert (alone["state"], alone["answer"]) == ("not asked", None) and "POST" in alone["reason"]
    asked = client.post(OF_STEADY, json=FAMILY)
    assert (asked.status_code, asked.json()["indices"]) == (202, ["io", "RA"])
    assert client.get(OF_STEADY).json()["alone"]["state"] == "asked"
    answer_one(house, 1, RA=None)
    alone = client.get(OF_STEADY).json()["alone"]
    assert (alone["state"], alone["reason"], alone["answer"]["documents"][0]["rmcorr"]["n_eff"]) == (
        "computed",
        None,
        40.2,
    )
    assert client.get(asked.headers["location"]).status_code == 200
    assert client.get(f"{OF_STEADY}?index=IS").json()["alone"]["state"] == "not asked"
    with transaction(house.engine) as session:
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "association.ask")).one()
    assert entry.patient_id == house.cast.steady


def test_too_little_of_one_patient_is_said_with_its_reason(house: House) -> None:
    forget_those_of_the_house(house)
    client = house.client("anna")
    for r, why in ((None, "too little data: 1 complete day"), (-0.2, "a p value needs 30")):
        client.post(OF_STEADY, json=WINDOW)
        with transaction(house.engine) as session:
            answer_oldest(session, {"io": r}, 1, p=None)
        alone = client.get(OF_STEADY).json()["alone"]
        assert (alone["state"], alone["reason"]) == ("too little data", why)


def test_a_patient_of_another_site_cannot_be_asked_about(house: House) -> None:
    for name, status in (("hilda", 404), ("rita", 403), ("admin", 404)):
        assert house.client(name).post(OF_STEADY, json=WINDOW).status_code == status
    assert house.client("anna").post(OF_STEADY, json={**WINDOW, "patients": ["P-rising"]}).status_code == 422


def test_a_patient_lists_the_answers_of_cohorts_with_them(house: House) -> None:
    forget_those_of_the_house(house)
    client = house.client("anna")
    for patients in (["P-steady", "P-rising"], ["P-rising"], ["P-steady", "P-demo"]):
        client.post(ASK, json={"patients": patients, **WINDOW})
    answer_one(house, 2)
    first = client.get(f"{OF_STEADY}?limit=1").json()
    second = client.get(OF_STEADY, params={"limit": 1, "cursor": first["next"]}).json()
    assert [item["state"] for item in first["items"] + second["items"]] == ["asked", "computed"]
    assert second["next"] is None
    assert first["alone"]["state"] == "not asked"
    assert client.get(f"{OF_STEADY}?index=RA_day").json()["items"] == []


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
    assert (
        hidden["state"],
        hidden["n_patients"],
        hidden["n_days"],
        hidden["result"],
        hidden["documents"],
    ) == (
        "suppressed",
        "<10",
        None,
        None,
        None,
    )
    assert (shown["state"], shown["n_patients"], shown["result"]["r"]) == ("computed", 10, -0.4)
    assert client.get(simulated).status_code == 202
    assert house.client("anna").get(many).status_code == 404  # holds people of other sites
    assert house.client("anna").get(OF_STEADY).json()["items"] == []
    assert (client.get(f"{few}/lags.svg").status_code, client.get(f"{many}/lags.svg").status_code) == (
        403,
        200,
    )
    assert shown["figures"] == [f"{many}/lags.svg"]
    assert client.get(f"{many}/within.svg").status_code == 403


def test_of_a_family_each_index_with_too_few_people_is_hidden(house: House) -> None:
    forget_those_of_the_house(house)
    where = asked_by(house, "rita", **FAMILY)
    answer_one(house, 12, RA=0.3)
    with transaction(house.engine) as session:
        kept = session.scalars(sa.select(Association)).one()
        assert kept.documents is not None
        kept.documents = [kept.documents[0], {**kept.documents[1], "n_patients": 9}]
    client = house.client("rita")
    io, ra = client.get(where).json()["documents"]
    assert (io["n_patients"], io["rmcorr"]["r"]) == (12, -0.4)
    assert (ra["n_patients"], ra["rmcorr"], ra["n_days"]) == ("<10", None, None)
    assert client.get(f"{where}/lags.svg").status_code == 200
    assert client.get(f"{where}/lags.svg?index=RA").status_code == 403


def test_nobody_may_have_more_than_twenty_questions_waiting(house: House) -> None:
    with transaction(house.engine) as session:
        one = people.patient_by_code(session, "P-steady").id
        session.execute(
            sa.insert(Association),
            [
                {"asked_at": NOON - timedelta(hours=i), "asked_by": "hilda", "aggregate": False, "patient_ids": [one], "indices": ["io"], "first": NOON.date(), "last": NOON.date()}
                for i in range(20)
            ],
        )  # fmt: skip
    for path in (ASK, "/api/v1/patients/P-elsewhere/associations"):
        body = {**WINDOW} if path != ASK else {"patients": ["P-elsewhere"], **WINDOW}
        answer = house.client("hilda").post(path, json=body)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")
    assert house.client("anna").post(ASK, json={"patients": ["P-steady"], **WINDOW}).status_code == 202


def test_a_researcher_asks_whole_months_and_hears_three_digits(house: House) -> None:
    forget_those_of_the_house(house)
    where = asked_by(house, "rita", **{**WINDOW, "from": "2026-02-11", "to": "2026-04-20"})
    answer_one(house, 12, -0.412345678)
    told = house.client("rita").get(where).json()
    assert (told["first"], told["last"]) == ("2026-02-01", "2026-04-30")
    assert (told["result"]["r"], told["documents"][0]["rmcorr"]["r"]) == (-0.412, -0.412)
    own = asked_by(house, "anna", patients=["P-steady"], **{**WINDOW, "from": "2026-02-11"})
    answer_one(house, 1, -0.412345678)
    assert house.client("anna").get(own).json()["first"] == "2026-02-11"
    assert house.client("anna").get(own).json()["result"]["r"] == -0.412345678
