"""The small tables beside daily rows, a line at a time: events, and who the patients are.

No message repeats a cell: it may be a health datum, and messages end in logs.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

from analytics.association.daily_rows import NotDailyRows
from analytics.daily_csv.columns import PATIENT, Days
from analytics.daily_csv.reading import GZIP, listed
from analytics.recordings.recording import NotARecording
from analytics.recordings.text import text_of

Line = tuple[int, dict[str, str]]  #: its number in the file, and its cells by the titles in small letters


def lines_of(file: Path, wanted: tuple[str, ...] = (PATIENT,)) -> Iterator[Line]:
    """Each line that holds anything, of a CSV or a gzip file of one. Raises `NotDailyRows`, `OSError`.

    Every line names its patient; the columns `wanted` are there, their cells may be empty.
    """
    data = file.read_bytes()
    try:
        text = text_of(gzip.decompress(data) if data[:2] == GZIP else data, file.name)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise NotDailyRows(f"{file.name} is cut short or damaged; copy or compress it again.") from None
    except NotARecording:
        raise NotDailyRows(f"{file.name} is not text in UTF-8; export it as CSV in UTF-8.") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        titles = [title.strip().lower() for title in next(reader, [])]
        if absent := [name for name in wanted if name not in titles]:
            raise NotDailyRows(
                f"{file.name} has no column {absent[0]!r}: it has {listed(titles) or 'nothing'}."
            )
        for row in reader:
            if any(cell.strip() for cell in row):
                cells = dict.fromkeys(titles, "") | dict(zip(titles, map(str.strip, row), strict=False))
                if not cells[PATIENT]:
                    raise NotDailyRows(f"{file.name}: line {reader.line_num} names no {PATIENT}.")
                yield reader.line_num, cells
    except csv.Error as error:
        raise NotDailyRows(f"{file.name} is no CSV that can be read: {error}; export it again.") from None


def is_pain_event(row: dict[str, str]) -> bool:
    """Whether a line of a table of events tells of one of pain; without `what` and `route` it does.

    A simulated truth has others: windows of something else, and decline without pain.
    """
    return row.get("what", "event") == "event" and row.get("route", "pain") == "pain"


def day_in(row: dict[str, str], column: str, days: Days, file: Path, line: int) -> int:
    """The day number (1 is 0001-01-01) in a cell. Raises `NotDailyRows` where it holds no day."""
    if (number := days[row[column]]) < 0:
        raise NotDailyRows(f"{file.name}: line {line} has no day like 2026-05-04 in {column}.")
    return number
