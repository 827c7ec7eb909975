"""Actiwatch `.awd` (Cambridge Neurotechnology, Mini Mitter): one number a line.

Seven lines of header: name, start date (17-Nov-2009), start time (19:30), code of the epoch length, age,
serial number, sex. Then counts, for some models with a second value after a comma (light, temperature,
sound), and `M` where the button was pressed. The watch counts epochs on from its start and writes no other
stamp.
"""

from __future__ import annotations

import re

import numpy as np

from analytics.recordings.device_clock import read_walls
from analytics.recordings.notes import ends_at
from analytics.recordings.recording import EpochRecording, NotARecording
from analytics.recordings.text import text_of

ENDING = ".awd"
HEADER_LINES = 7
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

#: Codes of the fourth line [s]: quarters of a minute, and those of models with shorter epochs.
EPOCH_S = {"1": 15.0, "2": 30.0, "4": 60.0, "8": 120.0, "20": 300.0, "81": 2.0, "C1": 5.0, "C2": 10.0}

_START = re.compile(
    rb"[^\r\n]*\r?\n\s*\d{1,2}-[A-Za-z]{3}-\d{2,4}\s*\r?\n"
    rb"\s*\d{1,2}:\d\d(:\d\d)?\s*\r?\n\s*[0-9A-Za-z]{1,3}\s*\r?\n"
)
_DATE = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})")
_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?")
_LINE = re.compile(r"(\d{1,9})(?:\s*,\s*-?\d+(?:\.\d*)?)?\s*M?", re.IGNORECASE)


def holds_awd(data: bytes) -> bool:
    """Whether the first lines are those of an `.awd`."""
    return _START.match(data[:500]) is not None


def read_awd(data: bytes, tz: str | None, name: str) -> EpochRecording:
    """Epochs of counts out of the bytes of an `.awd`. Reading ends at the first line that is none."""
    lines = text_of(data, name, legacy="cp1252").splitlines()
    start_us, epoch_s = _start_us(lines, name), _epoch_s(lines, name)
    counts: list[int] = []
    notes: tuple[str, ...] = ()
    body = "\n".join(lines[HEADER_LINES:]).rstrip(" \n\t\x1a").split("\n")
    for number, line in enumerate(body, start=HEADER_LINES + 1):
        match = _LINE.fullmatch(line.strip())
        if match is None:
            notes = (ends_at(f"Line {number} is no epoch", len(body) + HEADER_LINES - number),)
            break
        counts.append(int(match[1]))
    if not counts:
        raise NotARecording(f"{name} holds no epochs; export the recording again.")
    wall_us = start_us + np.arange(len(counts)) * round(epoch_s * 1e6)
    stamps = read_walls(wall_us[:1], tz, name)
    t_us = stamps.t_us[0] + (wall_us - wall_us[0])
    activity = np.array(counts, np.float64)
    return EpochRecording(t_us, epoch_s, activity, "counts", stamps.tz, stamps.zone, notes=notes)


def _start_us(lines: list[str], name: str) -> int:
    day, time = _DATE.fullmatch(lines[1].strip()), _TIME.fullmatch(lines[2].strip())
    if day and time and day[2].lower() in MONTHS:
        month = MONTHS.index(day[2].lower()) + 1
        text = f"{day[3]}-{month:02d}-{int(day[1]):02d}T{int(time[1]):02d}:{time[2]}:{time[3] or '00'}"
        try:
            return int(np.datetime64(text, "us").astype(np.int64))
        except ValueError:
            pass
    raise NotARecording(
        f"{name}: lines 2 and 3 must be a start like 17-Nov-2009 and 19:30; mend them or export again."
    )


def _epoch_s(lines: list[str], name: str) -> float:
    code = lines[3].strip().upper()
    if code not in EPOCH_S:
        raise NotARecording(
            f"{name}: the epoch code {code!r} in line 4 is not known here ({', '.join(EPOCH_S)}); "
            "export the recording as CSV with the columns time and counts."
        )
    return EPOCH_S[code]
