"""Written times to instants.

A stamp without offset is the wall clock of the zone that the reader was given, and without a zone the wall
clock of days of 24 h (it is then kept as if it were UTC). In the hour that a zone repeats, rows are the
first pass until a stamp steps back, then the second. A wall clock that the zone skips is read with the
offset before the change (PEP 495, fold 0).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from analytics.days import DAY_US, HOUR_US, offsets_between
from analytics.recordings.recording import NotARecording
from analytics.recordings.written_offsets import zone_of

FIRST_US, LAST_US = -25_567 * DAY_US, 84_006 * DAY_US  #: 1900-01-01 and 2200-01-01
MOST_STEP_BACK_US = 3 * HOUR_US  #: a repeated hour and a corrected clock, but not a lost date

_STAMP = re.compile(
    r"(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?)(?:([+-])(\d\d):?(\d\d)|(Z))?"
)


@dataclass(frozen=True)
class Stamps:
    """Instants of the rows to keep, strictly rising, and the zone that their days are cut in."""

    t_us: NDArray[np.int64]
    kept: NDArray[np.bool_]  #: over all rows; a row that is not later than every row before it is left out
    tz: str | None
    zone: tzinfo


def read_times(texts: list[str], tz: str | None, name: str) -> Stamps:
    """Stamps written as ISO 8601, all with an offset or all without one."""
    matches = [_STAMP.fullmatch(text.strip()) for text in texts]
    if None in matches:
        row = matches.index(None) + 1
        raise NotARecording(
            f"{name}: row {row} has no time like 2026-03-29T08:15:00; mend or remove that row."
        )
    parts = [match.groups() for match in matches if match]
    with_offset = [bool(sign or zulu) for _, sign, _, _, zulu in parts]
    try:
        wall = np.array([part[0] for part in parts], "datetime64[us]").astype(np.int64)
    except ValueError:
        raise NotARecording(f"{name} has a time that no calendar knows; mend or remove that row.") from None
    if not any(with_offset):
        refuse_impossible(wall, name)
        if tz is None:
            return rising(wall, None, UTC)
        zone = ZoneInfo(tz)
        return rising(instants_of_wall(wall, zone), tz, zone)
    if not all(with_offset):
        raise NotARecording(f"{name} has times with and without an offset; write all of them in one way.")
    offset_us = np.array(
        [
            (60 * int(hours or 0) + int(minutes or 0)) * (-60_000_000 if sign == "-" else 60_000_000)
            for _, sign, hours, minutes, _ in parts
        ],
        np.int64,
    )
    t_us = wall - offset_us
    refuse_impossible(t_us, name)
    if tz is not None:
        return rising(t_us, tz, ZoneInfo(tz))
    return rising(t_us, *zone_of(t_us, offset_us))


def read_instants(texts: list[str], tz: str | None, name: str) -> Stamps:
    """Stamps written as whole microseconds since the Unix epoch (`t_us`)."""
    try:
        t_us = np.array([int(text) for text in texts], np.int64)
    except (ValueError, OverflowError):
        raise NotARecording(
            f"{name}: t_us must be whole microseconds since 1970; mend that column."
        ) from None
    refuse_impossible(t_us, name)
    return rising(t_us, tz or "UTC", ZoneInfo(tz or "UTC"))


def instants_of_wall(wall_us: NDArray[np.int64], zone: tzinfo) -> NDArray[np.int64]:
    """Wall clocks in the order of their rows, as instants; see above for repeated and skipped hours."""
    known = offsets_between(int(wall_us.min()) - DAY_US, int(wall_us.max()) + DAY_US, zone)
    before = known.start_us[1:] + known.offset_us[:-1]
    after = known.start_us[1:] + known.offset_us[1:]
    first = wall_us - known.offset_us[np.searchsorted(np.maximum(before, after), wall_us, side="right")]
    second = wall_us - known.offset_us[np.searchsorted(np.minimum(before, after), wall_us, side="right")]
    t_us = first.copy()
    stepped_back = np.r_[False, np.diff(wall_us) < 0]
    for low, high in zip(after[after < before], before[after < before], strict=True):
        rows = np.flatnonzero((wall_us >= low) & (wall_us < high))
        again = np.maximum.accumulate(stepped_back[rows]) if len(rows) else np.zeros(0, bool)
        t_us[rows[again]] = second[rows[again]]
    return t_us


def refuse_impossible(t_us: NDArray[np.int64], name: str) -> None:
    """Raise `NotARecording` where a row lies more than 3 h before the one above it, or in no likely year."""
    if len(t_us) and not FIRST_US <= t_us.min() <= t_us.max() < LAST_US:
        raise NotARecording(
            f"{name} has a time before 1900 or after 2199; mend it or export the recording again."
        )
    steps = np.diff(t_us)
    if len(steps) and steps.min() < -MOST_STEP_BACK_US:
        back = steps[steps < -MOST_STEP_BACK_US]
        same_date = t_us.min() // DAY_US == t_us.max() // DAY_US
        if same_date and len(t_us) > 2 and (back + DAY_US < HOUR_US).all():
            raise NotARecording(
                f"{name} never advances its date: every row says {_day(int(t_us[0]))} although the clock "
                f"passes midnight {len(back)} times; put the date of its own "
                "day into each row, or export the recording again."
            )
        row = int(np.argmax(steps < -MOST_STEP_BACK_US)) + 2
        raise NotARecording(
            f"{name}: the time of row {row} lies more than 3 h before that of the row above; "
            "sort the rows or mend their dates."
        )


def rising(t_us: NDArray[np.int64], tz: str | None, zone: tzinfo) -> Stamps:
    """Stamps of the rows that are later than every row before them."""
    latest = np.r_[np.iinfo(np.int64).min, np.maximum.accumulate(t_us)[:-1]]
    kept = t_us > latest
    return Stamps(t_us[kept], kept, tz, zone)


def _day(t_us: int) -> str:
    return str(np.datetime64(t_us, "us").astype("datetime64[D]"))
