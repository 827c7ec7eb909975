"""Pain scores as Observations: of entries that are there, and written one by one."""

from __future__ import annotations

import pytest

from api.fhir.names import SCORE
from store.access import AuditEntry
from store.diary import PainReport
from tests.api.fhir_reader import (
    OBSERVATIONS,
    PAIN,
    RESPONSES,
    WINDOW,
    post,
    program,
    read,
    response,
    said,
    score,
    sentence,
)
from tests.api.house import ENTRY, House
from tests.api.test_pain import DIARY_ENTRY, count

LOINC = {"system": "http://loinc.org", "code": "72514-3"}


def own(kind: str) -> dict[str, str]:
    return {"system": SCORE, "code": kind}


def found(house: House, **query: object) -> list[dict]:
    bundle = read(program(house).get(OBSERVATIONS, params={"patient": "P-steady", **query}))
    entries = [entry["resource"] for entry in bundle.get("entry", [])]
    assert bundle["total"] == len(entries)
    return entries


def kinds(observations: list[dict]) -> dict[str, object]:
    return {one["id"].rpartition("-")[2]: one.get("valueQuantity", {}).get("value") for one in observations}


def test_each_score_of_an_entry_is_an_observation(house: House) -> None:
    house.client("anna").post(PAIN, json=DIARY_ENTRY)
    observations = found(house)
    assert kinds(observations) == {"worst": 8, "average": 5, "least": 2, "now": 4, "interference": 3}
    worst = observations[0]
    assert worst == {
        "resourceType": "Observation",
        "id": f"{ENTRY}-worst",
        "meta": worst["meta"],
        "status": "final",
        "category": [
            {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                        "code": "survey",
                        "display": "Survey",
                    }
                ]
            }
        ],
        "code": {
            "coding": [
                {**LOINC, "display": "Pain severity - 0-10 verbal numeric rating [Score] - Reported"},
                {**own("worst"), "display": "Worst pain in the last 24 hours"},
            ],
            "text": "Worst pain in the last 24 hours",
        },
        "subject": {"reference": "Patient/P-steady"},
        "effectiveDateTime": "2026-05-04T21:30:00Z",
        "issued": worst["meta"]["lastUpdated"],
        "derivedFrom": [{"reference": f"QuestionnaireResponse/{ENTRY}"}],
        "valueQuantity": {
            "value": 8,
            "unit": "{score}",
            "system": "http://unitsofmeasure.org",
            "code": "{score}",
        },
    }
    assert read(program(house).get(f"{OBSERVATIONS}/{ENTRY}-worst")) == worst


@pytest.mark.parametrize(
    "code, expected",
    [
        ("72514-3", ["worst", "now"]), ("http://loinc.org|72514-3", ["worst", "now"]), ("least", ["least"]),
        (f"{SCORE}|average,{SCORE}|interference", ["average", "interference"]), ("http://loinc.org|worst", []),
        ("|worst", []), ("72514-3,least", ["worst", "least", "now"]), ("8867-4", []), (["72514-3", "now"], ["now"]),
    ],
)  # fmt: skip
def test_a_code_chooses_among_the_scores(house: House, code: object, expected: list[str]) -> None:
    house.client("anna").post(PAIN, json=DIARY_ENTRY)
    assert list(kinds(found(house, code=code, date="2026-05-04"))) == expected


def test_scores_come_in_pages_too(house: House) -> None:
    client = program(house)
    client.post(PAIN, json=DIARY_ENTRY)
    post(client, OBSERVATIONS, score(1))
    address, pages = f"{OBSERVATIONS}?patient=P-steady&_count=2&date=ge2026-05-01", []
    while address:
        bundle = read(client.get(address))
        pages.append([one["resource"]["valueQuantity"]["value"] for one in bundle["entry"]])
        address = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
    assert pages == [[1, 8], [5, 2], [4, 3]]


def test_who_did_not_answer_has_a_reason_instead_of_a_value(house: House) -> None:
    client = program(house)
    post(client, RESPONSES, response(said("skipped", "asleep", "valueString")))
    [absent] = found(house)
    assert (absent["id"], absent["dataAbsentReason"]["text"]) == (f"{ENTRY}-worst", "asleep")
    assert absent["dataAbsentReason"]["coding"][0]["code"] == "not-performed"
    assert not [key for key in absent if key.startswith("value")]
    assert read(client.get(f"{OBSERVATIONS}/{ENTRY}-worst")) == absent
    assert sentence(client.get(f"{OBSERVATIONS}/{ENTRY}-now"))[0] == 404


def test_what_was_not_asked_is_no_observation(house: House) -> None:
    post(program(house), RESPONSES, response(said("average", 0)))
    assert kinds(found(house)) == {"average": 0}


def test_a_corrected_entry_has_corrected_scores(house: House) -> None:
    client = program(house)
    post(client, RESPONSES, response(said("worst", 8)))
    post(client, RESPONSES, response(said("worst", 3)))
    [one] = found(house)
    assert (one["status"], one["valueQuantity"]["value"], one["meta"]["versionId"]) == ("corrected", 3, "2")


# --- written ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more, kind",
    [
        ({}, "now"),
        ({"code": {"coding": [LOINC, own("worst")]}}, "worst"),
        ({"code": {"coding": [own("average")]}}, "average"),
        ({"code": {"coding": [own("interference")], "text": "x"}}, "interference"),
    ],
)
def test_a_score_is_stored_as_an_entry(house: House, more: dict, kind: str) -> None:
    client = program(house)
    answer = post(client, OBSERVATIONS, score(7, **more))
    written = read(answer)
    assert (answer.status_code, kinds([written])) == (201, {kind: 7})
    [item] = client.get(PAIN, params=WINDOW).json()["items"]
    assert {
        k: item[k] for k in ("worst", "average", "least", "now", "interference") if item[k] is not None
    } == {kind: 7}
    assert item["at"] == "2026-05-04T08:00:00Z"
    assert read(client.get(answer.headers["location"])) == written
    assert read(client.get(f"{RESPONSES}/{item['id']}"))["item"][0]["linkId"] == kind


@pytest.mark.parametrize("number", [7, 7.0])
def test_a_score_may_be_a_quantity(house: House, number: float) -> None:
    quantity = {"value": number, "unit": "score", "system": "http://unitsofmeasure.org", "code": "{score}"}
    answer = post(program(house), OBSERVATIONS, score(valueInteger=None, valueQuantity=quantity))
    assert kinds([read(answer)]) == {"now": 7}


def test_a_score_sent_twice_is_one_entry_and_another_number_corrects_it(house: House) -> None:
    client = program(house)
    first, second = post(client, OBSERVATIONS, score(7)), post(client, OBSERVATIONS, score(7))
    third = post(client, OBSERVATIONS, score(5, status="corrected", effectiveDateTime="2026-05-04T08:00:00Z"))
    assert [answer.status_code for answer in (first, second, third)] == [201, 200, 201]
    assert len({read(answer)["id"] for answer in (first, second, third)}) == 1
    assert read(third)["status"] == "corrected"
    assert count(house, PainReport) == 2


def test_a_score_with_a_uuid_is_that_entry(house: House) -> None:
    for named in ({"identifier": [{"value": "obs 7"}, {"value": f"urn:uuid:{ENTRY}"}]}, {"id": ENTRY}):
        assert read(post(program(house), OBSERVATIONS, score(7, **named)))["id"] == f"{ENTRY}-now"


def test_a_score_of_an_entry_is_not_written_a_second_time(house: House) -> None:
    client = program(house)
    client.post(PAIN, json=DIARY_ENTRY)
    status, why, element = sentence(post(client, OBSERVATIONS, found(house)[0]))
    assert (status, element) == (422, "Observation.derivedFrom")
    assert why.endswith("correct the QuestionnaireResponse that it is derived from.")
    assert count(house, PainReport) == 1


NUMBER = "A score is a number: valueInteger, or valueQuantity with the UCUM code {score}. Answer codes of LOINC (LA...) stand for other numbers in other lists."
REFUSED = [
    ({"valueInteger": None, "valueCodeableConcept": {"coding": [{"system": "http://loinc.org", "code": "LA6113-0"}]}}, NUMBER, "value"),
    ({"valueInteger": None}, NUMBER, "value"),
    ({"valueInteger": 11}, "`now` is a whole number from 0 to 10.", "value"),
    ({"valueInteger": 7.5}, "A score is a whole number from 0 to 10.", "value"),
    ({"valueInteger": True}, "A score is a whole number from 0 to 10.", "value"),
    ({"valueInteger": None, "valueQuantity": {"value": 7.5, "system": "http://unitsofmeasure.org", "code": "{score}"}}, "A score is a whole number from 0 to 10.", "value.value"),
    ({"valueInteger": None, "valueQuantity": {"value": 7, "comparator": ">", "system": "http://unitsofmeasure.org", "code": "{score}"}}, "A score is one number, without a comparator.", "value.comparator"),
    ({"valueInteger": None, "valueQuantity": {"value": 70, "system": "http://unitsofmeasure.org", "code": "mm"}}, "A score has the unit {score} of http://unitsofmeasure.org.", "value"),
    ({"code": {"coding": [{"system": "http://loinc.org", "code": "LA25253-8"}]}}, None, "code"),
    ({"code": {"coding": [LOINC, own("worst"), own("least")]}}, None, "code"),
    ({"code": {"text": "pain"}}, None, "code"),
    ({"code": None}, None, "code"),
    ({"status": "preliminary"}, "A score is final, amended or corrected; nothing else is kept.", "status"),
    ({"status": "entered-in-error"}, "A score is final, amended or corrected; nothing else is kept.", "status"),
    ({"effectiveDateTime": "2026-05-04"}, "`effectiveDateTime` is a date and time with seconds and an offset from UTC.", "effectiveDateTime"),
    ({"effectiveDateTime": "1999-01-01T00:00:00Z"}, "`at` is not valid: before 2000, or more than a day ahead.", "effective"),
    ({"dataAbsentReason": {"text": "asleep"}}, "Who did not answer has no score: send a QuestionnaireResponse with the answer `skipped`.", "dataAbsentReason"),
    ({"focus": [{"reference": "RelatedPerson/1"}]}, None, None),
    ({"component": []}, None, None),
    ({"subject": {"reference": "Group/1"}}, None, "subject"),
    ({"identifier": {"value": "x"}}, None, "identifier"),
]  # fmt: skip


@pytest.mark.parametrize("more, why, element", REFUSED, ids=[f"{i}-{r[2]}" for i, r in enumerate(REFUSED)])
def test_a_score_that_could_be_misunderstood_is_refused_and_nothing_is_stored(
    house: House, more: dict, why: str | None, element: str | None
) -> None:
    status, text, where = sentence(post(program(house), OBSERVATIONS, score(**more)))
    assert status == (400 if element == "identifier" else 422)
    assert where == ("Observation" if element is None else f"Observation.{element}")
    assert why is None or text == why
    assert count(house, PainReport) == count(house, AuditEntry) == 0
