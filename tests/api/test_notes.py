"""Notes over the API: for the ward of the patient, with every finding at its place."""

from __future__ import annotations

import uuid

import pytest

from analytics.jobs.notes import read_notes
from tests.api.house import ENTRY, House
from tests.cast import NOON

NOTES = "/api/v1/patients/P-steady/notes"
PAIN = "/api/v1/patients/P-steady/pain"
WINDOW = {"from": "2026-05-01", "to": "2026-05-10"}


def write(house: House, note: str | None, entry: str | None = None, at: str = "2026-05-04T10:00:00Z") -> None:
    body = {"id": entry or str(uuid.uuid4()), "at": at, "worst": 4, "note": note}
    assert house.client("anna").post(PAIN, json=body).status_code == 201


def test_a_note_comes_with_its_findings_and_their_places(house: House) -> None:
    write(house, "😀 No burning in my left foot", ENTRY)
    read_notes(house.engine, NOON)
    answer = house.client("anna").get(NOTES, params=WINDOW).json()
    [item] = answer["items"]
    assert (item["id"], item["day"], item["language"], item["lexicon"]) == (
        ENTRY,
        "2026-05-04",
        "en",
        "notes 1",
    )
    burning, foot = item["findings"]
    assert burning == {
        "kind": "quality", "value": "thermal", "laterality": None, "start": 5, "end": 12, "text": "burning",
        "negated": True, "uncertain": False, "other_person": False, "rule": burning["rule"],
    }  # fmt: skip
    assert burning["rule"].startswith("en quality thermal: burn")
    assert (foot["value"], foot["laterality"], foot["text"]) == ("foot", "left", "left foot")
    assert answer["tz"] == "Europe/Rome"


def test_a_note_that_nobody_has_read_yet_is_not_one_without_findings(house: House) -> None:
    write(house, "burning")
    [item] = house.client("anna").get(NOTES, params=WINDOW).json()["items"]
    assert (item["findings"], item["reason"], item["lexicon"]) == (None, "not read yet", None)
    read_notes(house.engine, NOON)
    write(house, "The sun is out.", at="2026-05-05T10:00:00Z")
    read_notes(house.engine, NOON)
    nothing = house.client("anna").get(NOTES, params=WINDOW).json()["items"][1]
    assert (nothing["findings"], nothing["reason"]) == ([], None)


def test_only_the_newest_form_of_an_entry_is_shown_and_entries_without_a_note_are_not(house: House) -> None:
    write(house, "burning", ENTRY)
    write(house, "throbbing", ENTRY)
    write(house, None)
    read_notes(house.engine, NOON)
    [item] = house.client("anna").get(NOTES, params=WINDOW).json()["items"]
    assert (item["revision"], [f["value"] for f in item["findings"]]) == (2, ["temporal"])
    write(house, None, ENTRY)
    assert house.client("anna").get(NOTES, params=WINDOW).json()["items"] == []


def test_pages_of_notes_follow_each_other(house: House) -> None:
    for hour in (8, 9, 10):
        write(house, f"note at {hour}", at=f"2026-05-04T{hour:02}:00:00Z")
        write(house, None, at=f"2026-05-04T{hour:02}:30:00Z")
    client, seen, cursor = house.client("anna"), [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = client.get(NOTES, params=WINDOW | {"limit": 2} | more).json()
        seen += [item["note"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["note at 8", "note at 9", "note at 10"]


@pytest.mark.parametrize(("who", "status"), [("hilda", 404), ("rita", 403), (None, 401)])
def test_neither_another_site_nor_a_researcher_gets_a_note(
    house: House, who: str | None, status: int
) -> None:
    write(house, "zanzibar burning")
    read_notes(house.engine, NOON)
    answer = house.client(who).get(NOTES, params=WINDOW)
    assert answer.status_code == status
    assert "zanzibar" not in answer.text
