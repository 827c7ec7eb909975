"""What the columns of a CSV of daily rows may hold (docs/screen.md), a column of a chunk at a time.

A cell that is empty, NA, NaN, null or none is missing. No message repeats what a cell holds: it may be a
health datum, and messages end in logs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from analytics.association.daily_rows import MISSING

MOST_PAIN, MOST_COUNT = 10.0, 1000.0
#: Lowest and highest of each number. Those that no scale ends, ends what no day can hold.
BOUNDS = {
    "average": (0.0, MOST_PAIN),
    "worst": (0.0, MOST_PAIN),
    "breakthrough": (0.0, MOST_COUNT),
    "rescue_doses": (0.0, MOST_COUNT),
    "steps": (0.0, 1e6),
    "activity": (0.0, 1e4),  # mg
    "wear_fraction": (0.0, 1.0),
    "sleep_efficiency": (0.0, 100.0),
    "io": (0.0, 100.0),
    "ra": (0.0, 1.0),
    "utc_offset_min": (-900.0, 900.0),  # today's zones lie between -720 and 840
}
PATIENT, DAY, DEVICE, TREATMENT = "patient", "day", "device", "treatment"
KNOWN = (PATIENT, DAY, *BOUNDS, DEVICE, TREATMENT)
FIRST_YEAR, LAST_YEAR = 1900, 2199
SLACK = 1e-9  #: a share that was reckoned may end a rounding beyond 1
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BETWEEN = re.compile(r"[;|]")


class BadCell(Exception):
    """Row `row` of a chunk holds what cannot be; the message is the end of "line 7 ..."."""

    def __init__(self, row: int, why: str) -> None:
        super().__init__(why)
        self.row = row


def numbers(cells: Sequence[str], column: str) -> NDArray[np.float64]:
    """A column of numbers; missing is NaN. Raises `BadCell` for text and for numbers out of `BOUNDS`."""
    try:
        # The short way, of cells that are numbers or empty.
        values = np.array([float(cell) if cell else np.nan for cell in cells], np.float64)
    except ValueError:
        values = np.array([_number(cell, row, column) for row, cell in enumerate(cells)], np.float64)
    if "_" in ",".join(cells):  # Python takes 1_000 for a number, nobody else does
        raise BadCell(next(k for k, cell in enumerate(cells) if "_" in cell), _no_number(column))
    low, high = BOUNDS[column]
    beyond = (values < low - SLACK) | (values > high + SLACK)
    if beyond.any():
        raise BadCell(int(np.argmax(beyond)), f"has a number in {column} that is not {low:g} to {high:g}")
    return np.clip(values, low, high) + 0.0  # no -0


def _number(cell: str, row: int, column: str) -> float:
    if (written := cell.strip()).lower() in MISSING:
        return float("nan")
    try:
        return float(written)
    except ValueError:
        raise BadCell(row, _no_number(column)) from None


def _no_number(column: str) -> str:
    return f"has no number in {column}; leave it empty if it is missing"


class Codes(dict[str, int]):
    """A number for each word, from 0 in the order of their first appearance; what is missing is -1."""

    def __init__(self) -> None:
        super().__init__()
        self.words: dict[str, int] = {}

    def __missing__(self, cell: str) -> int:
        word = self._word(cell.strip())
        self[cell] = code = -1 if word is None else self.words.setdefault(word, len(self.words))
        return code

    def _word(self, written: str) -> str | None:
        return None if written.lower() in MISSING else written

    def of(self, cells: Sequence[str]) -> NDArray[np.int32]:
        """The numbers of a column."""
        return np.fromiter(map(self.__getitem__, cells), np.int32, len(cells))


class Patients(Codes):
    """Who; a cell that names nobody, or with signs that cannot be printed, is -1."""

    def _word(self, written: str) -> str | None:
        return written if written and written.isprintable() else None


class Treatments(Codes):
    """What was done on a day, several kinds with `;` or `|` between them, in small letters and any order."""

    def _word(self, written: str) -> str | None:
        kinds = {part.strip().lower() for part in _BETWEEN.split(written)} - MISSING
        return ";".join(sorted(kinds)) or None


class Days(dict[str, int]):
    """The day number (1 is 0001-01-01) of a cell like 2026-05-04; -1 for anything else."""

    def __missing__(self, cell: str) -> int:
        self[cell] = number = _day_number(cell.strip())
        return number

    def of(self, cells: Sequence[str]) -> NDArray[np.int32]:
        """The numbers of a column."""
        return np.fromiter(map(self.__getitem__, cells), np.int32, len(cells))


def _day_number(written: str) -> int:
    if not _DAY.fullmatch(written) or not FIRST_YEAR <= int(written[:4]) <= LAST_YEAR:
        return -1
    try:
        return date.fromisoformat(written).toordinal()
    except ValueError:
        return -1  # the 31st of a short month
