"""The tables beside daily rows: what was true of patients, and who they are, as a simulator writes them.

`truth.csv`: `patient`, `onset`, `count_from`, `count_to` (dates; a page counts for the event from
`count_from` up to and without `count_to`), and perhaps `what` (only `event` counts) and `route` (of these
only `pain`).
`attributes.csv`: `patient` and any of age_band, sex, site, language, stage; empty is not told.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from analytics.escalation.equity import NAMES
from analytics.escalation.watched import Event

_DAYS = ("onset", "count_from", "count_to")
MOST_CHARACTERS = 64


class BadTable(ValueError):
    """What is wrong with a table, in one sentence that names the file and the line."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The events of each patient: onset, the first day on which a page counts, the day after the last."""

    events: Mapping[str, list[tuple[date, date, date]]]
    simulated: bool  #: the table says from which model the patients are

    def of(self, patient: str, first_day: date) -> list[Event]:
        """The patient's events, in days from `first_day`."""
        return [Event(*((day - first_day).days for day in days)) for days in self.events.get(patient, ())]


def read_truth(file: Path) -> Truth:
    """The events in a table. Raises `BadTable`."""
    found: dict[str, list[tuple[date, date, date]]] = {}
    simulated = False
    for line, row in _rows(file, ("patient", *_DAYS)):
        simulated = simulated or bool(row.get("family"))
        if row.get("what", "event") != "event" or row.get("route", "pain") != "pain":
            continue
        onset, begins, ends = (_day(row[name], name, line, file.name) for name in _DAYS)
        if not begins < ends:
            raise BadTable(f"{file.name}: line {line} has a count_to that is not after its count_from")
        found.setdefault(row["patient"], []).append((onset, begins, ends))
    return Truth(found, simulated)


def read_attributes(file: Path) -> dict[str, dict[str, str]]:
    """Of each patient what is told. Raises `BadTable`."""
    found: dict[str, dict[str, str]] = {}
    for line, row in _rows(file, ("patient",)):
        told = {name: row[name] for name in NAMES if row.get(name)}
        if any(len(value) > MOST_CHARACTERS for value in told.values()):
            raise BadTable(f"{file.name}: line {line} has a value of more than {MOST_CHARACTERS} characters")
        if row["patient"] in found:
            raise BadTable(f"{file.name}: line {line} names a patient a second time")
        found[row["patient"]] = told
    if not any(found.values()):
        raise BadTable(f"{file.name} tells nothing of anybody: it needs some of {', '.join(NAMES)}")
    return found


def _rows(file: Path, needed: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    try:
        reader = csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines(), strict=True)
        there = reader.fieldnames or []
        if missing := [name for name in needed if name not in there]:
            raise BadTable(
                f"{file.name} has no column {missing[0]!r}: it has {', '.join(there) or 'nothing'}"
            )
        rows = [
            (reader.line_num, {key: (value or "").strip() for key, value in row.items() if key is not None})
            for row in reader
        ]
    except OSError as error:
        raise BadTable(f"{file} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadTable(f"{file.name} is no CSV that can be read") from error
    for line, row in rows:
        if not row["patient"]:
            raise BadTable(f"{file.name}: line {line} lacks its patient")
    return rows


def _day(text: str, column: str, line: int, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadTable(f"{name}: line {line} has no day like 2026-05-04 in {column}") from None
