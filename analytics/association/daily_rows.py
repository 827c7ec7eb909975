"""A CSV of daily rows: who, perhaps which day, and two measures."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.recording import NotARecording
from analytics.recordings.text import text_of

Values = NDArray[np.float64]
Others = tuple[tuple[str, tuple[Values, ...]], ...]  # further columns; words are several, of 0 and 1
_NUMBER = re.compile(r"-?\d{1,6}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
MOST_WORDS = 20
MISSING = {"", "na", "nan", "null", "none"}


class NotDailyRows(NotARecording):
    """A file cannot be read as daily rows; the message names the file, the row and what to do."""


@dataclass(frozen=True)
class DailyRows:
    """Rows in the order of the file; NaN is missing."""

    patient: tuple[str, ...]
    day: NDArray[np.datetime64] | None  #: None where the file was read without
    x: Values
    y: Values
    numbered: bool = False  #: days were numbers, not dates
    others: Others = ()

    def written(self, day: np.datetime64) -> str | int:
        """A day as the file has it."""
        return int(day.astype(np.int64)) if self.numbered else str(day)


def read_daily_rows(
    file: Path, patient: str, x: str, y: str, day: str | None, others: Sequence[str] = ()
) -> DailyRows:
    """The named columns. A measure that is empty, NA or NaN is missing; days are dates, or all are numbers.

    A column of `others` is a measure if it holds numbers only, else each of its words (20 at most) is told
    apart. Raises `NotDailyRows` for a column that is not there, a row without a patient or day, and what is
    no number; and `OSError`.
    """
    try:
        rows = csv.DictReader(text_of(file.read_bytes(), file.name).splitlines(), strict=True)
        wanted = [patient, x, y, *([] if day is None else [day]), *others]
        there = rows.fieldnames or []
        if missing := [name for name in wanted if name not in there]:
            raise NotDailyRows(
                f"{file.name} has no column {missing[0]!r}: it has {', '.join(there) or 'nothing'}."
            )
        found = list(rows)
        read = _rows(found, file.name, patient, x, y, day)
        return replace(read, others=tuple((name, _other(found, name, file.name)) for name in others))
    except csv.Error as error:
        raise NotDailyRows(f"{file.name} is no CSV that can be read: {error}; export it again.") from None


def _rows(
    rows: list[dict[str, str | None]], name: str, patient: str, x: str, y: str, day: str | None
) -> DailyRows:
    who, days, values = [], [], np.empty((2, len(rows)))
    for number, row in enumerate(rows, 1):
        if not (own := (row[patient] or "").strip()):
            raise NotDailyRows(f"{name}: row {number} names no {patient}; name it or remove the row.")
        who.append(own)
        for k, column in enumerate((x, y)):
            values[k, number - 1] = _number(row[column], column, number, name)
        if day is not None:
            days.append((row[day] or "").strip())
    if day is None:
        return DailyRows(tuple(who), None, values[0], values[1])
    numbered = all(_NUMBER.fullmatch(written) for written in days)
    found = [
        np.datetime64(int(written), "D") if numbered else _day(written, day, number, name)
        for number, written in enumerate(days, 1)
    ]
    return DailyRows(tuple(who), np.array(found, "datetime64[D]"), values[0], values[1], numbered)


def _other(rows: list[dict[str, str | None]], column: str, name: str) -> tuple[Values, ...]:
    """One measure, or for words a column of 0 and 1 for each but the first."""
    written = [(row[column] or "").strip() for row in rows]
    words = sorted({text for text in written if text.lower() not in MISSING})
    try:
        [float(text) for text in words]
    except ValueError:
        if len(words) > MOST_WORDS:
            why = f"{column} has {len(words)} different words; at most {MOST_WORDS} can be adjusted for"
            raise NotDailyRows(f"{name}: {why}.") from None
        missing = np.array([text.lower() in MISSING for text in written], bool)
        return tuple(
            np.where(missing, np.nan, np.array([text == word for text in written], float))
            for word in words[1:]
        )
    return (np.array([_number(text, column, number, name) for number, text in enumerate(written, 1)]),)


def _number(text: str | None, column: str, number: int, name: str) -> float:
    written = (text or "").strip()
    if written.lower() in MISSING:
        return float("nan")
    try:
        value = float(written)
    except ValueError:
        value = float("inf")
    if np.isinf(value):
        raise NotDailyRows(
            f"{name}: row {number} has no number in {column}; leave it empty if it is missing."
        )
    return value


def _day(written: str, column: str, number: int, name: str) -> np.datetime64:
    if _DAY.fullmatch(written):
        try:
            return np.datetime64(written)
        except ValueError:
            pass  # the 31st of a short month
    raise NotDailyRows(f"{name}: row {number} has no day like 2026-05-04 in {column}.")
