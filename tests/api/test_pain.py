"""Diary entries and treatments that the ward writes down."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import sqlalchemy as sa

from store.access import AuditEntry
from store.database import now, transaction
from store.diary import PainReport, Treatment, add_reports
from store.marks import DIARY
from store.results import StaleDay
from tests.api.house import ENTRY, House
from tests.cast import NOON

PAIN = "/api/v1/patients/P-steady/pain"
TREATMENTS = "/api/v1/patients/P-steady/treatments"
WINDOW = {"from": "2026-05-01", "to": "2026-05-10"}
DIARY_ENTRY = {
    "id": ENTRY, "at": "2026-05-04T23:30:00+02:00", "worst": 8, "average": 5, "least": 2, "now": 4, "interference": 3,
    "breakthrough": 2, "rescue_doses": 1, "sites": ["hip"], "note": "after the walk",
    "doses": [{"drug": "fentanyl", "dose": 25, "unit": "mcg/h", "route": "patch", "at": "2026-05-04T08:00:00Z"}],
}  # fmt: skip


def count(house: House, table: type) -> int:
    with transaction(house.engine) as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_the_same_entry_twice_changes_nothing(house: House) -> None:
    client = house.client("anna")
    first, second = client.post(PAIN, json=DIARY_ENTRY), client.post(PAIN, json=DIARY_ENTRY)
    assert (first.status_code, first.json()) == (201, {"id": ENTRY, "day": "2026-05-04", "changed": True})
    assert (second.status_code, second.json()) == (200, {"id": ENTRY, "day": "2026-05-04", "changed": False})
    with transaction(house.engine) as session:
        stale = session.scalars(sa.select(StaleDay)).one()
    assert (stale.patient_id, str(stale.day), stale.kind, stale.marks) == (
        house.cast.steady,
        "2026-05-04",
        DIARY,
        1,
    )
    assert count(house, PainReport) == 1
    with transaction(house.engine) as session:
        assert session.scalars(sa.select(AuditEntry.action)).all() == ["pain.add"]


def test_what_was_entered_is_read_back_whole(house: House) -> None:
    client = house.client("anna")
    client.post(PAIN, json=DIARY_ENTRY)
    [item] = client.get(PAIN, params=WINDOW).json()["items"]
    dose = {**DIARY_ENTRY["doses"][0], "dose": 25.0, "rescue": False}
    said = {**DIARY_ENTRY, "at": "2026-05-04T21:30:00Z", "doses": [dose]}
    assert {key: item[key] for key in said} == said
    assert (item["day"], item["revision"], item["skipped"]) == ("2026-05-04", 1, None)


def test_other_content_under_the_same_id_is_a_correction(house: House) -> None:
    client = house.client("anna")
    client.post(PAIN, json=DIARY_ENTRY)
    assert client.post(PAIN, json={**DIARY_ENTRY, "worst": 3, "note": None}).status_code == 201
    [item] = client.get(PAIN, params=WINDOW).json()["items"]
    assert (item["worst"], item["revision"], item["state"], item["note"]) == (3, 2, "corrected", None)
    assert count(house, PainReport) == 2  # nothing is overwritten


def test_what_is_written_down_the_day_after_is_back_filled(house: House) -> None:
    client = house.client("anna")
    entered = {**DIARY_ENTRY, "entered_at": "2026-05-05T08:00:00+02:00"}
    assert client.post(PAIN, json=entered).status_code == 201
    assert client.post(PAIN, json=entered).status_code == 200
    [item] = client.get(PAIN, params=WINDOW).json()["items"]
    assert (item["day"], item["entered_at"], item["state"]) == (
        "2026-05-04",
        "2026-05-05T06:00:00Z",
        "backfilled",
    )


def test_a_patient_who_did_not_answer_has_a_reason_and_no_score(house: House) -> None:
    client = house.client("anna")
    client.post(PAIN, json={"id": ENTRY, "at": "2026-05-04T10:00:00Z", "skipped": "asleep"})
    [item] = client.get(PAIN, params=WINDOW).json()["items"]
    assert (item["worst"], item["skipped"], item["state"]) == (None, "asleep", "skipped")


def test_what_a_phone_sent_and_what_the_ward_wrote_stand_in_one_list_in_pages(house: House) -> None:
    sent = [
        {"entry": uuid.uuid4(), "device_id": house.cast.watch_1, "boot": 1, "seq": i, "at": NOON + timedelta(hours=i), "received_at": NOON, "worst": i}
        for i in range(4)
    ]  # fmt: skip
    with transaction(house.engine) as session:
        add_reports(session, sent)
    client, query, found = house.client("anna"), {**WINDOW, "limit": "2"}, []
    client.post(PAIN, json={"id": ENTRY, "at": "2026-05-04T13:30:00Z", "worst": 9})
    while True:
        page = client.get(PAIN, params=query).json()
        assert len(page["items"]) <= 2
        found += [item["worst"] for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert found == [0, 1, 9, 2, 3]


@pytest.mark.parametrize(
    "wrong",
    [
        {"worst": 11}, {"worst": -1}, {"worst": 7.5}, {"worst": "7"}, {"worst": True}, {"breakthrough": 1001},
        {"at": "2026-05-04T10:00:00"}, {"at": "1999-12-31T23:59:59Z"}, {"at": "soon"}, {"id": "7"}, {"id": None},
        {"note": "x" * 2001}, {"note": "a\0b"}, {"sites": ["a\0b"]}, {"doses": [{"drug": "x"}]},
        {"doses": [{"drug": "x", "dose": -1, "unit": "mg", "route": "oral", "at": "2026-05-04T08:00:00Z"}]},
        {"entered_at": "2026-05-04T20:00:00Z"}, {"entered_at": "later"}, {"entered_at": "2026-05-05T08:00:00"},
        {"entered_at": "2056-05-05T08:00:00Z"}, {"boot": 1}, {"patient_id": 3}, {"received_at": "2026-05-04T10:00:00Z"},
    ],
)  # fmt: skip
def test_what_the_wire_would_refuse_is_refused_here(house: House, wrong: dict[str, object]) -> None:
    assert house.client("anna").post(PAIN, json={**DIARY_ENTRY, **wrong}).status_code == 422
    assert count(house, PainReport) == 0


def test_an_answer_of_the_day_after_tomorrow_is_refused(house: House) -> None:
    at = (now() + timedelta(days=1, minutes=5)).isoformat()
    assert house.client("anna").post(PAIN, json={"id": ENTRY, "at": at, "worst": 4}).status_code == 422


def test_a_treatment_twice_is_one_treatment_and_the_rule_looks_again(house: House) -> None:
    client, treatment = (
        house.client("anna"),
        {"kind": "opioid_up", "at": "2026-05-04T10:00:00Z", "detail": "10 to 15 mg"},
    )
    first, second = client.post(TREATMENTS, json=treatment), client.post(TREATMENTS, json=treatment)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert client.post(TREATMENTS, json={**treatment, "detail": None}).status_code == 201
    items = client.get(TREATMENTS, params=WINDOW).json()["items"]
    assert [(i["kind"], i["at"], i["detail"], i["entered_by"]) for i in items] == [
        ("opioid_up", "2026-05-04T10:00:00Z", None, "anna"),
        ("opioid_up", "2026-05-04T10:00:00Z", "10 to 15 mg", "anna"),
    ]
    with transaction(house.engine) as session:
        stale = session.scalars(sa.select(StaleDay)).one()
    assert (stale.kind, stale.marks) == (DIARY, 2)
    assert count(house, Treatment) == 2


@pytest.mark.parametrize("wrong", [{"kind": "Chemo!"}, {"kind": ""}, {"at": "today"}, {"by": "me"}])
def test_a_treatment_that_makes_no_sense_is_refused(house: House, wrong: dict[str, str]) -> None:
    answer = house.client("anna").post(
        TREATMENTS, json={"kind": "chemo", "at": "2026-05-04T10:00:00Z", **wrong}
    )
    assert answer.status_code == 422
