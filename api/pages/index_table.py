"""The table of a patient's indices of the last days: what was found, and why a figure is missing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from api.pages import words
from store.results import OF_DIARY, DayIndex

SHOWN_DAYS = 7
INDICES = (
    ("Worn", "worn_min"),
    ("Asleep", "TST_min"),
    ("Sleep efficiency", "sleep_efficiency"),
    ("Mean activity", "mean_activity"),
    ("RA", "RA"),
    ("IS", "IS"),
    ("IV", "IV"),
    ("I<O", "io"),
    ("Opioids", "OME_mg"),
)
Indices = dict[tuple[date, str], DayIndex]
Columns = Sequence[tuple[str, str]]  #: label and name


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of the table, with the number of the note that explains it."""

    text: str
    note: int | None = None
    there: bool = True


@dataclass(frozen=True, slots=True)
class IndexTable:
    """What the template shows, the newest day first."""

    heads: list[tuple[str, str]]  #: label and unit
    lines: list[tuple[date, list[Cell]]]
    notes: list[str]  #: why a figure is missing, each reason once
    missing: list[str]  #: which indices none of these days has, and why


def index_table(days: Sequence[date], indices: Indices) -> IndexTable:
    """The table of the last of `days`; an index that none of them has is a sentence, no column."""
    shown = list(reversed(days[-SHOWN_DAYS:]))
    columns, missing = _columns_of(shown, indices)
    lines, notes = _lines(shown, indices, columns)
    return IndexTable(_heads(indices, columns), lines, notes, missing)


def _columns_of(days: Sequence[date], indices: Indices) -> tuple[Columns, list[str]]:
    """The indices that some of these days have; of the others a sentence, the same reason once."""
    given: list[tuple[str, str]] = []
    lacking: dict[str, list[str]] = {}
    for label, name in INDICES:
        found = [one for day in days if (one := indices.get((day, name))) is not None]
        if any(one.value is not None for one in found):
            given.append((label, name))
            continue
        reasons = dict.fromkeys(one.reason for one in found if one.reason is not None)
        lacking.setdefault("; ".join(reasons) or _not_there(name), []).append(label)
    return given, [f"{', '.join(labels)}: {why}." for why, labels in lacking.items()]


def _lines(
    days: Sequence[date], indices: Indices, columns: Columns
) -> tuple[list[tuple[date, list[Cell]]], list[str]]:
    """The cells of each day, and the notes that say why a figure is missing (each reason once)."""
    notes: list[str] = []

    def cell(found: DayIndex | None, name: str) -> Cell:
        if found is None:
            return Cell(_not_there(name), there=False)
        note = None
        if found.reason is not None:
            if found.reason not in notes:
                notes.append(found.reason)
            note = notes.index(found.reason) + 1
        if found.value is None:
            little = (found.reason or "").startswith("too little")
            return Cell("too little data" if little else "no value", note, there=False)
        return Cell(words.minutes(found.value) if found.unit == "min" else words.figure(found.value), note)

    return [(day, [cell(indices.get((day, name)), name) for _, name in columns]) for day in days], notes


def _not_there(name: str) -> str:
    return "no diary" if name in OF_DIARY else "not computed yet"


def _heads(indices: Indices, columns: Columns) -> list[tuple[str, str]]:
    units = {name: found.unit for (_, name), found in indices.items()}
    shown = {name: unit for name, unit in units.items() if unit not in ("1", "min")}
    return [(label, shown.get(name, "")) for label, name in columns]
