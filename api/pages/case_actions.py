"""What a person does on the pages with a case, a silence, an expected level; no JavaScript is needed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from api.auth import AsWardUser, Db
from api.pages import until as instants
from api.pages.entry import keep_typed, own_path
from api.pages.quicker import was_quicker
from api.problems import Problem
from ladder.words import Outcome
from store import worklist
from store.access import User, colleagues, record
from store.alerts import accepted, case_acts, cases, holds
from store.alerts.case_life import NotNow
from store.alerts.silences import visible_silence
from store.database import now
from store.people import Patient

router = APIRouter(include_in_schema=False, dependencies=[Depends(keep_typed)])
Comment = Annotated[str, Form(max_length=2000)]
Reason = Annotated[str, Form(min_length=1, max_length=2000)]
Until = Annotated[str, Form(max_length=40)]
Back = Annotated[str, Form()]


@router.post("/cases/{case_id}/acknowledge")
def acknowledge(
    request: Request,
    db: Db,
    user: AsWardUser,
    case_id: int,
    comment: Comment = "",
    until: Until = "",
    back: Back = "/",
) -> Response:
    """ "I have seen this", and have it until then. Repeating it changes nothing."""
    patient = _case(db, user, case_id)
    said = comment.strip() or None
    if not case_acts.acknowledge(db, case_id, user.name, now(), said, _instant(until)):
        _keep(db, user, patient, case_id, said)
        if quicker := was_quicker(request, db, user, patient, case_id, said):
            return quicker
    return _done(db, user, patient, "case.acknowledge", case_id, back)


@router.post("/cases/{case_id}/assign")
def assign(
    db: Db,
    user: AsWardUser,
    case_id: int,
    to: Annotated[str, Form(max_length=200)],
    until: Until = "",
    comment: Comment = "",
    back: Back = "/",
) -> Response:
    """Hand the case to somebody of the ward."""
    patient = _case(db, user, case_id)
    if to not in (user.name, *colleagues(db, patient.site)):
        raise Problem(409, "There is nobody of this name at the site.")
    said = comment.strip() or None
    if not case_acts.assign(db, case_id, user.name, to, now(), said, _instant(until)):
        _keep(db, user, patient, case_id, said)
    return _done(db, user, patient, "case.assign", case_id, back)


@router.post("/cases/{case_id}/snooze")
def snooze(
    db: Db, user: AsWardUser, case_id: int, until: Until, reason: Reason, back: Back = "/"
) -> Response:
    """Have nobody told until then; of an urgent case when a second person agrees."""
    patient = _case(db, user, case_id)
    made = holds.snooze(db, case_id, user.name, instant_of(until), reason_of(reason), now())
    return _done(db, user, patient, "case.snooze", case_id, back, made.kept_in)


@router.post("/cases/{case_id}/resolve")
def resolve(
    request: Request,
    db: Db,
    user: AsWardUser,
    case_id: int,
    outcome: Annotated[Outcome, Form()],
    comment: Comment = "",
    back: Back = "/",
) -> Response:
    """Close a case with what it turned out to be."""
    patient = _case(db, user, case_id)
    if outcome == Outcome.EXPECTED_LEVEL and not comment.strip():
        raise NotNow("An expected level needs a reason: say in the comment why it is expected.")
    said = comment.strip() or None
    if not case_acts.resolve(db, case_id, user.name, outcome, now(), said):
        _keep(db, user, patient, case_id, said)
        if quicker := was_quicker(request, db, user, patient, case_id, said):
            return quicker
    why = f"as written in case {case_id}" if outcome == Outcome.EXPECTED_LEVEL else None
    return _done(db, user, patient, "case.resolve", case_id, back, why)


@router.post("/cases/{case_id}/reopen")
def reopen(db: Db, user: AsWardUser, case_id: int, comment: Comment = "", back: Back = "/") -> Response:
    """It is not over: whoever says so has it."""
    patient = _case(db, user, case_id)
    said = comment.strip() or None
    if not case_acts.reopen(db, case_id, user.name, now(), said):
        _keep(db, user, patient, case_id, said)
    return _done(db, user, patient, "case.reopen", case_id, back)


@router.post("/cases/{case_id}/comment")
def comment(
    db: Db,
    user: AsWardUser,
    case_id: int,
    comment: Annotated[str, Form(min_length=1, max_length=2000)],
    back: Back = "/",
) -> Response:
    """Add a remark to the story of a case."""
    patient = _case(db, user, case_id)
    cases.comment(db, case_id, user.name, now(), comment.strip())
    return _done(db, user, patient, "case.comment", case_id, back)


@router.post("/cases/{case_id}/level/agree")
def agree_to_level(db: Db, user: AsWardUser, case_id: int, back: Back = "/") -> Response:
    """The second person: the level that covers urgent pain is in force."""
    patient = _case(db, user, case_id)
    accepted.agree_to_level(db, patient.id, case_id, user.name, now())
    why = f"as written in case {case_id}"
    return _done(db, user, patient, "case.level.agree", case_id, back, why)


@router.post("/cases/{case_id}/level/end")
def end_level(db: Db, user: AsWardUser, case_id: int, back: Back = "/") -> Response:
    """The level that was accepted with the case counts as new again."""
    patient = _case(db, user, case_id)
    accepted.end_level(db, patient.id, case_id, user.name, now())
    return _done(db, user, patient, "case.level.end", case_id, back)


@router.post("/patients/{code:path}/silences")
def silence(
    db: Db,
    user: AsWardUser,
    code: str,
    until: Until,
    reason: Reason,
    back: Back = "/",
) -> Response:
    """Have nobody told of the patient; urgent pages pass through."""
    patient = None if "\0" in code else worklist.patient_of(db, user, code)
    if patient is None:
        raise Problem(404, "There is no such patient, or not at your site.")
    at, ends, why = now(), instant_of(until), reason_of(reason)
    made = holds.silence_patient(db, patient.id, user.name, ends, why, at)
    record(db, at, user.name, "silence.add", patient.id, f"silence {made.id}", made.kept_in)
    return RedirectResponse(own_path(back), 303)


@router.post("/silences/{silence_id}/agree")
def agree(db: Db, user: AsWardUser, silence_id: int, back: Back = "/") -> Response:
    """The second person."""
    patient_id = _silence(db, user, silence_id)
    agreed = holds.agree(db, silence_id, user.name, now())
    record(db, now(), user.name, "silence.agree", patient_id, f"silence {silence_id}", agreed.kept_in)
    return RedirectResponse(own_path(back), 303)


@router.post("/silences/{silence_id}/end")
def end(db: Db, user: AsWardUser, silence_id: int, back: Back = "/") -> Response:
    """It ends now, and the cases that it kept get their turn."""
    patient_id = _silence(db, user, silence_id)
    ended = holds.end(db, silence_id, user.name, now())
    record(db, now(), user.name, "silence.end", patient_id, f"silence {silence_id}", ended.kept_in)
    return RedirectResponse(own_path(back), 303)


def _case(db: Db, user: User, case_id: int) -> Patient:
    """Whose case it is. Raises 404 for a case of another site."""
    found = worklist.case_of(db, user, case_id)
    if found is None:
        raise Problem(404, "There is no such case, or not at your site.")
    return found[1]


def _keep(db: Db, user: User, patient: Patient, case_id: int, said: str | None) -> None:
    """What somebody wrote is kept also where somebody else was quicker."""
    cases.keep_comment(db, case_id, user.name, now(), said, patient.id)


def _silence(db: Db, user: User, silence_id: int) -> int | None:
    found = visible_silence(db, user, silence_id)
    if found is None:
        raise Problem(404, "There is no such silence, or not at your site.")
    return found[2]


def _done(
    db: Db, user: User, patient: Patient, what: str, case_id: int, back: str, why: str | None = None
) -> Response:
    record(db, now(), user.name, what, patient.id, f"case {case_id}", why)
    place = f"#case-{case_id}" if own_path(back).startswith("/patients/") else ""
    return RedirectResponse(own_path(back) + place, 303)


def _instant(text: str) -> datetime | None:
    try:
        return instants.read(text)
    except (ValueError, OverflowError) as error:
        raise Problem(
            422, "The time until which it holds could not be read: choose one of the list."
        ) from error


def instant_of(text: str) -> datetime:
    """What was chosen. Raises 422 where nothing was."""
    found = _instant(text)
    if found is None:
        raise Problem(422, "Choose until when it holds.")
    return found


def reason_of(reason: str) -> str:
    """What was said. Raises 422 where nothing was."""
    if not (said := reason.strip()):
        raise Problem(422, "Say why.")
    return said
