"""Patient: an identifier and nothing else. Names and birthdays are not kept here."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from api.fhir.exchange import FhirResponse
from api.fhir.names import ID, PATH
from api.visible import VisiblePatient
from store.people import Patient

router = APIRouter(prefix=PATH)


@router.get("/Patient/{patient}")
def patient(patient: VisiblePatient) -> FhirResponse:
    """One patient by the identifier that the ward uses."""
    return FhirResponse(patient_resource(patient))


def patient_resource(patient: Patient) -> dict[str, Any]:
    """The resource; without `id` where the code cannot be one (R4 wants letters, digits, - and .)."""
    resource: dict[str, Any] = {"resourceType": "Patient"}
    if ID.fullmatch(patient.code):
        resource["id"] = patient.code
    if patient.demonstration:
        system = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
        resource["meta"] = {"security": [{"system": system, "code": "HTEST", "display": "test health data"}]}
    resource["identifier"] = [{"type": {"text": "identifier that the ward uses"}, "value": patient.code}]
    return resource
