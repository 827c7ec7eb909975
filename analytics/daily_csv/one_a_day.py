"""One row for each patient and day, whatever was uploaded twice or corrected later.

A row that is a copy of one above it changes nothing. Of several different rows of a day, each value is the
last one that is not missing: a correction stands further down in the file and may hold only what it corrects.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.association.daily_rows import NotDailyRows
from analytics.daily_csv.reading import CsvRows, listed

MOST_DAYS = 7_305  #: of a patient, 20 years: a year mistyped must not become millions of days
LONG_GAP = 366  #: days without a row, of which a person is told

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class PatientDays:
    """Rows sorted by patient, in the order of the file, and day; at most one for each."""

    patients: tuple[str, ...]
    treatments: tuple[frozenset[str], ...]
    start: Whole  #: (patients + 1,) where the rows of each begin
    day: NDArray[np.int32]  #: 1 is 0001-01-01
    numbers: dict[str, NDArray[np.float64]]
    device: NDArray[np.int32]
    treatment: NDArray[np.int32]
    notes: tuple[str, ...]  #: sentences for the person who gave the file

    @cached_property
    def first(self) -> Whole:
        """(patients,) the first day of each."""
        return self.day[self.start[:-1]].astype(np.int64)

    @cached_property
    def length(self) -> Whole:
        """(patients,) days from the first row of each to the last, those without a row among them."""
        return self.day[self.start[1:] - 1] - self.first + 1


def one_a_day(rows: CsvRows, name: str) -> PatientDays:
    """Each patient's rows in order; `rows.numbers` is emptied on the way, to be in memory once.

    Raises `NotDailyRows` where rows of a patient lie more than `MOST_DAYS` apart.
    """
    key = (rows.patient.astype(np.int64) << 32) | rows.day
    order = np.arange(len(key)) if (key[1:] > key[:-1]).all() else np.argsort(key, kind="stable")
    begins = _begins(key[order])
    copies = 0
    if not begins.all():
        kept = _no_copies(rows, order, begins)
        copies = len(order) - int(kept.sum())
        order = order[kept]
        begins = _begins(key[order])
    first = np.flatnonzero(begins)
    end = np.append(first, len(order))[1:]
    patient, day = rows.patient[order[first]], rows.day[order[first]]

    def last(column: NDArray[Any], known: NDArray[np.bool_]) -> NDArray[Any]:
        """Of each day the last value that is known, else what says that none is."""
        known_at = np.maximum.accumulate(np.where(known[order], np.arange(len(order)), -1))[end - 1]
        found: NDArray[Any] = column[order[np.where(known_at >= first, known_at, end - 1)]]
        return found

    return PatientDays(
        rows.patients,
        rows.treatments,
        np.searchsorted(patient, np.arange(len(rows.patients) + 1)),
        day,
        {title: last(values := rows.numbers.pop(title), ~np.isnan(values)) for title in list(rows.numbers)},
        last(rows.device, rows.device >= 0),
        last(rows.treatment, rows.treatment >= 0),
        _notes(rows, copies, int((end - first > 1).sum()))
        + _gaps(patient, day, rows.line[order[first]], name),
    )


def _begins(key: Whole) -> NDArray[np.bool_]:
    """Where a day of a patient begins among rows in order."""
    begins = np.ones(len(key), bool)
    begins[1:] = key[1:] != key[:-1]
    return begins


def _no_copies(rows: CsvRows, order: Whole, begins: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which rows of `order` are no copies of a row above them, by a number made of their values."""
    run = np.cumsum(begins) - 1
    several = np.flatnonzero(np.bincount(run)[run] > 1)
    among = order[several]
    columns: list[NDArray[Any]] = [*rows.numbers.values(), rows.device, rows.treatment]
    mark = np.zeros(len(among), np.uint64)
    for column in columns:
        # Any NaN is one and the same: what is missing was made here.
        mark = (mark ^ column[among].astype(np.float64).view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mark ^= mark >> np.uint64(29)
    alike = np.lexsort((mark, run[several]))  # stable: rows alike stay in the order of the file
    before, after = alike[:-1], alike[1:]
    copy = (run[several][before] == run[several][after]) & (mark[before] == mark[after])
    for column in columns:
        one, other = column[among[before]], column[among[after]]
        copy &= (one == other) | ((one != one) & (other != other))
    kept = np.ones(len(order), bool)
    kept[several[after[copy]]] = False
    return kept


def _notes(rows: CsvRows, copies: int, corrected: int) -> tuple[str, ...]:
    notes = []
    if rows.ignored:
        notes.append(f"columns that are not known here are ignored: {listed(rows.ignored)}")
    if copies:
        notes.append(f"rows that are copies of rows above them, and count once: {copies:,}")
    if corrected:
        notes.append(
            f"days with several different rows, of each value the last in the file counts: {corrected:,}"
        )
    return tuple(notes)


def _gaps(
    patient: NDArray[np.int32], day: NDArray[np.int32], line: NDArray[np.int32], name: str
) -> tuple[str, ...]:
    """What is said of rows so far apart that a year may be mistyped."""
    same = patient[1:] == patient[:-1]
    begin = np.flatnonzero(np.r_[np.ones(min(1, len(day)), bool), ~same])
    end = np.flatnonzero(np.r_[~same, np.ones(min(1, len(day)), bool)])
    far = np.flatnonzero(day[end] - day[begin] >= MOST_DAYS)
    if len(far):
        one, other = sorted((int(line[begin[far[0]]]), int(line[end[far[0]]])))
        raise NotDailyRows(
            f"{name}: lines {one} and {other} are of one patient and more than 20 years apart; "
            "look for a wrong year."
        )
    gaps = np.flatnonzero(same & (np.diff(day) > LONG_GAP))
    if not len(gaps):
        return ()
    one, other = sorted((int(line[gaps[0]]), int(line[gaps[0] + 1])))
    return (
        f"more than a year lies between two rows of one patient, first between lines {one} and {other}, "
        f"{len(gaps):,} times in all; look for a wrong year",
    )
