"""A treatment as the ward enters it: a text, or an object with known keys."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from api.entries import Finite, Instant, Text, Word, touch
from api.problems import Problem
from api.treatment_kinds import why_not
from store.access import User, record
from store.diary import Treatment
from store.people import Patient
from store.treatments import NOTHING_SAID, Particulars, add_treatment, withdraw_treatment


class DetailIn(BaseModel):
    """What is known of a treatment; which keys a kind may have: the glossary."""

    model_config = ConfigDict(extra="forbid")

    technique: Word | None = Field(None, description="SBRT, single fraction, celiac plexus, SCS, ...")
    fractions: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None
    dose_gy: Annotated[Finite, Field(gt=0, le=200)] | None = Field(None, description="of all fractions")
    site: Word | None = Field(None, description="where on the body")
    drug: Word | None = None
    cycle: Annotated[int, Field(strict=True, ge=1, le=1000)] | None = None
    until: AwareDatetime | None = Field(None, description="the end of a course")
    note: Text | None = None

    def particulars(self) -> Particulars:
        """The same for the store."""
        return Particulars(**{name: getattr(self, name) for name in DetailIn.model_fields})


class TreatmentIn(BaseModel):
    """Something that was done for the patient."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, Field(pattern="^[a-z][a-z_]{0,39}$")] = Field(
        description="chemo, radiotherapy, nerve_block, opioid_up, opioid_down, ..."
    )
    at: Instant
    detail: Text | DetailIn | None = None


def enter(
    session: Session, user: User, patient: Patient, zone: tzinfo, treatment: TreatmentIn, at: datetime
) -> tuple[Treatment, bool]:
    """Store a treatment, mark its day and write down who did it; and whether it was new.

    Raises `Problem` with one sentence where the detail does not fit the kind.
    """
    text, said = _told(treatment.detail)
    reason = why_not(treatment.kind, treatment.at, _as_dict(said))
    if reason is not None:
        raise Problem(422, reason, "detail")
    kept, changed = add_treatment(
        session, patient.id, treatment.kind, treatment.at, text, user.name, at, said
    )
    if changed:
        touch(session, patient, zone, treatment.at, at)
        record(session, at, user.name, "treatment.add", patient.id, f"treatment {kept.id}")
    return kept, changed


def withdraw(
    session: Session, user: User, patient: Patient, zone: tzinfo, treatment_id: int, at: datetime
) -> None:
    """Take a treatment back that was entered wrongly. Raises `Problem` 404 where there is none."""
    found = withdraw_treatment(session, patient.id, treatment_id, user.name, at)
    if found is None:
        raise Problem(404, "There is no such treatment.", "no_such_treatment")
    kept, changed = found
    if changed:
        touch(session, patient, zone, kept.at, at)
        record(session, at, user.name, "treatment.withdraw", patient.id, f"treatment {kept.id}")


def as_given(kept: Treatment) -> str | dict[str, Any] | None:
    """The detail as it was given: a text, or an object without what nobody said."""
    said = {name: value for name in DetailIn.model_fields if (value := getattr(kept, name)) is not None}
    return said or kept.detail


def _told(detail: str | DetailIn | None) -> tuple[str | None, Particulars]:
    if isinstance(detail, DetailIn):
        return None, detail.particulars()
    return detail, NOTHING_SAID


def _as_dict(said: Particulars) -> dict[str, object]:
    return {name: getattr(said, name) for name in DetailIn.model_fields}
