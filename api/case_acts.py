"""What people do with cases: they have seen it, give it to somebody, put it off, close it, open it again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from api.auth import AsWardUser, Db
from api.cases import CaseId, CaseOut, SnoozeOut, about, snooze_out, visible_case
from api.problems import documented
from ladder.words import Outcome
from store.access import User, record
from store.alerts import accepted, case_acts, holds
from store.alerts import cases as stories
from store.database import now
from store.zones import zone_of_patient

router = APIRouter(prefix="/api/v1/cases", tags=["cases"], responses=documented(401, 403, 404, 409, 422))
# What is blank is nothing said.
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern="^[^\\x00]*$")
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern="^[^\\x00-\\x1f]*$")
]
Until = Annotated[
    AwareDatetime | None, Field(description="at most 30 days from now; null: as the ward has it")
]


class Acted(BaseModel):
    """The case afterwards. `changed` false: somebody had done so before. Then the case says who has it until
    when, or who closed it as what, and of what was said only the comment is kept, in its story."""

    changed: bool
    case: CaseOut


class AcknowledgeIn(BaseModel):
    """ "I have seen this", and have it until then."""

    model_config = ConfigDict(extra="forbid")
    comment: Text | None = None
    until: Until = None


class AssignIn(BaseModel):
    """Who has it from now on. The name is not looked up: nothing is lost by a wrong one, the hold ends."""

    model_config = ConfigDict(extra="forbid")
    to: Name
    until: Until = None
    comment: Text | None = None


class SnoozeIn(BaseModel):
    """Nobody is to be told until then."""

    model_config = ConfigDict(extra="forbid")
    until: AwareDatetime
    reason: Text


class ReopenIn(BaseModel):
    """It is not over."""

    model_config = ConfigDict(extra="forbid")
    comment: Text | None = None


class ResolveIn(BaseModel):
    """What the case turned out to be."""

    model_config = ConfigDict(extra="forbid")
    outcome: Outcome
    comment: Annotated[
        Text | None,
        Field(description="needed for `expected_level`: a level without a reason covers nothing"),
    ] = None
    until: Annotated[
        AwareDatetime | None,
        Field(
            description="of `expected_level`: then the level counts as new again, at most 30 days from now"
        ),
    ] = None


class CommentIn(BaseModel):
    """A remark."""

    model_config = ConfigDict(extra="forbid")
    comment: Text


class Snoozed(Acted):
    """The case with its snooze. `in_force` false: a second person is needed, and `waits` says so."""

    snooze: SnoozeOut | None
    waits: str | None


@router.post("/{case}/acknowledge")
def acknowledge(db: Db, user: AsWardUser, case: CaseId, said: AcknowledgeIn | None = None) -> Acted:
    """Say "I have seen this": what waits to be sent is cancelled. Repeating it changes nothing."""
    visible_case(db, user, case)
    said = said or AcknowledgeIn()
    changed = case_acts.acknowledge(db, case, user.name, now(), said.comment, said.until)
    return _acted(db, user, case, "acknowledge", changed, said=said.comment)


@router.post("/{case}/assign")
def assign(db: Db, user: AsWardUser, case: CaseId, said: AssignIn) -> Acted:
    """Give it to a named person, who has it until then; it comes back when that is over."""
    visible_case(db, user, case)
    changed = case_acts.assign(db, case, user.name, said.to, now(), said.comment, said.until)
    return _acted(db, user, case, "assign", changed, said=said.comment)


@router.post("/{case}/snooze")
def snooze(db: Db, user: AsWardUser, case: CaseId, said: SnoozeIn) -> Snoozed:
    """Have nobody told until then. An urgent (`high`) case is snoozed when a second person agrees."""
    visible_case(db, user, case)
    made = holds.snooze(db, case, user.name, said.until, said.reason, now())
    return _snoozed(db, user, case, "snooze", made.kept_in)


@router.post("/{case}/snooze/agree")
def agree(db: Db, user: AsWardUser, case: CaseId) -> Snoozed:
    """The second person: the snooze that another one has asked for is in force."""
    visible_case(db, user, case)
    agreed = holds.agree_to_snooze(db, case, user.name, now())
    return _snoozed(db, user, case, "snooze.agree", agreed.kept_in)


@router.post("/{case}/snooze/end")
def end_snooze(db: Db, user: AsWardUser, case: CaseId) -> Snoozed:
    """The case comes back, unless somebody has it; what was only asked for is withdrawn."""
    visible_case(db, user, case)
    holds.end_snooze(db, case, user.name, now())
    return _snoozed(db, user, case, "snooze.end")


@router.post("/{case}/resolve")
def resolve(db: Db, user: AsWardUser, case: CaseId, said: ResolveIn) -> Acted:
    """Close a case with what it turned out to be. Repeating it changes nothing."""
    visible_case(db, user, case)
    changed = case_acts.resolve(db, case, user.name, said.outcome, now(), said.comment, said.until)
    why = f"as written in case {case}" if said.outcome == Outcome.EXPECTED_LEVEL else None
    return _acted(db, user, case, "resolve", changed, why, said.comment)


@router.post("/{case}/level/agree")
def agree_to_level(db: Db, user: AsWardUser, case: CaseId) -> Acted:
    """The second person: a level that covers urgent pain is in force from now on."""
    _, patient = visible_case(db, user, case)
    accepted.agree_to_level(db, patient.id, case, user.name, now())
    return _acted(db, user, case, "level.agree", True, f"as written in case {case}")


@router.post("/{case}/level/end")
def end_level(db: Db, user: AsWardUser, case: CaseId) -> Acted:
    """The level that was accepted with this case counts as new again from now on."""
    _, patient = visible_case(db, user, case)
    accepted.end_level(db, patient.id, case, user.name, now())
    return _acted(db, user, case, "level.end", True)


@router.post("/{case}/reopen")
def reopen(db: Db, user: AsWardUser, case: CaseId, said: ReopenIn | None = None) -> Acted:
    """It is not over: you have it. Within 30 days, and not beside another open case of the patient."""
    visible_case(db, user, case)
    changed = case_acts.reopen(db, case, user.name, now(), said.comment if said else None)
    return _acted(db, user, case, "reopen", changed, said=said.comment if said else None)


@router.post("/{case}/comment")
def comment(db: Db, user: AsWardUser, case: CaseId, said: CommentIn) -> Acted:
    """Add a remark to the story of a case."""
    visible_case(db, user, case)
    stories.comment(db, case, user.name, now(), said.comment)
    return _acted(db, user, case, "comment", True)


def _acted(
    db: Db,
    user: User,
    case_id: int,
    what: str,
    changed: bool,
    why: str | None = None,
    said: str | None = None,
) -> Acted:
    db.expire_all()  # the store changes rows, not objects
    case, patient = visible_case(db, user, case_id)
    if not changed:  # somebody was quicker: what was said is kept
        stories.keep_comment(db, case_id, user.name, now(), said, patient.id)
    # Who repeats it is written down, too: they were shown the case.
    record(db, now(), user.name, f"case.{what}", patient.id, f"case {case_id}", why)
    return Acted(changed=changed, case=CaseOut(**about(case, patient, zone_of_patient(db, patient.id))))


def _snoozed(db: Db, user: User, case_id: int, what: str, why: str | None = None) -> Snoozed:
    done = _acted(db, user, case_id, what, True, why)
    there = snooze_out(db, visible_case(db, user, case_id)[0])
    waits = None
    if there is not None and not there.in_force:
        waits = f"{there.author} has asked for it: it is in force when a second person agrees."
    return Snoozed(changed=True, case=done.case, snooze=there, waits=waits)
