"""Personal links to the diary page: made for a patient, shown once, and revoked."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import quote, urlsplit

import segno
from fastapi import APIRouter, Form, Path, Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from api.auth import AsWardUser, Db
from api.diary.entrance import diary_of
from api.diary.words import FALLBACK, languages
from api.pages.render import page
from api.problems import Problem
from store.access import User, record, visible_patients
from store.database import now
from store.diary_links import DiaryLink, create_link, revoke_link
from store.people import Patient
from store.worklist import patient_of
from store.zones import zone_of_patient

router = APIRouter(include_in_schema=False)
LONGEST_DAYS = 366
USUAL_DAYS = 90
Number = Annotated[int, Path(ge=1, lt=2**63)]


@router.post("/patients/{code:path}/diary-links")
def create(
    request: Request,
    db: Db,
    user: AsWardUser,
    code: str,
    language: Annotated[str, Form(max_length=20)] = FALLBACK,
    days: Annotated[int, Form(ge=1, le=LONGEST_DAYS)] = USUAL_DAYS,
) -> Response:
    """A new link for a patient; it is on the answer, to be handed over, and nowhere else."""
    patient = None if "\0" in code else patient_of(db, user, code)
    if patient is None:
        raise Problem(404, "There is no such patient, or not at your site.")
    if language not in languages():
        raise Problem(422, "The diary does not speak that language: choose one of the list.")
    at = now()
    link, token = create_link(db, patient.id, language, user.name, at, timedelta(days=days))
    record(db, at, user.name, "diary_link.create", patient.id, f"link {link.id}")
    base = request.app.state.settings.base_url
    address = diary_of(base, token)
    return page(
        request,
        "diary_link.html",
        user,
        demonstration=patient.demonstration,
        code=patient.code,
        path=_path(patient),
        link=link,
        address=address,
        picture=qr_code(address),
        language=languages()[language],
        this_machine_only=is_this_machine(base),
        zone=zone_of_patient(db, patient.id),
    )


@router.post("/diary-links/{number}/revoke")
def revoke(db: Db, user: AsWardUser, number: Number) -> Response:
    """Nobody gets in with this link any more, and whoever is in is out."""
    patient = _patient_of_link(db, user, number)
    link = revoke_link(db, number, user.name, now())
    record(db, now(), user.name, "diary_link.revoke", patient.id, f"link {link.id}")
    return RedirectResponse(_path(patient) + "#diary-links", 303)


def qr_code(address: str) -> Markup:
    """The address as a QR code: SVG without a size of its own, dark on white in any theme and on paper."""
    made = segno.make_qr(address, error="m")
    svg = made.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None)
    return Markup(svg)  # noqa: S704 - drawn here out of squares


def is_this_machine(base_url: str) -> bool:
    """Whether no phone can reach that address: it is the loopback's."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _patient_of_link(db: Db, user: User, number: int) -> Patient:
    link = db.get(DiaryLink, number)
    if link is not None:
        patient = db.scalar(visible_patients(user).where(Patient.id == link.patient_id))
        if patient is not None:
            return patient
    raise Problem(404, "There is no such link, or not at your site.")


def _path(patient: Patient) -> str:
    return f"/patients/{quote(patient.code, safe='')}"
