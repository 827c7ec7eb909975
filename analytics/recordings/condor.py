"""Condor Instruments ActTrust: the text report of ActStudio.

Lines `NAME : value` between two rulers, then a table with semicolons. `DATE/TIME` is the start of the epoch,
day first. Activity is the first there is of PIM (proportional integration), TAT (time above
threshold) and ZCM (zero crossings).
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.device_clock import read_walls
from analytics.recordings.notes import ends_at, repeated
from analytics.recordings.recording import EpochRecording, NotARecording
from analytics.recordings.text import text_of
from analytics.recordings.written_dates import DAY_FIRST, read_written

TITLE = b"Condor Instruments Report"
MODES = ("PIM", "TAT", "ZCM")
_INTERVAL = re.compile(r"^INTERVAL\s*:\s*(\d{1,4})\s*$", re.MULTILINE)


def holds_condor(data: bytes) -> bool:
    """Whether the first line is that of an ActTrust report."""
    return TITLE in data[:200]


def read_condor(data: bytes, tz: str | None, name: str) -> EpochRecording:
    """Epochs of counts out of the bytes of a report."""
    text = text_of(data, name, legacy="cp1252")
    lines = text.splitlines()
    head = next((i for i, line in enumerate(lines) if line.upper().startswith("DATE/TIME;")), None)
    if head is None:
        raise NotARecording(f"{name} has no table of epochs; export the report again.")
    titles = [title.strip().upper() for title in lines[head].split(";")]
    mode = next((mode for mode in MODES if mode in titles), None)
    interval = _INTERVAL.search(text)
    if mode is None or interval is None or not 1 <= int(interval[1]) <= 3600:
        raise NotARecording(
            f"{name} lacks its INTERVAL or a column PIM, TAT or ZCM; export the report again."
        )
    rows = [line.split(";") for line in lines[head + 1 :] if line.strip()]
    whole = next((i for i, row in enumerate(rows) if len(row) != len(titles)), len(rows))
    notes = [f"Activity is {mode}."]
    if whole < len(rows):
        notes.append(ends_at(f"Row {whole + 1} is cut short", len(rows) - whole - 1))
    if not whole:
        raise NotARecording(f"{name} holds no epochs; export the report again.")
    stamps = [row[0].strip().partition(" ") for row in rows[:whole]]
    wall_us = read_written([day for day, _, _ in stamps], [time for _, _, time in stamps], name, DAY_FIRST)
    counts = _numbers([row[titles.index(mode)] for row in rows[:whole]], mode, name)
    read = read_walls(wall_us, tz, name)
    notes += repeated(read.kept)
    return EpochRecording(
        read.t_us, float(interval[1]), counts[read.kept], "counts", read.tz, read.zone, notes=tuple(notes)
    )


def _numbers(texts: list[str], title: str, name: str) -> NDArray[np.float64]:
    try:
        values = np.array([float(text.replace(",", ".")) if text.strip() else np.nan for text in texts])
    except ValueError:
        raise NotARecording(f"{name}: column {title} holds text that is no number; export again.") from None
    if (values < 0).any() or np.isinf(values).any():
        raise NotARecording(f"{name}: column {title} holds impossible counts; export the report again.")
    return values
