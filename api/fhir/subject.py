"""Whom a resource is about: `Patient/{code}`."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from api.fhir.exchange import refused
from api.fhir.names import ID
from api.visible import patient_or_404
from store.access import User, record
from store.database import now
from store.people import Patient


def reference_to(code: str) -> dict[str, Any]:
    """The reference of `subject`. A code with letters that an id cannot have is given as an identifier."""
    if ID.fullmatch(code):
        return {"reference": f"Patient/{code}"}
    return {"type": "Patient", "identifier": {"value": code}}


def code_in(resource: dict[str, Any], base: str) -> str:
    """The patient's code in `subject`, which may be written in either way. Raises `Problem` 422."""
    place = f"{resource['resourceType']}.subject"
    subject = resource.get("subject")
    if isinstance(subject, dict):
        reference, identifier = subject.get("reference"), subject.get("identifier")
        if isinstance(reference, str):
            code = reference.removeprefix(base + "/").removeprefix("Patient/")
            if code and reference in (f"Patient/{code}", f"{base}/Patient/{code}"):
                return code
        elif isinstance(identifier, dict) and isinstance(identifier.get("value"), str):
            return str(identifier["value"])
    raise refused("Say whom it is about: subject.reference is Patient/ and the code of the patient.", place)


def seen(session: Session, user: User, code: str, what: str) -> Patient:
    """The patient whose resources of the type `what` are looked at; the look is written down.

    `code` may have `Patient/` before it. Another site's patient is not found (404).
    """
    patient = patient_or_404(session, user, code.removeprefix("Patient/"))
    record(session, now(), user.name, "patient.view", patient.id, f"fhir {what}")
    return patient
