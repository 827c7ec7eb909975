"""Silences: nobody is told of a patient or of a ward for a while; why, who says so, and who agrees."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from api.auth import AsWardUser, Db
from api.paging import Cursor, Limit, Page, cut, number_of
from api.problems import Problem, documented
from api.visible import patient_or_404
from ladder.timing import ends_soon
from store.access import Role, User, record
from store.alerts import holds
from store.alerts.cases import Case
from store.alerts.silences import AlertSilence, silences_seen, visible_silence
from store.database import now

router = APIRouter(
    prefix="/api/v1/silences", tags=["silences"], responses=documented(401, 403, 404, 409, 422)
)
SilenceId = Annotated[int, Path(ge=1, lt=2**63)]


class SilenceIn(BaseModel):
    """Of one patient, or of your own site."""

    model_config = ConfigDict(extra="forbid")
    patient: Annotated[str | None, Field(max_length=64)] = None
    site: Annotated[str | None, Field(max_length=64)] = None
    reason: Annotated[str, Field(min_length=1, max_length=2000, pattern="^[^\\x00]*$")]
    until: Annotated[AwareDatetime, Field(description="at most 30 days from now")]

    @model_validator(mode="after")
    def of_one(self) -> Self:
        """A patient or a site, not both and not neither."""
        if (self.patient is None) == (self.site is None):
            raise ValueError("either `patient` or `site`")
        return self


class SilenceOut(BaseModel):
    """Who wanted nobody to be told of what, why and until when. With `case` it is a snooze."""

    id: int
    patient: str | None
    site: str | None
    case: int | None
    reason: str
    author: str
    begins: datetime
    until: datetime
    second: Annotated[str | None, Field(description="who else agrees")]
    second_at: datetime | None
    in_force: bool
    covers_urgent: Annotated[bool, Field(description="`high` pages, too: a second person has agreed")]
    waits: Annotated[str | None, Field(description="what it does not cover before a second person agrees")]
    ended_at: datetime | None
    ended_by: str | None
    ends_soon: Annotated[bool, Field(description="the last quarter, at most three days: people are reminded")]


@router.get("")
def silences(
    db: Db,
    user: AsWardUser,
    ended: Annotated[bool, Query(description="those that are over, too")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[SilenceOut]:
    """Silences of your ward and of the patients that you may see, snoozes of their cases, newest first."""
    at = now()
    found = silences_seen(db, user, at, ended, number_of(cursor), limit + 1)
    rows, further = cut(found, limit, lambda row: (row[0].id,))
    record(db, at, user.name, "silences.list", detail=f"{len(rows)} silences")
    return Page(items=[_out(db, silence, code, at) for silence, code in rows], next=further)


@router.post("", status_code=201)
def add(db: Db, user: AsWardUser, said: SilenceIn) -> SilenceOut:
    """Have nobody told. Urgent (`high`) pages pass through until a second person agrees."""
    at = now()
    if said.patient is not None:
        patient = patient_or_404(db, user, said.patient)
        made = holds.silence_patient(db, patient.id, user.name, said.until, said.reason, at)
        record(db, at, user.name, "silence.add", patient.id, f"silence {made.id}", made.kept_in)
        return _out(db, made, patient.code, at)
    if said.site != user.site:
        raise Problem(404, "There is no such site.", "no_such_site")
    if user.role is not Role.CLINICIAN:
        raise Problem(403, "A ward is silenced by its clinicians.")
    made = holds.silence_ward(db, user.site, user.name, said.until, said.reason, at)
    record(db, at, user.name, "silence.add", None, f"silence {made.id} site {user.site}", made.kept_in)
    return _out(db, made, None, at)


@router.post("/{silence}/agree")
def agree(db: Db, user: AsWardUser, silence: SilenceId) -> SilenceOut:
    """The second person: urgent pages are covered, too."""
    at = now()
    code, patient_id = visible_or_404(db, user, silence)
    agreed = holds.agree(db, silence, user.name, at)
    record(db, at, user.name, "silence.agree", patient_id, f"silence {silence}", agreed.kept_in)
    return _out(db, agreed, code, at)


@router.post("/{silence}/end")
def end(db: Db, user: AsWardUser, silence: SilenceId) -> SilenceOut:
    """It ends now, and the cases that it kept get their turn."""
    at = now()
    code, patient_id = visible_or_404(db, user, silence)
    ended = holds.end(db, silence, user.name, at)
    record(db, at, user.name, "silence.end", patient_id, f"silence {silence}", ended.kept_in)
    return _out(db, ended, code, at)


def visible_or_404(db: Db, user: User, silence_id: int) -> tuple[str | None, int | None]:
    """(code, number) of the patient of a silence that the user may see; None for a ward's."""
    found = visible_silence(db, user, silence_id)
    if found is None:
        raise Problem(404, "There is no such silence.", "no_such_silence")
    return found[1], found[2]


def _out(db: Db, silence: AlertSilence, code: str | None, at: datetime) -> SilenceOut:
    case = None if silence.case_id is None else db.get_one(Case, silence.case_id)
    stands = silence.ended_at is None and silence.ends > at
    asked = stands and case is not None and holds.waits_for_second(silence, case)
    waits = None
    if asked:
        waits = f"{silence.author} has asked for it: it is in force when a second person agrees."
    elif stands and case is None and silence.second is None:
        waits = "Urgent pages pass through it until a second person agrees."
    return SilenceOut(
        id=silence.id,
        patient=code,
        site=silence.site,
        case=silence.case_id,
        reason=silence.reason,
        author=silence.author,
        begins=silence.begins,
        until=silence.ends,
        second=silence.second,
        second_at=silence.second_at,
        in_force=stands and not asked,
        covers_urgent=stands and silence.second is not None,
        waits=waits,
        ended_at=silence.ended_at,
        ended_by=silence.ended_by,
        ends_soon=stands and ends_soon(silence.begins, silence.ends, at),
    )
