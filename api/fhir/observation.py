"""Observation: one pain score of a diary entry, read; or written, as an entry with that score alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request

from api.auth import AsWardUser, Db
from api.fhir.entry import created, entries_between, entry_named, instant, rank
from api.fhir.exchange import Body, FhirResponse, answered, base_of, clean, resource_of
from api.fhir.names import KINDS, PATH, UCUM, codings_of
from api.fhir.refusal import entry_of
from api.fhir.score import score_in
from api.fhir.search import Count, Cursor, page_of, parameters, searchset, window
from api.fhir.subject import code_in, reference_to, seen
from api.paging import place_of
from api.pain import ReportOut, shown
from api.problems import Problem
from api.visible import patient_or_404
from store.diary import Report
from store.zones import zone_of_patient

router = APIRouter(prefix=PATH)
NAME = "Observation"
Score = tuple[Report, str]


@router.post(f"/{NAME}")
def create(request: Request, body: Body, db: Db, user: AsWardUser) -> FhirResponse:
    """Write one score down as an entry (201). The same again changes nothing (200)."""
    resource = resource_of(request, body, NAME)
    patient = patient_or_404(db, user, code_in(resource, base_of(request)))
    values, places, kind = score_in(resource, patient.pseudonym)
    report, changed = created(db, user, patient, entry_of(values, places))
    return answered(request, observation_resource(report, kind, patient.code), 201 if changed else 200)


@router.get(f"/{NAME}/{{identifier}}")
def read(request: Request, db: Db, user: AsWardUser, identifier: str) -> FhirResponse:
    """One score of an entry in its newest form: the UUID of the entry, a hyphen, and which score."""
    entry, _, kind = identifier.rpartition("-")
    patient, report = entry_named(db, user, entry, NAME)
    if kind not in _kinds_in({kind: getattr(report, kind) for kind in KINDS}, report.state):
        raise Problem(404, "There is no such score.", "no_such_score")
    return answered(request, observation_resource(report, kind, patient.code))


@router.get(f"/{NAME}")
def search(
    request: Request, db: Db, user: AsWardUser, count: Count = 100, cursor: Cursor = None
) -> FhirResponse:
    """The pain scores of one patient by time; with `code` only some of them."""
    said = parameters(request, "patient", "code", "date")
    patient = seen(db, user, dict(said)["patient"], NAME)
    start, end = window("date", said, zone_of_patient(db, patient.id))
    wanted = [kind for kind in KINDS if all(_is_meant(kind, v) for name, v in said if name == "code")]
    found: list[Score] = [
        (report, kind)
        for report in entries_between(db, patient.id, start, end)
        for kind in _kinds_in(report.scores, report.state)
        if kind in wanted
    ]
    place = place_of(cursor, str, str, int, int)
    rows = found if place is None else [score for score in found if _rank(score) > tuple(place)]
    page, further = page_of(rows, count, _rank)
    resources = _resources(db, page, patient.code)
    return FhirResponse(searchset(base_of(request), NAME, said, resources, len(found), further))


def observation_resource(report: ReportOut, kind: str, code: str) -> dict[str, Any]:
    """The resource of one score; who did not answer has a reason instead of a value, never 0."""
    value = getattr(report, kind)
    resource = {
        "resourceType": NAME,
        "id": f"{report.id}-{kind}",
        "meta": {"versionId": str(report.revision), "lastUpdated": instant(report.received_at)},
        "status": "corrected" if report.revision > 1 else "final",
        "category": [
            {"coding": [{"system": f"{_HL7}/observation-category", "code": "survey", "display": "Survey"}]}
        ],
        "code": {"coding": codings_of(kind), "text": KINDS[kind]},
        "subject": reference_to(code),
        "effectiveDateTime": instant(report.at),
        "issued": instant(report.received_at),
        "derivedFrom": [{"reference": f"QuestionnaireResponse/{report.id}"}],
    }
    if value is None:
        absent = {"system": f"{_HL7}/data-absent-reason", "code": "not-performed", "display": "Not Performed"}
        return {**resource, "dataAbsentReason": {"coding": [absent], "text": _reason(report)}}
    unit = {"unit": "{score}", "system": UCUM, "code": "{score}"}
    return {**resource, "valueQuantity": {"value": value, **unit}}


_HL7 = "http://terminology.hl7.org/CodeSystem"


def _reason(report: ReportOut) -> str:
    return clean(report.skipped or "").strip() or "The patient gave no reason."


def _kinds_in(scores: dict[str, int | None], state: str) -> list[str]:
    """The scores that an entry has, and of one that was skipped the day's main question, worst pain."""
    return [kind for kind in KINDS if scores[kind] is not None or (kind == "worst" and state == "skipped")]


def _is_meant(kind: str, value: str) -> bool:
    """Whether a `code` of a search (tokens with commas between them, any of which will do) means a score."""
    for token in value.split(","):
        system, bar, code = token.rpartition("|")
        for coding in codings_of(kind):
            if coding["code"] == code and (not bar or coding["system"] == system):
                return True
    return False


def _rank(score: Score) -> tuple[str | int, ...]:
    report, kind = score
    return (*rank(report), list(KINDS).index(kind))


def _resources(db: Db, page: Sequence[Score], code: str) -> list[dict[str, Any]]:
    whole = {report.row: report for report, _ in page}
    more = dict(zip(whole, shown(db, list(whole.values())), strict=True))
    return [observation_resource(more[report.row], kind, code) for report, kind in page]
