"""Treatments entered and withdrawn on the page of a patient."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Path, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from api.auth import AsWardUser, Db
from api.pages.patient_page import read_page
from api.pages.render import page
from api.pages.treatment_form import FIELDS, Unreadable, read
from api.pages.treatment_form import Form as Written
from api.problems import Problem
from api.treatment_entry import enter, withdraw
from store import worklist
from store.access import User, record
from store.database import now
from store.people import Patient
from store.zones import zone_of_patient

router = APIRouter(include_in_schema=False)
Said = Annotated[str, Form(max_length=4000)]


@router.post("/patients/{code:path}/treatments")
def enter_treatment(
    request: Request,
    db: Db,
    user: AsWardUser,
    code: str,
    kind: Said = "",
    at: Said = "",
    technique: Said = "",
    fractions: Said = "",
    site: Said = "",
    until: Said = "",
    note: Said = "",
) -> Response:
    """Write down what was done; what cannot be read comes back as it was written."""
    patient = _patient(db, user, code)
    said = dict(zip(FIELDS, (kind, at, technique, fractions, site, until, note), strict=True))
    zone = zone_of_patient(db, patient.id)
    try:
        enter(db, user, patient, zone, read(said, zone), now())
    except (Unreadable, Problem) as error:
        sentence = error.detail.replace("`", "") if isinstance(error, Problem) else str(error)
        return _again(request, db, user, patient, Written(said, sentence))
    return _back(patient)


@router.post("/patients/{code:path}/treatments/{treatment}/withdraw")
def withdraw_treatment(
    db: Db, user: AsWardUser, code: str, treatment: Annotated[int, Path(ge=1, lt=2**63)]
) -> Response:
    """Take a treatment back that was entered wrongly. Repeating it changes nothing."""
    patient = _patient(db, user, code)
    withdraw(db, user, patient, zone_of_patient(db, patient.id), treatment, now())
    return _back(patient)


def _patient(db: Session, user: User, code: str) -> Patient:
    found = None if "\0" in code else worklist.patient_of(db, user, code)
    if found is None:
        raise Problem(404, "There is no such patient, or not at your site.")
    return found


def _back(patient: Patient) -> Response:
    return RedirectResponse(f"/patients/{quote(patient.code, safe='')}#treatments", 303)


def _again(request: Request, db: Session, user: User, patient: Patient, written: Written) -> Response:
    at = now()
    [row] = worklist.worklist(db, user, at, patient.code)
    record(db, at, user.name, "patient.view", patient.id)
    shown = read_page(db, row, at, request.app.state.settings.cut_points, user, written)
    demonstration = row.demonstration
    return page(
        request, "patient.html", user, status=422, demonstration=demonstration, live=True, now=at, page=shown
    )
