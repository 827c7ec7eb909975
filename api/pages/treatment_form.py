"""What a nurse writes into the form of a treatment, and what it says. Pure.

A form that cannot be read comes back with everything that was written, and one sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo

from pydantic import ValidationError

from api.treatment_entry import DetailIn, TreatmentIn
from days.cut import day_start

FIELDS = ("kind", "at", "technique", "fractions", "site", "until", "note")


@dataclass(frozen=True, slots=True)
class Form:
    """The fields as they are shown, and why the last try did not work."""

    said: dict[str, str] = field(default_factory=lambda: dict.fromkeys(FIELDS, ""))
    error: str | None = None


class Unreadable(ValueError):
    """One sentence for whoever wrote it."""


def blank(now: datetime, zone: tzinfo) -> Form:
    """An empty form, at the time that it is there."""
    return Form({**dict.fromkeys(FIELDS, ""), "at": f"{now.astimezone(zone):%Y-%m-%dT%H:%M}"})


def read(said: Mapping[str, str], zone: tzinfo) -> TreatmentIn:
    """The treatment that the form says; its times are those of the patient's clock. Raises `Unreadable`."""
    at = instant(said["at"], zone)
    particulars: dict[str, object] = {
        name: said[name].strip() for name in ("technique", "site", "note") if said[name].strip()
    }
    if said["fractions"].strip():
        if not said["fractions"].strip().isdecimal():
            raise Unreadable("Write the number of fractions in digits.")
        particulars["fractions"] = int(said["fractions"])
    if said["until"].strip():
        particulars["until"] = end_of(said["until"], zone)
    try:
        detail = DetailIn.model_validate(particulars) if particulars else None
        return TreatmentIn(kind=said["kind"], at=at, detail=detail)
    except ValidationError as error:
        raise Unreadable(_SENTENCES.get(str(error.errors()[0]["loc"][0]), "This cannot be read.")) from error


_SENTENCES = {
    "kind": "Choose what was done.",
    "at": "The time lies before 2000, or more than a day ahead.",
    "fractions": "There are 1 to 100 fractions.",
    "technique": "The technique cannot be stored: write at most 200 letters.",
    "site": "The site cannot be stored: write at most 200 letters.",
    "note": "The note cannot be stored: write at most 2,000 letters.",
}


def instant(text: str, zone: tzinfo) -> datetime:
    """A time of the patient's clock; of an hour that comes twice the first. Raises `Unreadable`."""
    try:
        wall = datetime.fromisoformat(text.strip())
        there = wall.replace(tzinfo=zone)
        found = there.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unreadable("Write date and time.") from error
    if wall.tzinfo is not None:
        raise Unreadable("Write date and time.")
    if found.astimezone(zone).replace(tzinfo=None, fold=0) != wall:
        raise Unreadable("The clock went forward over that time: it does not exist on that day.")
    return found


def end_of(text: str, zone: tzinfo) -> datetime:
    """The last minute of a local day. Raises `Unreadable`."""
    try:
        day = date.fromisoformat(text.strip())
        return day_start(day + timedelta(days=1), zone) - timedelta(minutes=1)
    except (ValueError, OverflowError) as error:
        raise Unreadable("Write the last day of the course as a date.") from error
