"""Philips Respironics Actiwatch (Actiware) export, CSV, in English, Dutch, French, German or Italian.

Sections under ruled titles; the last table has a row for each epoch, and the header says the device's
offset from UTC. An epoch off the wrist is missing. Sleep scores, light and the intervals that somebody set
are not read.
"""

from __future__ import annotations

import csv
import io
import re

import numpy as np

from analytics.recordings.device_clock import read_walls
from analytics.recordings.notes import ends_at, repeated
from analytics.recordings.recording import EpochRecording, NotARecording
from analytics.recordings.text import text_of
from analytics.recordings.written_dates import DAY_FIRST, Order, read_written

PROMISED = {"number of data samples:", "aantal gegevenssamples:"}
MISSING = {"", "nan", "kz", "na"}
HEADER_ROWS = 80

#: Titles of line, date, time and activity, and of the column that says off the wrist, in small letters.
LANGUAGES = (
    (("line", "date", "time", "activity"), "off-wrist status"),
    (("lijn", "datum", "tijd", "activiteit"), "status niet-om-pols"),
    (("ligne", "date", "heure", "activité"), "statut hors poignet"),
    (("zeile", "datum", "zeit", "aktivität"), "status „nicht am handgelenk“"),
    (("linea", "data", "ora", "attività"), "stato fuori polso"),
)
_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")
_NUMBER = re.compile(r"\d{1,9}(?:[.,]\d{1,6})?")


def holds_actiware(data: bytes) -> bool:
    """Whether the first line says Actiware."""
    return b"actiware" in data[:200].replace(b"\0", b"").lower()


def read_actiware(data: bytes, tz: str | None, name: str) -> EpochRecording:
    """Epochs of counts out of the bytes of an export."""
    try:
        rows = [
            [cell.strip() for cell in row] for row in csv.reader(io.StringIO(text_of(data, name, "cp1252")))
        ]
    except csv.Error:
        raise NotARecording(f"{name} is not comma separated text; export the recording again.") from None
    head, order, columns = _table(rows, name)
    width = max(columns) + 1
    found = [row for row in rows[head + 1 :] if any(row)]
    end = next((i for i, row in enumerate(found) if len(row) < width or not row[0].isdecimal()), len(found))
    notes = []
    if end < len(found):
        notes.append(ends_at(f"Row {end + 1} is no epoch", len(found) - end - 1))
    promised = next((int(row[1]) for row in rows[:HEADER_ROWS] if row[:1] and _promises(row)), end)
    if end < promised:
        notes.append(f"The header promises {promised} epochs, {end} are there.")
    if end < 2:
        raise NotARecording(f"{name} holds fewer than two epochs; export the recording again.")
    found = found[:end]
    date, time, activity, *off = columns
    wall_us = read_written([row[date] for row in found], [row[time] for row in found], name, order)
    counts = np.array([_count(row[activity], name) for row in found])
    if off and (gone := np.array([row[off[0]] == "1" for row in found])).any():
        notes.append(f"{int(gone.sum())} epochs are missing: the device was off the wrist.")
        counts[gone] = np.nan
    stamps = read_walls(wall_us, tz, name, _offset_us(rows[:HEADER_ROWS]))
    notes += repeated(stamps.kept)
    if len(stamps.t_us) < 2:
        raise NotARecording(f"{name} holds fewer than two epochs; export the recording again.")
    epoch_s = float(np.median(np.diff(stamps.t_us))) / 1e6
    return EpochRecording(
        stamps.t_us, epoch_s, counts[stamps.kept], "counts", stamps.tz, stamps.zone, notes=tuple(notes)
    )


def _table(rows: list[list[str]], name: str) -> tuple[int, Order | None, list[int]]:
    """The row of titles, the order of dates where the language says it, and the columns: date, time,
    activity and, where there is one, off the wrist."""
    for at in range(len(rows) - 1, -1, -1):
        titles = [cell.lower() for cell in rows[at]]
        for language, (needed, off) in enumerate(LANGUAGES):
            if set(needed) <= set(titles):
                wanted = [*needed[1:], *([off] if off in titles else [])]
                return at, DAY_FIRST if language else None, [titles.index(title) for title in wanted]
    raise NotARecording(
        f"{name} has no table of epochs in English, Dutch, French, German or Italian; export it from "
        "Actiware in one of these, with epoch-by-epoch data."
    )


def _promises(row: list[str]) -> bool:
    return row[0].lower() in PROMISED and len(row) > 1 and row[1].isdecimal() and len(row[1]) < 10


def _count(text: str, name: str) -> float:
    if text.lower() in MISSING:
        return float("nan")
    if not _NUMBER.fullmatch(text):
        raise NotARecording(f"{name} has an activity that is no number; export the recording again.")
    return float(text.replace(",", "."))


def _offset_us(rows: list[list[str]]) -> int | None:
    """Wall clock minus UTC; the only value of the header that is written like +01:00."""
    for row in rows:
        if len(row) > 1 and (match := _OFFSET.fullmatch(row[1])) and int(match[2]) <= 14:
            return (int(match[2]) * 60 + int(match[3])) * (-60_000_000 if match[1] == "-" else 60_000_000)
    return None
