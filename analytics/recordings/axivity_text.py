"""Axivity's CSV export: lines `seconds,x,y,z` in g without titles.

The seconds are those of the device's clock since 1970-01-01T00:00 on that clock, which shows local time:
they are a wall clock like any other, as in the `.cwa` file of the same recording.
"""

from __future__ import annotations

import io
import re

import numpy as np

from analytics.recordings.device_clock import read_walls
from analytics.recordings.notes import ends_at
from analytics.recordings.recording import NotARecording, RawRecording
from analytics.recordings.stretches import in_stretches
from analytics.recordings.text import text_of

# Stamps are rounded, often to 10 ms, and the rate is a little off: two steps may be one sample.
GAP_STEPS = 3.0

# Ten digits: 2001 to 2286; fewer are something else.
_LINE = r"\s*[1-9]\d{9}(?:\.\d{1,9})?(?:\s*,\s*-?\d{1,3}(?:\.\d{0,12})?){3,8}\s*"
_FIRST = re.compile(_LINE.encode() + rb"\r?\n")


def holds_seconds(data: bytes) -> bool:
    """Whether the first line is one of seconds and three or more numbers."""
    return _FIRST.match(data[:500]) is not None


def read_seconds(data: bytes, tz: str | None, name: str) -> RawRecording:
    """A raw recording out of the bytes of an export. Reading ends at the first line that is none."""
    lines = text_of(data, name).rstrip().split("\n")
    notes: tuple[str, ...] = ()
    line = re.compile(_LINE)
    good = next((i for i, text in enumerate(lines) if not line.fullmatch(text)), len(lines))
    if good < len(lines):
        notes = (ends_at(f"Line {good + 1} is no sample", len(lines) - good - 1),)
    try:
        values = np.loadtxt(
            io.StringIO("\n".join(lines[:good])), delimiter=",", usecols=(0, 1, 2, 3), ndmin=2, comments=None
        )
    except ValueError:
        raise NotARecording(f"{name} has lines that are not seconds,x,y,z; export it again.") from None
    stamps = read_walls(np.rint(values[:, 0] * 1e6).astype(np.int64), tz, name)
    segments = in_stretches(stamps.t_us, values[stamps.kept, 1:], name, GAP_STEPS)
    return RawRecording(segments, stamps.tz, stamps.zone, notes=notes)
