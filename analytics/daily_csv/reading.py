"""A CSV of daily rows read a chunk at a time into arrays: a million rows are never a million dictionaries."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

import numpy as np
from numpy.typing import NDArray

from analytics.association.daily_rows import NotDailyRows
from analytics.daily_csv.columns import (
    BOUNDS,
    DAY,
    DEVICE,
    FIRST_YEAR,
    KNOWN,
    LAST_YEAR,
    PATIENT,
    TREATMENT,
    BadCell,
    Codes,
    Days,
    Patients,
    Treatments,
    numbers,
)

if TYPE_CHECKING:
    import _csv

CHUNK = 1_000  #: rows that are text at once; many more do not fit the caches and take twice as long
MOST_ROWS = 20_000_000
LONGEST_LINE = 1 << 20
LINE = "line"
NAMED = 10  #: columns that a sentence names
GZIP = b"\x1f\x8b"
UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class CsvRows:
    """The rows in the order of the file, by column; a column that the file lacks is not in `numbers`."""

    patients: tuple[str, ...]  #: in the order of their first rows
    treatments: tuple[frozenset[str], ...]  #: what the codes of `treatment` mean
    patient: NDArray[np.int32]
    day: NDArray[np.int32]  #: 1 is 0001-01-01
    line: NDArray[np.int32]  #: of the file, where the row ends
    numbers: dict[str, NDArray[np.float64]]  #: NaN is missing
    device: NDArray[np.int32]  #: equal where the device is; -1 where none is named
    treatment: NDArray[np.int32]  #: -1 where there was none
    ignored: tuple[str, ...]  #: columns that are not known


def read_csv_rows(stream: BinaryIO, name: str, progress: Callable[[int], None] = lambda _: None) -> CsvRows:
    """Every row of a CSV, or of a gzip file of one; `progress` hears of each chunk how many rows it had.
    The stream is read to its end and closed.

    UTF-8 or, with its mark, UTF-16; any line ends. Raises `NotDailyRows` with one sentence that names the
    line for whatever cannot be a daily row.
    """
    try:
        with _text(stream) as text:
            return _rows(csv.reader(_lines(text, name), strict=True), name, progress)
    except csv.Error as error:
        raise NotDailyRows(f"{name} is no CSV that can be read: {error}; export it again.") from None
    except UnicodeError:
        raise NotDailyRows(f"{name} is not text in UTF-8; export it as CSV in UTF-8.") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise NotDailyRows(f"{name} is cut short or damaged; copy or compress it again.") from None


def _text(stream: BinaryIO) -> TextIO:
    raw = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, stream))
    if raw.peek(2)[:2] == GZIP:
        raw = io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=raw)))
    encoding = "utf-16" if raw.peek(2)[:2] in UTF16 else "utf-8-sig"
    return io.TextIOWrapper(raw, encoding=encoding, newline="")


def _lines(text: TextIO, name: str) -> Iterator[str]:
    for number, line in enumerate(iter(partial(text.readline, LONGEST_LINE), ""), 1):
        if len(line) == LONGEST_LINE or "\0" in line:
            raise NotDailyRows(f"{name} is no CSV: line {number} is no line of text; export it again.")
        yield line


def _rows(reader: _csv.Reader, name: str, progress: Callable[[int], None]) -> CsvRows:
    titles = _titles(next(reader, []), name)
    patients, days, devices, treatments = Patients(), Days(), Codes(), Treatments()
    # Bytes grow in place: a list of chunks and their whole would be in memory at once.
    read = {title: bytearray() for title in (PATIENT, DAY, DEVICE, TREATMENT, LINE)}
    values = {title: bytearray() for title in BOUNDS if title in titles}
    total, line = 0, reader.line_num
    while raw := list(islice(reader, CHUNK)):
        rows, ends = _filled(raw, line, reader.line_num)
        line = reader.line_num
        if not rows:
            continue
        if uneven := [k for k, row in enumerate(rows) if len(row) != len(titles)]:
            rows = _evened(rows, uneven, ends, len(titles), name)
        columns = dict(zip(titles, zip(*rows, strict=True), strict=True))
        try:
            read[PATIENT] += _named(patients.of(columns[PATIENT]), f"names no {PATIENT}").tobytes()
            read[DAY] += _named(
                days.of(columns[DAY]),
                f"has no day like 2026-05-04 in {DAY}, of the years {FIRST_YEAR} to {LAST_YEAR}",
            ).tobytes()
            for title, known in ((DEVICE, devices), (TREATMENT, treatments)):
                if title in columns:
                    read[title] += known.of(columns[title]).tobytes()
            for title, found in values.items():
                found += numbers(columns[title], title).tobytes()
        except BadCell as bad:
            raise NotDailyRows(f"{name}: line {ends[bad.row]} {bad}.") from None
        read[LINE] += ends.tobytes()
        total += len(rows)
        if total > MOST_ROWS:
            raise NotDailyRows(
                f"{name} has more than {MOST_ROWS:,} rows; cut it into files of fewer patients."
            )
        progress(len(rows))
    whole = {title: np.frombuffer(found, np.int32) for title, found in read.items()}
    absent = np.full(total, -1, np.int32)
    return CsvRows(
        tuple(patients.words),
        tuple(frozenset(word.split(";")) for word in treatments.words),
        whole[PATIENT],
        whole[DAY],
        whole[LINE],
        {title: np.frombuffer(found, np.float64) for title, found in values.items()},
        whole[DEVICE] if DEVICE in titles else absent,
        whole[TREATMENT] if TREATMENT in titles else absent,
        tuple(title for title in titles if title not in KNOWN),
    )


def _titles(header: list[str], name: str) -> list[str]:
    titles = [title.strip().lower() for title in header]
    if len(titles) == 1 and (other := next((sign for sign in ";\t" if sign in titles[0]), None)):
        called = {";": "semicolons", "\t": "tabs"}[other]
        raise NotDailyRows(f"{name} is separated by {called}; export it with commas.")
    for wanted in (PATIENT, DAY):
        if wanted not in titles:
            raise NotDailyRows(f"{name} has no column {wanted!r}: it has {listed(titles) or 'nothing'}.")
    if twice := next((title for title in titles if title in KNOWN and titles.count(title) > 1), None):
        raise NotDailyRows(f"{name} has the column {twice!r} twice; take one of them out.")
    return [title or "(without a title)" for title in titles]


def listed(titles: Sequence[str]) -> str:
    """Names of columns for a sentence, so many that it can be read."""
    shown = list(dict.fromkeys(titles))
    return ", ".join(shown[:NAMED]) + (f" and {len(shown) - NAMED} more" if len(shown) > NAMED else "")


def _filled(raw: list[list[str]], before: int, after: int) -> tuple[list[list[str]], NDArray[np.int32]]:
    """The rows that hold anything, and the line of the file on which each ends."""
    if after - before == len(raw):
        ends = np.arange(before + 1, after + 1, dtype=np.int32)
    else:  # a cell in quotes goes over several lines
        lengths = [1 + sum(len(_LINE_END.findall(cell)) for cell in row) for row in raw]
        ends = (before + np.cumsum(lengths)).astype(np.int32)
    empty = [k for k, row in enumerate(raw) if not row or (not row[0] and not any(map(str.strip, row)))]
    if not empty:
        return raw, ends
    kept = np.setdiff1d(np.arange(len(raw)), empty)
    return [raw[k] for k in kept.tolist()], ends[kept]


def _evened(
    rows: list[list[str]], uneven: list[int], ends: NDArray[np.int32], width: int, name: str
) -> list[list[str]]:
    """Rows without the empty cells that some programs write behind the last column."""
    for k in uneven:
        if len(rows[k]) < width or any(map(str.strip, rows[k][width:])):
            raise NotDailyRows(
                f"{name}: line {ends[k]} has {len(rows[k])} values for the {width} columns above it; "
                "the file may be cut short, export it again."
            )
        rows[k] = rows[k][:width]
    return rows


def _named(codes: NDArray[np.int32], why: str) -> NDArray[np.int32]:
    if (codes < 0).any():
        raise BadCell(int(np.argmax(codes < 0)), why)
    return codes
