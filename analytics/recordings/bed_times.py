"""When somebody was in bed, as a person wrote it down: a CSV with the columns `start,end`."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.recording import NotARecording
from analytics.recordings.text import text_of

_WALL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?")


def read_bed_times(file: Path) -> NDArray[np.int64]:
    """Times in bed, (n, 2): start and end on the local wall clock [microseconds, as if it were UTC], rising.

    Raises `NotARecording` in one sentence with the row, and `OSError`.
    """
    try:
        head, *lines = text_of(file.read_bytes(), file.name).splitlines() or [""]
        rows = csv.DictReader([head.lower(), *lines], strict=True)
        return _times(rows, file.name)
    except csv.Error as error:
        raise NotARecording(f"{file.name} is no CSV that can be read: {error}; export it again.") from None


def _times(rows: csv.DictReader[str], name: str) -> NDArray[np.int64]:
    if not {"start", "end"} <= set(rows.fieldnames or ()):
        raise NotARecording(f"{name} needs the columns start,end in its first line.")
    found = []
    for number, row in enumerate(rows, 1):
        start, end = (_wall_us(row[column], column, number, name) for column in ("start", "end"))
        if end <= start:
            raise NotARecording(f"{name}: row {number} does not end after it starts; correct or remove it.")
        found.append((start, end))
    if not found:
        raise NotARecording(f"{name} has no time in bed; add rows below start,end or leave --bed out.")
    return np.array(sorted(found), np.int64)


def _wall_us(text: str | None, column: str, number: int, name: str) -> int:
    written = (text or "").strip()
    if _WALL.fullmatch(written):
        try:
            return int(np.datetime64(written.replace(" ", "T"), "us").astype(np.int64))
        except ValueError:
            pass  # the 31st of a short month
    raise NotARecording(
        f"{name}: row {number} has no {column} like 2026-03-28T22:45, a local time without offset; correct "
        "or remove that row."
    )
