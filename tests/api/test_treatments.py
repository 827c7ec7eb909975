"""Treatments with their particulars: what may be said of each kind, read back as given, taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from api.treatment_kinds import KINDS
from store.access import AuditEntry
from store.database import transaction
from store.diary import Treatment
from store.marks import DIARY
from store.results import StaleDay
from tests.api.house import House

PATH = "/api/v1/patients/P-steady/treatments"
WINDOW = {"from": "2026-05-01", "to": "2026-05-10"}
AT = "2026-05-04T10:00:00Z"
SBRT = {
    "technique": "SBRT", "fractions": 3, "dose_gy": 24.0, "site": "L3", "until": "2026-05-08T10:00:00Z", "note": "spine",
}  # fmt: skip


def entered(house: House, kind: str, detail: object = None, at: str = AT):
    return house.client("anna").post(PATH, json={"kind": kind, "at": at, "detail": detail})


def listed(house: House) -> list[dict]:
    return house.client("anna").get(PATH, params=WINDOW).json()["items"]


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("radiotherapy", SBRT),
        ("radiotherapy", {"technique": "single fraction", "fractions": 1, "dose_gy": 8.0}),
        ("chemo", {"drug": "FOLFOX", "cycle": 2, "until": "2026-05-06T10:00:00Z"}),
        ("nerve_block", {"technique": "celiac plexus", "site": "abdomen"}),
        ("neuromodulation", {"technique": "SCS", "note": "trial"}),
        ("intrathecal", {"technique": "pump", "drug": "morphine"}),
        ("opioid_rotation", {"drug": "methadone"}),
        ("acupuncture", {"technique": "ear", "until": "2026-05-04T10:00:00Z"}),
        ("surgery", "a text, as before"),
        ("surgery", None),
    ],
)
def test_a_treatment_is_read_back_as_it_was_given(house: House, kind: str, detail: object) -> None:
    assert entered(house, kind, detail).status_code == 201
    [item] = listed(house)
    assert (item["kind"], item["detail"], item["entered_by"]) == (kind, detail, "anna")


def test_what_is_compared_stands_in_columns(house: House) -> None:
    entered(house, "radiotherapy", SBRT)
    entered(house, "chemo", "first cycle")
    with transaction(house.engine) as session:
        rows = session.execute(sa.text("SELECT * FROM reading.treatments ORDER BY kind")).mappings().all()
        [kept] = session.scalars(sa.select(Treatment).where(Treatment.kind == "radiotherapy"))
    assert (kept.technique, kept.fractions, kept.detail) == ("SBRT", 3, None)
    assert (rows[0]["kind"], rows[0]["detail"], rows[0]["technique"]) == ("chemo", "first cycle", None)
    shown = {
        name: rows[1][name] for name in ("patient", "technique", "fractions", "dose_gy", "site", "detail")
    }
    assert shown == {
        "patient": "P-steady", "technique": "SBRT", "fractions": 3, "dose_gy": 24.0, "site": "L3", "detail": "spine",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "detail", "sentence"),
    [
        ("chemo", {"fractions": 3}, "`fractions` is only for radiotherapy."),
        ("acupuncture", {"dose_gy": 8}, "`dose_gy` is only for radiotherapy."),
        ("radiotherapy", {"cycle": 1}, "`cycle` is not for radiotherapy, which may have technique, fractions, dose_gy, site, until, note."),
        ("opioid_up", {"technique": "x"}, "`technique` is not for opioid_up, which may have drug, note."),
        ("chemo", {"until": "2026-05-03T10:00:00Z"}, "`until` is before `at`, or more than twenty years after it."),
        ("chemo", {"until": "2099-05-03T10:00:00Z"}, "`until` is before `at`, or more than twenty years after it."),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_kind_is_refused_in_one_sentence(
    house: House, kind: str, detail: object, sentence: str
) -> None:
    answer = entered(house, kind, detail)
    assert (answer.status_code, answer.json()["detail"]) == (422, sentence)
    assert listed(house) == []


@pytest.mark.parametrize(
    "detail",
    [{"fractions": 0}, {"fractions": "3"}, {"fractions": 1.5}, {"fractions": True}, {"dose_gy": 0}, {"dose_gy": 1e9}, {"technique": ""},
     {"technique": "x" * 201}, {"note": "a\0b"}, {"grade": 1}, {"until": "soon"}, {"until": "2026-05-08T10:00:00"}, 7, ["SBRT"]],
)  # fmt: skip
def test_a_detail_that_makes_no_sense_is_refused(house: House, detail: object) -> None:
    assert entered(house, "radiotherapy", detail).status_code == 422


def test_nothing_said_is_no_detail(house: House) -> None:
    assert entered(house, "radiotherapy", {}).status_code == 201
    assert entered(house, "radiotherapy", None).status_code == 200, "the same"
    assert listed(house)[0]["detail"] is None


def test_the_same_again_changes_nothing_and_other_particulars_are_another_treatment(house: House) -> None:
    first, second = entered(house, "radiotherapy", SBRT), entered(house, "radiotherapy", SBRT)
    assert (first.status_code, second.status_code, first.json()["id"]) == (201, 200, second.json()["id"])
    assert entered(house, "radiotherapy", {**SBRT, "fractions": 5}).status_code == 201
    assert len(listed(house)) == 2


def test_a_treatment_that_was_entered_wrongly_is_withdrawn_and_not_lost(house: House) -> None:
    kept = entered(house, "radiotherapy", SBRT).json()["id"]
    client = house.client("anna")
    assert client.delete(f"{PATH}/{kept}").status_code == 204
    assert client.delete(f"{PATH}/{kept}").status_code == 204, "repeating it changes nothing"
    assert listed(house) == []
    with transaction(house.engine) as session:
        assert session.scalar(sa.text("SELECT count(*) FROM reading.treatments")) == 0
        row = session.get_one(Treatment, int(kept))
        assert (row.withdrawn_by, row.withdrawn_at is None, row.technique) == ("anna", False, "SBRT")
        actions = session.scalars(
            sa.select(AuditEntry.action).where(AuditEntry.action.like("treatment%"))
        ).all()
        assert sorted(actions) == ["treatment.add", "treatment.withdraw"]
        stale = session.scalars(sa.select(StaleDay)).one()
    assert (str(stale.day), stale.kind, stale.marks) == ("2026-05-04", DIARY, 2)
    again = entered(house, "radiotherapy", SBRT)
    assert (again.status_code, again.json()["id"] != kept) == (201, True)


def test_nobody_withdraws_what_is_not_this_patient_s(house: House) -> None:
    kept = entered(house, "surgery").json()["id"]
    for who, path in (("anna", f"/api/v1/patients/P-rising/treatments/{kept}"), ("hilda", f"{PATH}/{kept}")):
        assert house.client(who).delete(path).status_code == 404
    assert house.client("anna").delete(f"{PATH}/{10**9}").json()["detail"] == "There is no such treatment."
    assert len(listed(house)) == 1


def test_the_kinds_are_in_the_glossary() -> None:
    glossary = (Path(__file__).resolve().parents[2] / "GLOSSARY.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in glossary] == []
