"""QuestionnaireResponse: an entry of the pain diary, read and written."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from api.auth import AsWardUser, Db
from api.fhir.answers import answers_in
from api.fhir.entry import created, entries_between, entry_named, instant, rank
from api.fhir.exchange import Body, FhirResponse, answered, base_of, clean, resource_of
from api.fhir.names import ENTRY, PATH, QUESTIONNAIRE, QUESTIONNAIRE_VERSION
from api.fhir.questionnaire import QUESTIONS, Question
from api.fhir.refusal import entry_of
from api.fhir.search import Count, Cursor, page_of, parameters, searchset, window
from api.fhir.subject import code_in, reference_to, seen
from api.paging import place_of
from api.pain import ReportOut, shown
from api.visible import patient_or_404
from store.zones import zone_of_patient

router = APIRouter(prefix=PATH)
NAME = "QuestionnaireResponse"


@router.post(f"/{NAME}")
def create(request: Request, body: Body, db: Db, user: AsWardUser) -> FhirResponse:
    """Write an entry down (201). The same again changes nothing (200); other answers are a correction."""
    resource = resource_of(request, body, NAME)
    patient = patient_or_404(db, user, code_in(resource, base_of(request)))
    entry = entry_of(*answers_in(resource))
    report, changed = created(db, user, patient, entry)
    return answered(request, response_resource(report, patient.code), 201 if changed else 200)


@router.get(f"/{NAME}/{{identifier}}")
def read(request: Request, db: Db, user: AsWardUser, identifier: str) -> FhirResponse:
    """One entry in its newest form."""
    patient, report = entry_named(db, user, identifier, NAME)
    return answered(request, response_resource(report, patient.code))


@router.get(f"/{NAME}")
def search(
    request: Request, db: Db, user: AsWardUser, count: Count = 100, cursor: Cursor = None
) -> FhirResponse:
    """The entries of one patient by time, each in its newest form."""
    said = parameters(request, "patient", "authored")
    patient = seen(db, user, dict(said)["patient"], NAME)
    start, end = window("authored", said, zone_of_patient(db, patient.id))
    found, place = entries_between(db, patient.id, start, end), place_of(cursor, str, str, int)
    rows = found if place is None else [report for report in found if rank(report) > tuple(place)]
    page, further = page_of(rows, count, rank)
    resources = [response_resource(report, patient.code) for report in shown(db, page)]
    return FhirResponse(searchset(base_of(request), NAME, said, resources, len(found), further))


def response_resource(report: ReportOut, code: str) -> dict[str, Any]:
    """The resource of an entry, with the answers that it has. An empty text or list is no answer in FHIR."""
    items = [item for question in QUESTIONS for item in _items(question, getattr(report, question.link))]
    resource = {
        "resourceType": NAME,
        "id": str(report.id),
        "meta": {"versionId": str(report.revision), "lastUpdated": instant(report.received_at)},
        "identifier": {"system": ENTRY, "value": str(report.id)},
        "questionnaire": f"{QUESTIONNAIRE}|{QUESTIONNAIRE_VERSION}",
        "status": "amended" if report.revision > 1 else "completed",
        "subject": reference_to(code),
        "authored": instant(report.at),
    }
    return {**resource, "item": items} if items else resource


def _items(question: Question, said: Any) -> list[dict[str, Any]]:
    if question.parts:
        groups = [
            [i for part in question.parts for i in _items(part, dose.get(part.link))] for dose in said or []
        ]
        return [
            {"linkId": question.link, "text": question.english, "item": group} for group in groups if group
        ]
    values = said if question.repeats else [said]
    answers = [
        {question.value: clean(value) if isinstance(value, str) else value}
        for value in values or []
        if _says_something(value)
    ]
    return [{"linkId": question.link, "text": question.english, "answer": answers}] if answers else []


def _says_something(value: object) -> bool:
    return value is not None and (not isinstance(value, str) or value.strip() != "")
