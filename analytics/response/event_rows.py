"""A CSV of what was done: who, on which day, what and by which technique."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from analytics.association.daily_rows import NotDailyRows
from analytics.recordings.text import text_of

NUMBERED_FROM = date(2000, 1, 1)  #: day 0 where days are numbers


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the file."""

    patient: str
    day: date
    kind: str
    technique: str | None


def day_written(text: str, *, numbered: bool) -> date | None:
    """A day like 2026-05-04 or, where days are numbers, a whole number; None for anything else."""
    try:
        return as_day(int(text)) if numbered else date.fromisoformat(text)
    except (ValueError, OverflowError):
        return None


def as_day(number: int) -> date:
    """The day that stands for a number."""
    return NUMBERED_FROM + timedelta(days=number)


def of_array(days: np.ndarray[tuple[int], np.dtype[np.datetime64]], *, numbered: bool) -> list[date]:
    """Days as `read_daily_rows` gives them. Raises `NotDailyRows` for numbers that are no days."""
    if not numbered:
        return [date.fromisoformat(str(day)) for day in days]
    try:
        return [as_day(number) for number in days.astype(np.int64).tolist()]
    except OverflowError:
        raise NotDailyRows("A number of a day is too far from 0: count the days from one of them.") from None


def read_event_rows(file: Path, patient: str, day: str, *, numbered: bool) -> list[EventRow]:
    """The columns `patient` and `day` as in the daily rows, `kind`, and `technique` where it is there.

    Raises `NotDailyRows` for a column that is not there and a line without a patient, day or kind; and
    `OSError`.
    """
    try:
        rows = csv.DictReader(text_of(file.read_bytes(), file.name).splitlines(), strict=True)
        there = rows.fieldnames or []
        if missing := [name for name in (patient, day, "kind") if name not in there]:
            raise NotDailyRows(
                f"{file.name} has no column {missing[0]!r}: it has {', '.join(there) or 'nothing'}."
            )
        return [_row(row, n, file.name, patient, day, numbered) for n, row in enumerate(rows, 1)]
    except csv.Error as error:
        raise NotDailyRows(f"{file.name} is no CSV that can be read: {error}; export it again.") from None


def _row(
    row: dict[str, str | None], number: int, name: str, patient: str, day: str, numbered: bool
) -> EventRow:
    def cell(column: str) -> str:
        return (row.get(column) or "").strip()

    if not cell(patient) or not cell("kind"):
        raise NotDailyRows(f"{name}: row {number} lacks its {patient if not cell(patient) else 'kind'}.")
    found = day_written(cell(day), numbered=numbered)
    if found is None:
        like = "a whole number, as in the daily rows," if numbered else "a day like 2026-05-04"
        raise NotDailyRows(f"{name}: row {number} needs {like} in {day}.")
    return EventRow(cell(patient), found, cell("kind"), cell("technique") or None)
