"""What the ward may enter: the wire's limits (contract, section 2), and nothing that is not named here."""

from __future__ import annotations

import math
import uuid
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from days.cut import day_of
from store.database import notify, now
from store.marks import DIARY, mark_day
from store.people import Patient

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)


def _plausible(at: datetime) -> datetime:
    if not EARLIEST <= at <= now() + AHEAD:
        raise ValueError("before 2000, or more than a day ahead")
    return at.astimezone(UTC)


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("a text has a NUL")
    return text


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


# Booleans and "7" are no ratings: strict.
Nrs = Annotated[int, Field(strict=True, ge=0, le=10)]
Count = Annotated[int, Field(strict=True, ge=0, le=1000)]
Text = Annotated[str, Field(max_length=2000), AfterValidator(_without_nul)]
Word = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_without_nul)]
Finite = Annotated[float, AfterValidator(_finite)]
Instant = Annotated[AwareDatetime, AfterValidator(_plausible)]


class DoseIn(BaseModel):
    """One dose that the patient took; a patch is in `mcg/h`."""

    model_config = ConfigDict(extra="forbid")

    drug: Text
    dose: Annotated[Finite, Field(ge=0)]
    unit: Text
    route: Text
    at: Instant
    rescue: bool = False


class DiaryIn(BaseModel):
    """What the patient said about pain. The same `id` with other content is a correction."""

    model_config = ConfigDict(extra="forbid")

    id: uuid.UUID
    at: Instant
    worst: Nrs | None = Field(None, description="0 to 10, last 24 h")
    average: Nrs | None = None
    least: Nrs | None = None
    now: Nrs | None = None
    interference: Nrs | None = None
    breakthrough: Count | None = Field(None, description="episodes in the last 24 h")
    rescue_doses: Count | None = None
    sites: list[Text] | None = Field(None, max_length=100)
    doses: list[DoseIn] | None = Field(None, max_length=100)
    note: Text | None = None
    skipped: Text | None = Field(None, description="the reason that the patient gave for not answering")


class Stored(BaseModel):
    """`changed` false: the same was stored before, and nothing happened."""

    id: str
    day: date
    changed: bool


def touch(session: Session, patient: Patient, zone: tzinfo, instant: datetime, at: datetime) -> date:
    """The rule has to look at this patient again, from the local day of `instant` on."""
    day = day_of(instant, zone)
    mark_day(session, patient.id, day, DIARY, at)
    notify(session, "diary")
    return day
