"""What became of patients, for a validation: days of flares, and who the patients are.

A column of the daily rows says of each day whether it lay in a flare (1, 0; empty is not known), or a file of
events says `patient`, `onset` and either `last` (the last day) or `end` (the day after it, as `actalgia
simulate` writes it; empty: it went on until the patient's last row). `truth.csv` of a simulated group can be
given as it is. No message repeats a cell.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analytics.association.daily_rows import MISSING, NotDailyRows
from analytics.daily_csv.columns import DAY, PATIENT, Days
from analytics.daily_csv.reading import GZIP
from analytics.escalation.rows import DailyRows
from analytics.recordings.text import text_of

YES, NO = {"1", "1.0", "true", "yes"}, {"0", "0.0", "false", "no"}
Yes = NDArray[np.bool_]
_LATEST = 1 << 30


@dataclass(frozen=True)
class Outcomes:
    """Of each patient the days (1 is 0001-01-01) of flares, or those with their answer."""

    said: dict[str, dict[int, bool]] | None
    events: dict[str, list[tuple[int, int]]]  #: onset and the day after the last

    def of(self, rows: DailyRows) -> tuple[Yes, Yes, Yes]:
        """(n, d) each: the day lies in a flare, a flare begins, and whether that is known."""
        on, begins, known = (np.zeros(rows.shape, dtype=bool) for _ in range(3))
        for place, patient in enumerate(rows.patients):
            first, days = rows.first_day[place].toordinal(), int(rows.days[place])
            if self.said is None:
                known[place, :days] = True
                for onset, end in self.events.get(patient, []):
                    on[place, max(0, onset - first) : max(0, min(end - first, days))] = True
                    if 0 <= onset - first < days:
                        begins[place, onset - first] = True
                continue
            for day, yes in self.said.get(patient, {}).items():
                known[place, day - first], on[place, day - first] = True, yes
            begins[place, 1:] = on[place, 1:] & ~on[place, :-1]
        return on, begins, known


def read_outcome_column(file: Path, column: str) -> Outcomes:
    """From a column of the daily rows. Raises `NotDailyRows`, `NotARecording`, `OSError`.

    Of several rows of a day the last one that says something counts, as of all values.
    """
    said: dict[str, dict[int, bool]] = {}
    days = Days()
    wanted = column.strip().lower()
    for line, row in _rows(file, (PATIENT, DAY, wanted)):
        word = row[wanted].lower()
        if word in MISSING:
            continue
        if word not in YES | NO:
            raise NotDailyRows(
                f"{file.name}: line {line} has neither 1 nor 0 in {column}; leave it empty if unknown."
            )
        said.setdefault(row[PATIENT], {})[days[row[DAY]]] = word in YES
    if not said:
        raise NotDailyRows(f"{file.name} says nothing in {column}: there is no outcome to compare with.")
    return Outcomes(said, {})


def read_events(file: Path) -> Outcomes:
    """From a file of events. Raises `NotDailyRows`, `NotARecording`, `OSError`."""
    found: dict[str, list[tuple[int, int]]] = {}
    days = Days()
    for line, row in _rows(file, (PATIENT, "onset")):
        # What a simulated truth has besides: windows of something else, and decline without pain.
        if row.get("what", "event") != "event" or row.get("route", "pain") != "pain":
            continue
        onset = days[row["onset"]]
        last, end = row.get("last", ""), row.get("end", "")
        until = days[last] + 1 if last else days[end] if end else _LATEST
        if onset < 0 or until <= 0:
            raise NotDailyRows(f"{file.name}: line {line} has no day like 2026-05-04 where one belongs.")
        if until <= onset:
            raise NotDailyRows(
                f"{file.name}: line {line} ends before it begins; `end` is the day after the last."
            )
        found.setdefault(row[PATIENT], []).append((onset, until))
    return Outcomes(None, found)


def read_attributes(file: Path) -> dict[str, dict[str, str]]:
    """Of each column but `patient` what it says of each patient; empty cells are left out."""
    found: dict[str, dict[str, str]] = {}
    lines: dict[str, int] = {}
    for line, row in _rows(file, (PATIENT,)):
        first = lines.setdefault(row[PATIENT], line)
        if first != line:
            raise NotDailyRows(
                f"{file.name}: lines {first} and {line} are of one patient; "
                "a table of people has one line each."
            )
        for name, value in row.items():
            if name != PATIENT and value and value.lower() not in MISSING:
                found.setdefault(name, {})[row[PATIENT]] = value
    return found


def _rows(file: Path, wanted: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    data = file.read_bytes()
    try:
        plain = gzip.decompress(data) if data[:2] == GZIP else data
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise NotDailyRows(f"{file.name} is cut short or damaged; copy or compress it again.") from None
    text = text_of(plain, file.name)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        titles = [title.strip().lower() for title in next(reader, [])]
        if absent := [name for name in wanted if name not in titles]:
            raise NotDailyRows(
                f"{file.name} has no column {absent[0]!r}: it has {', '.join(titles[:10]) or 'nothing'}."
            )
        for row in reader:
            if any(cell.strip() for cell in row):
                cells = dict(zip(titles, map(str.strip, row), strict=False))
                if not cells[PATIENT]:
                    raise NotDailyRows(f"{file.name}: line {reader.line_num} names no {PATIENT}.")
                yield reader.line_num, {name: cells.get(name, "") for name in titles}
    except csv.Error as error:
        raise NotDailyRows(f"{file.name} is no CSV that can be read: {error}; export it again.") from None
