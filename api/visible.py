"""The patient in the path: theirs to see, and written down that they looked."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated

from fastapi import Depends, Path, Request
from sqlalchemy.orm import Session

from api.auth import SAFE_METHODS, AsWardUser, Db
from api.problems import Problem
from store.access import User, record
from store.database import now
from store.people import Patient
from store.worklist import patient_of
from store.zones import zone_of_patient

PatientCode = Annotated[str, Path(max_length=64, description="the identifier that the ward uses")]


def visible_patient(request: Request, session: Db, user: AsWardUser, patient: PatientCode) -> Patient:
    """The patient with that identifier. Another site's is not found, like one that does not exist.

    Every look leaves an audit entry; what is changed leaves its own.
    """
    found = patient_or_404(session, user, patient)
    if request.method in SAFE_METHODS:
        part = request.scope["route"].path.rpartition("{patient}")[2].strip("/")
        record(session, now(), user.name, "patient.view", found.id, part or None)
    return found


def patient_or_404(session: Session, user: User, code: str) -> Patient:
    """The patient with that identifier, if this user may see them; the caller writes the audit entry."""
    found = None if "\0" in code else patient_of(session, user, code)
    if found is None:
        raise Problem(404, "There is no such patient.", "no_such_patient")
    return found


VisiblePatient = Annotated[Patient, Depends(visible_patient)]


def patient_zone(session: Db, patient: VisiblePatient) -> tzinfo:
    """What cuts the days of the patient in the path."""
    return zone_of_patient(session, patient.id)


PatientZone = Annotated[tzinfo, Depends(patient_zone)]
