"""CapabilityStatement: what is here, and nothing that is not."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Request

from api.fhir.exchange import FhirResponse, base_of
from api.fhir.names import FHIR_VERSION, PATH
from api.fhir.outcome import MEDIA_TYPE

router = APIRouter(prefix=PATH)
#: When what is said here changed last.
CHANGED = "2026-11-27"
_SEARCH = "http://hl7.org/fhir/SearchParameter"


@router.get("/metadata")
def metadata(request: Request) -> FhirResponse:
    """What this server can do; open to everybody, as a client asks before it logs in."""
    return FhirResponse(_resource(base_of(request)))


def _resource(base: str) -> dict[str, Any]:
    patient = _parameter(
        "patient", "reference", f"{_SEARCH}/clinical-patient", "Required: the code of the patient."
    )
    authored = _parameter(
        "authored",
        "date",
        f"{_SEARCH}/QuestionnaireResponse-authored",
        "With eq, ge, le, gt or lt. Dates are the patient's local days.",
    )
    code = _parameter(
        "code",
        "token",
        f"{_SEARCH}/clinical-code",
        "LOINC 72514-3, or worst, average, least, now, interference.",
    )
    date = _parameter("date", "date", f"{_SEARCH}/clinical-date", "As authored.")
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": CHANGED,
        "kind": "instance",
        "software": {"name": "Actalgia", "version": version("actalgia")},
        "implementation": {"description": "The pain diary of Actalgia", "url": base},
        "fhirVersion": FHIR_VERSION,
        "format": [MEDIA_TYPE, "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Entries of the pain diary. A search takes _count; `next` is its next page.",
                "security": {
                    "description": f"Every address below {PATH} but metadata wants the header "
                    "Authorization: Bearer TOKEN. Clinicians see the patients of their own site, "
                    "researchers nobody here."
                },
                "resource": [
                    _can("Observation", ["create", "read", "search-type"], [patient, code, date]),
                    _can("Patient", ["read"]),
                    _can("Questionnaire", ["read"]),
                    _can("QuestionnaireResponse", ["create", "read", "search-type"], [patient, authored]),
                ],
            }
        ],
    }


def _can(
    kind: str, interactions: list[str], parameters: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    # No history: a correction is a new version of its resource, and only the newest is shown.
    resource: dict[str, Any] = {"type": kind, "interaction": [{"code": one} for one in interactions]}
    return {**resource, "searchParam": parameters} if parameters else resource


def _parameter(name: str, kind: str, definition: str, words: str) -> dict[str, str]:
    return {"name": name, "definition": definition, "type": kind, "documentation": words}
