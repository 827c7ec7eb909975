"""Which columns of a table say when, and which say how much: the titles that programs use, in small letters.

GGIR: `timestamp` (local) or `timenum` (seconds since 1970), `ACC` in mg. Oxford's accelerometer: `time`
with offset and `[zone]`, `acc` in mg. ActiLife: `Date`, `Time`, `Axis1` to `Axis3`, `Steps`. R packages for
ActiGraph: `TimeStamp` or `timestamp`, `axis1` to `axis3`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analytics.recordings.device_clock import read_walls
from analytics.recordings.recording import Measure, NotARecording
from analytics.recordings.stamps import Stamps, read_instants, read_times
from analytics.recordings.written_dates import read_written

Columns = dict[str, Sequence[str]]

AXES = ("axis1", "axis2", "axis3")
MEASURES: dict[str, Measure] = {
    "counts": "counts",
    "enmo_mg": "enmo_mg",
    "activity": "counts",
    "acc": "enmo_mg",
    "axis1": "counts",
}

_CLOCK = re.compile(r"\s*\d{1,2}:\d\d(?::\d\d)?(?:\s*[AP]\.?M\.?)?\s*", re.IGNORECASE)
_ZONE = re.compile(r"(.*?)\s*\[([A-Za-z0-9_+/-]{1,40})\]\s*")
_SECONDS = re.compile(r"\s*(\d{1,11})(?:\.(\d{1,9}))?\s*")


def stamps_of(columns: Columns, tz: str | None, name: str) -> Stamps:
    """The stamps of a table's rows.

    Raises `NotARecording` where no column says when.
    """
    if {"date", "time"} <= columns.keys() and _CLOCK.fullmatch(columns["time"][0]):
        return read_walls(read_written(columns["date"], columns["time"], name), tz, name)
    for title in ("time", "timestamp"):
        if title in columns:
            texts, zone = _without_zone(columns[title])
            return read_times(texts, tz or zone, name)
    if "t_us" in columns:
        return read_instants(list(columns["t_us"]), tz, name)
    if "timenum" in columns:
        seconds = [_SECONDS.fullmatch(text) for text in columns["timenum"]]
        if None in seconds:
            raise NotARecording(f"{name}: timenum must be seconds since 1970; mend that column.")
        parts = [match.groups() for match in seconds if match]
        return read_instants([f"{whole}{(part or '')[:6]:0<6}" for whole, part in parts], tz, name)
    raise NotARecording(f"{name} has no column time or t_us; add it, and name the columns in the first line.")


def _without_zone(texts: Sequence[str]) -> tuple[list[str], str | None]:
    """Stamps without a zone in brackets behind them, and that zone where all rows have the same known one."""
    first = _ZONE.fullmatch(texts[0])
    if first is None:
        return list(texts), None
    matches = [_ZONE.fullmatch(text) for text in texts]
    stripped = [match[1] if match else text for match, text in zip(matches, texts, strict=True)]
    if any(match is None or match[2] != first[2] for match in matches):
        return stripped, None
    try:
        ZoneInfo(first[2])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return stripped, None
    return stripped, first[2]
