"""Entries of the diary as QuestionnaireResponses: written, corrected, read, searched."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.fhir.names import QUESTIONNAIRE
from store import people
from store.access import AuditEntry
from store.database import transaction
from store.diary import PainReport, add_reports
from store.marks import DIARY
from store.results import StaleDay
from tests.api.fhir_reader import PAIN, RESPONSES, WINDOW, post, program, read, response, said, sentence
from tests.api.house import ENTRY, House
from tests.api.test_pain import DIARY_ENTRY, count
from tests.cast import NOON

DOSE = {
    "linkId": "doses",
    "item": [
        said("drug", "fentanyl", "valueString"),
        said("dose", 25, "valueDecimal"),
        said("unit", "mcg/h", "valueString"),
        said("route", "patch", "valueString"),
        said("at", "2026-05-04T08:00:00Z", "valueDateTime"),
        said("rescue", False, "valueBoolean"),
    ],
}
WHOLE = response(
    said("worst", 8), said("average", 5), said("least", 2), said("now", 4), said("interference", 3),
    said("breakthrough", 2), said("rescue_doses", 1), said("sites", "hip", "valueString"), DOSE,
    said("note", "after the walk", "valueString"),
)  # fmt: skip


def answers(resource: dict) -> dict[str, object]:
    """The answers of a resource by their question, as lists."""
    found: dict[str, object] = {}
    for item in resource.get("item", []):
        values = [value for answer in item.get("answer", []) for value in answer.values()]
        found[item["linkId"]] = values or [answers(item), *found.get(item["linkId"], [])]  # type: ignore[misc]
    return found


def test_an_entry_over_fhir_is_the_entry_over_the_api(house: House) -> None:
    client = program(house)
    answer = post(client, RESPONSES, WHOLE)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"http://testserver{RESPONSES}/{ENTRY}"
    assert answer.headers["etag"] == 'W/"1"'
    [item] = client.get(PAIN, params=WINDOW).json()["items"]
    dose = {**DIARY_ENTRY["doses"][0], "dose": 25.0, "rescue": False}
    expected = {**DIARY_ENTRY, "at": "2026-05-04T21:30:00Z", "doses": [dose]}
    assert {key: item[key] for key in expected} == expected
    assert read(client.get(answer.headers["location"])) == read(answer)


def test_an_entry_over_the_api_is_the_entry_over_fhir(house: House) -> None:
    client = program(house)
    client.post(PAIN, json=DIARY_ENTRY)
    resource = read(client.get(f"{RESPONSES}/{ENTRY}"))
    assert (resource["status"], resource["authored"]) == ("completed", "2026-05-04T21:30:00Z")
    assert resource["subject"] == {"reference": "Patient/P-steady"}
    assert resource["identifier"]["value"] == resource["id"] == ENTRY
    assert answers(resource) == {
        "worst": [8], "average": [5], "least": [2], "now": [4], "interference": [3], "breakthrough": [2],
        "rescue_doses": [1], "sites": ["hip"], "note": ["after the walk"],
        "doses": [{"drug": ["fentanyl"], "dose": [25.0], "unit": ["mcg/h"], "route": ["patch"],
                   "at": ["2026-05-04T08:00:00Z"], "rescue": [False]}],
    }  # fmt: skip
    # What was read may be sent back: it is the same entry.
    assert post(client, RESPONSES, resource).status_code == 200
    assert count(house, PainReport) == 1


def test_the_same_again_changes_nothing_and_the_rule_looks_once(house: House) -> None:
    client = program(house)
    first, second = post(client, RESPONSES, WHOLE), post(client, RESPONSES, WHOLE)
    assert (first.status_code, second.status_code) == (201, 200)
    assert read(first) == read(second)
    with transaction(house.engine) as session:
        stale = session.scalars(sa.select(StaleDay)).one()
        audit = [(a.actor, a.action, a.detail) for a in session.scalars(sa.select(AuditEntry))]
    assert (stale.patient_id, str(stale.day), stale.kind, stale.marks) == (
        house.cast.steady, "2026-05-04", DIARY, 1,
    )  # fmt: skip
    assert audit == [("anna", "pain.add", ENTRY), ("anna", "patient.view", "fhir repeated")]


def test_other_answers_under_the_same_identifier_are_a_correction(house: House) -> None:
    client = program(house)
    post(client, RESPONSES, WHOLE)
    corrected = post(client, RESPONSES, response(said("worst", 3), status="amended"))
    assert corrected.status_code == 201
    assert (read(corrected)["status"], read(corrected)["meta"]["versionId"]) == ("amended", "2")
    assert read(client.get(f"{RESPONSES}/{ENTRY}")) == read(corrected)
    [item] = client.get(PAIN, params=WINDOW).json()["items"]
    assert (item["worst"], item["average"], item["revision"], item["state"]) == (3, None, 2, "corrected")
    assert count(house, PainReport) == 2  # nothing is overwritten


@pytest.mark.parametrize(
    "named",
    [
        {"identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{ENTRY}"}},
        {"identifier": None, "id": ENTRY},
        {"identifier": {"value": ENTRY.upper()}, "id": "something-else"},
    ],
)
def test_an_entry_is_named_by_its_identifier_else_by_its_id(house: House, named: dict) -> None:
    assert read(post(program(house), RESPONSES, response(said("worst", 3), **named)))["id"] == ENTRY


def test_who_did_not_answer_has_a_reason_and_no_score(house: House) -> None:
    client = program(house)
    post(client, RESPONSES, response(said("skipped", "asleep", "valueString")))
    [item] = client.get(PAIN, params=WINDOW).json()["items"]
    assert (item["worst"], item["skipped"], item["state"]) == (None, "asleep", "skipped")
    assert answers(read(client.get(f"{RESPONSES}/{ENTRY}"))) == {"skipped": ["asleep"]}


def test_an_item_without_an_answer_says_nothing(house: House) -> None:
    empty = [{"linkId": link, "text": "?"} for link in ("worst", "sites", "note")]
    resource = read(post(program(house), RESPONSES, response(*empty, said("now", 2))))
    assert answers(resource) == {"now": [2]}


def test_the_patient_may_be_named_in_three_ways(house: House) -> None:
    client = program(house)
    for subject in (
        {"reference": "Patient/P-steady"},
        {"reference": "http://testserver/fhir/R4/Patient/P-steady", "display": "the one in bed 4"},
        {"identifier": {"value": "P-steady"}},
    ):
        answer = post(client, RESPONSES, response(said("worst", 3), subject=subject))
        assert answer.status_code in (200, 201), answer.text
        assert read(answer)["subject"] == {"reference": "Patient/P-steady"}


def test_a_code_that_cannot_be_an_id_is_given_as_an_identifier(house: House) -> None:
    with transaction(house.engine) as session:
        people.enrol_patient(session, "P_1/ä", "Europe/Rome")
    client, subject = program(house), {"type": "Patient", "identifier": {"value": "P_1/ä"}}
    written = read(post(client, RESPONSES, response(said("worst", 3), subject=subject)))
    assert written["subject"] == subject
    bundle = read(client.get(RESPONSES, params={"patient": "P_1/ä"}))
    assert [one["resource"] for one in bundle["entry"]] == [written]


REFUSED = [
    (response(said("worst", 11)), "`worst` is a whole number from 0 to 10.", "item[0].answer[0].value"),
    (response(said("now", 1), said("worst", -1)), "`worst` is a whole number from 0 to 10.", "item[1].answer[0].value"),
    (response(said("worst", 7.5)), "`worst` is a whole number.", "item[0].answer[0].value"),
    (response(said("worst", True)), "`worst` is a whole number.", "item[0].answer[0].value"),
    (response(said("worst", "7")), "`worst` is a whole number.", "item[0].answer[0].value"),
    (response(said("worst", "7", "valueString")), "`worst` is answered with valueInteger.", "item[0].answer[0].value"),
    (
        response(said("worst", {"system": "http://loinc.org", "code": "LA6113-0"}, "valueCoding")),
        "`worst` is answered with valueInteger: answer codes of LOINC (LA...) stand for other numbers in other lists, so send the number.",
        "item[0].answer[0].value",
    ),
    (response(said("breakthrough", 1001)), "`breakthrough` is a whole number from 0 to 1000.", "item[0].answer[0].value"),
    (response({"linkId": "worst", "answer": [{"valueInteger": 1}, {"valueInteger": 2}]}), "`worst` has one answer.", "item[0].answer"),
    (response(said("worst", 1), said("worst", 2)), "`worst` comes twice.", "item[1]"),
    (response(said("mood", 1)), "There is no such question here: it is one of worst, average, least, now, interference, breakthrough, rescue_doses, sites, doses, note, skipped.", "item[0].linkId"),
    (response({"linkId": "doses", "item": [said("pill", 1)]}), "There is no such question here: it is one of drug, dose, unit, route, at, rescue.", "item[0].item[0].linkId"),
    (response({"linkId": "doses", "item": DOSE["item"][1:]}), "`drug` is missing.", "item[0]"),
    (response({"linkId": "doses", "item": [*DOSE["item"][2:], DOSE["item"][0], said("dose", -1, "valueDecimal")]}), "`dose` is not valid: Input should be greater than or equal to 0.", "item[0].item[5].answer[0].value"),
    (response(said("doses", 1)), "`doses` is a group: it has items.", "item[0]"),
    (response({**said("worst", 1), "item": []}), "`worst` is no group: it has answers.", "item[0]"),
    (response(said("note", "x" * 2001, "valueString")), "`note` is not valid: String should have at most 2000 characters.", "item[0].answer[0].value"),
    (response(said("note", "a\0b", "valueString")), "`note` is not valid: a text has a NUL.", "item[0].answer[0].value"),
    (response({"linkId": "sites", "answer": [{"valueString": "hip"}, {"valueString": "a\0"}]}), "`sites` is not valid: a text has a NUL.", "item[0].answer[1].value"),
    (response(said("note", " ", "valueString")), "`note` is a text that is not empty.", "item[0].answer[0].value"),
    (response(authored="2026-05-04"), "`authored` is a date and time with seconds and an offset from UTC.", "authored"),
    (response(authored=None), "`authored` is a date and time with seconds and an offset from UTC.", "authored"),
    (response(authored="2026-02-30T10:00:00Z"), "`authored` is a date and time with seconds and an offset from UTC.", "authored"),
    (response(authored="1999-12-31T23:59:59Z"), "`at` is not valid: before 2000, or more than a day ahead.", "authored"),
    (response(identifier={"value": "7"}), "identifier.value is the UUID of the entry: sent again with other answers it is a correction.", "identifier.value"),
    (response(identifier=None), "identifier.value is the UUID of the entry: sent again with other answers it is a correction.", "identifier.value"),
    (response(status="in-progress"), "An entry is completed or amended: one in progress, or withdrawn, is not kept.", "status"),
    (response(status=None), "An entry is completed or amended: one in progress, or withdrawn, is not kept.", "status"),
    (response(questionnaire=QUESTIONNAIRE + "|2"), "Answers are taken to the Questionnaire pain-diary only.", "questionnaire"),
    (response(subject=None), "Say whom it is about: subject.reference is Patient/ and the code of the patient.", "subject"),
    (response(subject={"reference": "http://elsewhere.example/Patient/P-steady"}), "Say whom it is about: subject.reference is Patient/ and the code of the patient.", "subject"),
    (response(modifierExtension=[{"url": "urn:not", "valueBoolean": True}]), "QuestionnaireResponse has an element that is not kept here: it may have authored, id, identifier, item, questionnaire, status, subject.", None),
]  # fmt: skip


@pytest.mark.parametrize(
    "resource, why, element", REFUSED, ids=[f"{i}-{r[2]}" for i, r in enumerate(REFUSED)]
)
def test_what_cannot_be_kept_is_refused_in_a_sentence_and_nothing_is_stored(
    house: House, resource: dict, why: str, element: str | None
) -> None:
    name = "QuestionnaireResponse"
    where = name if element is None else f"{name}.{element}"
    assert sentence(post(program(house), RESPONSES, resource)) == (422, why, where)
    assert count(house, PainReport) == count(house, AuditEntry) == 0


def test_every_fault_has_its_issue_and_no_value_is_repeated(house: House) -> None:
    answer = post(
        program(house), RESPONSES, response(said("worst", 4711), said("note", "4711" * 600, "valueString"))
    )
    issues = read(answer)["issue"]
    assert [i["expression"] for i in issues] == [
        ["QuestionnaireResponse.item[0].answer[0].value"], ["QuestionnaireResponse.item[1].answer[0].value"],
    ]  # fmt: skip
    assert "4711" not in answer.text


@pytest.mark.parametrize(
    "body",
    [b'{"resourceType": ', b"[]", b"7", b"", b"\xff\xfe", b'{"resourceType": "Patient"}', b"[" * 100_000,
     b'{"resourceType": "QuestionnaireResponse", "status": "\\ud800"}', b'{"resourceType": "QuestionnaireResponse", "x": NaN}'],
)  # fmt: skip
def test_what_is_no_such_resource_is_refused(house: House, body: bytes) -> None:
    answer = program(house).post(RESPONSES, content=body, headers={"Content-Type": "application/fhir+json"})
    assert sentence(answer)[0] == 400


@pytest.mark.parametrize("item", [7, "worst", [7], [None], [{"linkId": ["worst"]}], [{"linkId": "worst", "answer": 7}], [{"linkId": "worst", "answer": [7]}], [{}]])  # fmt: skip
def test_a_resource_of_the_wrong_shape_is_refused(house: House, item: object) -> None:
    assert sentence(post(program(house), RESPONSES, response(item=item)))[0] in (400, 422)


# --- searches ---------------------------------------------------------------------------------------------


def diary_of_a_phone(house: House, hours: int = 4) -> None:
    """Entries that a watch sent, an hour apart from noon on; the worst pain is the hour."""
    rows = [
        {"entry": uuid.uuid4(), "device_id": house.cast.watch_1, "boot": 1, "seq": i, "at": NOON + timedelta(hours=i), "received_at": NOON, "worst": i}
        for i in range(hours)
    ]  # fmt: skip
    with transaction(house.engine) as session:
        add_reports(session, rows)


def worsts(bundle: dict) -> list[int]:
    return [answers(one["resource"])["worst"][0] for one in bundle.get("entry", [])]  # type: ignore[index]


def test_what_a_phone_sent_and_what_the_ward_wrote_stand_in_one_list_in_pages(house: House) -> None:
    diary_of_a_phone(house)
    client = program(house)
    post(client, RESPONSES, response(said("worst", 9), authored="2026-05-04T13:30:00Z"))
    address, pages = f"{RESPONSES}?patient=P-steady&authored=ge2026-05-01&_count=2", []
    while address:
        bundle = read(client.get(address))
        assert bundle["total"] == 5
        pages.append(worsts(bundle))
        address = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
    assert pages == [[0, 1], [9, 2], [3]]


@pytest.mark.parametrize(
    "authored, found",
    [
        ([], [0, 1, 2, 3]),
        (["ge2026-05-04T13:00:00Z"], [1, 2, 3]),
        (["gt2026-05-04T13:00:00Z"], [2, 3]),
        (["le2026-05-04T14:00:00Z"], [0, 1, 2]),
        (["lt2026-05-04T14:00:00Z"], [0, 1]),
        (["ge2026-05-04T15:00:00+02:00", "lt2026-05-04T17:00+02:00"], [1, 2]),
        (["2026-05-04T14:00:00Z"], [2]),
        (["eq2026-05-04"], [0, 1, 2, 3]),
        (["2026-05"], [0, 1, 2, 3]),
        (["lt2026"], []),
        (["2026"], [0, 1, 2, 3]),
        (["gt2026-05-04"], []),
        (["ge2026-05-06", "le2026-05-01"], []),
        (["ge0001-01-01", "le9999-12-31"], [0, 1, 2, 3]),
        (["ge0001-01-01T00:00:00+14:00"], [0, 1, 2, 3]),
    ],
)
def test_times_of_a_search_mean_what_fhir_says(house: House, authored: list[str], found: list[int]) -> None:
    diary_of_a_phone(house)
    bundle = read(program(house).get(RESPONSES, params={"patient": "Patient/P-steady", "authored": authored}))
    assert (worsts(bundle), bundle["total"]) == (found, len(found))


def test_a_date_of_a_search_is_the_patients_local_day(house: House) -> None:
    client = program(house)
    post(client, RESPONSES, response(said("worst", 5), authored="2026-05-04T22:30:00Z"))  # the 5th in Rome
    assert worsts(read(client.get(RESPONSES, params={"patient": "P-steady", "authored": "2026-05-05"}))) == [
        5
    ]
    assert worsts(read(client.get(RESPONSES, params={"patient": "P-steady", "authored": "2026-05-04"}))) == []


@pytest.mark.parametrize(
    "query",
    [
        "", "patient=P-steady&patient=P-rising", "patient=P-steady&status=completed", "patient=P-steady&_count=x", "patient=P-steady&_count=501",
        "patient=P-steady&authored=soon", "patient=P-steady&authored=ne2026-05-01", "patient=P-steady&authored=ge2026-05-01T10:00:00",
        "patient=P-steady&authored=ge2026-05-01T10:00:00+02:00", "patient=P-steady&authored=2026-13", "patient=P-steady&authored=0000",
        "patient:Patient=P-steady",
    ],
)  # fmt: skip
def test_a_search_that_is_not_understood_is_refused(house: House, query: str) -> None:
    assert sentence(program(house).get(f"{RESPONSES}?{query}"))[0] == 400


def test_a_cursor_that_is_not_ours_is_refused(house: House) -> None:
    assert sentence(program(house).get(f"{RESPONSES}?patient=P-steady&_cursor=abc"))[0] == 422


def test_whoever_asks_for_leniency_gets_the_search_without_what_is_not_known(house: House) -> None:
    diary_of_a_phone(house, 1)
    answer = program(house).get(
        f"{RESPONSES}?patient=P-steady&mood=x", headers={"Prefer": "handling=lenient"}
    )
    assert read(answer)["link"] == [
        {"relation": "self", "url": f"http://testserver{RESPONSES}?patient=P-steady"}
    ]


def test_a_count_of_zero_asks_for_the_total_alone(house: House) -> None:
    diary_of_a_phone(house)
    bundle = read(program(house).get(f"{RESPONSES}?patient=P-steady&_count=0"))
    assert (bundle["total"], "entry" in bundle, len(bundle["link"])) == (4, False, 1)


def test_one_uuid_of_a_phone_and_of_the_ward_is_two_entries_and_no_guess(house: House) -> None:
    client = program(house)
    row = {
        "entry": uuid.UUID(ENTRY),
        "device_id": house.cast.watch_1,
        "boot": 1,
        "seq": 0,
        "at": NOON,
        "received_at": NOON,
        "worst": 1,
    }
    with transaction(house.engine) as session:
        add_reports(session, [row])
    assert answers(read(post(client, RESPONSES, response(said("worst", 2), authored=NOON.isoformat()))))[
        "worst"
    ] == [2]
    assert sentence(client.get(f"{RESPONSES}/{ENTRY}"))[0] == 409
    bundle = read(client.get(f"{RESPONSES}?patient=P-steady"))
    assert sorted(worsts(bundle)) == [1, 2]
    assert len({(e["fullUrl"], e["resource"]["meta"]["versionId"]) for e in bundle["entry"]}) == 2


def test_an_entry_of_a_phone_is_found_by_its_uuid_when_its_patient_wore_it(house: House) -> None:
    row = {
        "entry": uuid.UUID(ENTRY),
        "device_id": house.cast.watch_2,
        "boot": 1,
        "seq": 0,
        "at": NOON,
        "received_at": NOON,
        "worst": 1,
    }
    with transaction(house.engine) as session:
        add_reports(session, [row, {**row, "seq": 1, "worst": 2, "at": NOON + timedelta(hours=1)}])
    resource = read(program(house).get(f"{RESPONSES}/{ENTRY}"))
    assert (resource["subject"]["reference"], resource["status"], answers(resource)["worst"]) == (
        "Patient/P-rising",
        "amended",
        [2],
    )


# --- random entries ---------------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30)
WORDS = TEXT.filter(lambda t: t.strip() != "" and all(c >= " " or c in "\t\r\n" for c in t))
FIRST = datetime(2000, 1, 2, tzinfo=UTC)
TIMES = st.integers(0, 26 * 365 * 86_400_000_000).map(
    lambda us: (FIRST + timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")
)
DOSES = st.fixed_dictionaries({"drug": WORDS, "dose": st.floats(0, 1e6, allow_subnormal=False), "unit": WORDS, "route": WORDS, "at": TIMES, "rescue": st.booleans()})  # fmt: skip
NRS = st.integers(0, 10)
ENTRIES = st.fixed_dictionaries(
    {"at": TIMES},
    optional={
        "worst": NRS, "average": NRS, "least": NRS, "now": NRS, "interference": NRS, "breakthrough": st.integers(0, 1000),
        "rescue_doses": st.integers(0, 1000), "sites": st.lists(WORDS, min_size=1, max_size=3), "doses": st.lists(DOSES, min_size=1, max_size=2),
        "note": WORDS, "skipped": WORDS,
    },
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entry=ENTRIES)
def test_any_entry_is_the_same_over_the_api_and_over_fhir(house: House, entry: dict) -> None:
    client, there, back = program(house), str(uuid.uuid4()), str(uuid.uuid4())
    assert client.post(PAIN, json={"id": there, **entry}).status_code == 201
    resource = read(client.get(f"{RESPONSES}/{there}"))
    assert post(client, RESPONSES, resource).status_code == 200  # sent back as it was read: nothing new
    copy = {**resource, "identifier": {"value": back}}
    assert post(client, RESPONSES, copy).status_code == 201
    day = entry["at"][:10]
    around = {"from": str(datetime.fromisoformat(day).date() - timedelta(days=1)), "to": str(datetime.fromisoformat(day).date() + timedelta(days=1))}  # fmt: skip
    items = {i["id"]: i for i in client.get(PAIN, params={**around, "limit": 500}).json()["items"]}
    varying = ("id", "received_at")
    assert {k: v for k, v in items[there].items() if k not in varying} == {k: v for k, v in items[back].items() if k not in varying}  # fmt: skip
    assert {k: items[back][k] for k in entry} == entry
