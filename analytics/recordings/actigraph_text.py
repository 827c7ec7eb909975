"""ActiLife's CSV exports: raw samples in g, or counts of epochs.

Ten lines of header between rulers give start, epoch length (00:00:00 for raw samples, whose rate the first
line says) and mode; a line of titles may follow; rows usually carry no time. Without titles the mode says
what the columns are: 1 steps, 2 heart rate, 4 a second and 8 a third axis, 16 inclinometer, 32 light.
"""

from __future__ import annotations

import io
import re

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.device_clock import read_walls
from analytics.recordings.notes import ends_at
from analytics.recordings.recording import EpochRecording, NotARecording, RawRecording
from analytics.recordings.text import text_of
from analytics.recordings.three_axes import MOST_COUNTS, vector_magnitude
from analytics.recordings.whole_numbers import as_whole_numbers
from analytics.recordings.written_dates import DAY_FIRST, MONTH_FIRST, Order, read_written
from analytics.signal.samples import Samples

TITLE = b"Data File Created By ActiGraph"
HEADER_LINES = 10
STEPS, SECOND_AXIS, THIRD_AXIS = 1, 4, 8
AXES = ["axis1", "axis2", "axis3"]
RAW_AXES = ["accelerometer x", "accelerometer y", "accelerometer z"]

_RATE = re.compile(r"\bat (\d{1,3}) Hz", re.IGNORECASE)
_ORDER = re.compile(r"date format ([a-z])", re.IGNORECASE)
_EPOCH = re.compile(r"^Epoch Period \(hh:mm:ss\) (\d\d):(\d\d):(\d\d)", re.MULTILINE)
_TIME = re.compile(r"^Start Time (\S+(?: [AP]M)?)", re.MULTILINE)
_DATE = re.compile(r"^Start Date (\S+)", re.MULTILINE)
_MODE = re.compile(r"Mode = (\d{1,3})")


def holds_actilife(data: bytes) -> bool:
    """Whether the first line is that of an ActiLife export."""
    return TITLE in data[:200]


def read_actilife(data: bytes, tz: str | None, name: str) -> EpochRecording | RawRecording:
    """Raw samples or epochs of counts out of the bytes of an export; rows follow each other without gaps."""
    lines = text_of(data, name, legacy="cp1252").splitlines()
    # Spreadsheets pad every line with commas.
    header = "\n".join(line.rstrip(",; ").strip('"') for line in lines[:HEADER_LINES])
    start_us, epoch_s, hz, mode = _header(header, name)
    body = lines[HEADER_LINES:]
    titles: list[str] = []
    if body and re.search("[A-DF-Za-df-z]", body[0]):
        titles = [title.strip(' "').lower() for title in body.pop(0).split(",")]
    if titles and titles[0] in ("timestamp", "date"):
        raise NotARecording(f"{name} has a time in each row; export it from ActiLife without timestamps.")
    start = read_walls(np.array([start_us], np.int64), tz, name)
    values, notes = _values(body, name)
    t0_us = int(start.t_us[0])
    if not epoch_s:
        segments, more = _raw(values, titles, t0_us, hz, name)
        return RawRecording(segments, start.tz, start.zone, notes=tuple(notes + more))
    axes, steps = _counts(values, titles, mode, name)
    t_us = t0_us + np.arange(len(values)) * epoch_s * 1_000_000
    activity = vector_magnitude(axes) if axes.shape[1] == 3 else axes[:, 0]
    three = axes if axes.shape[1] == 3 else None
    return EpochRecording(
        t_us, float(epoch_s), activity, "counts", start.tz, start.zone, three, steps, tuple(notes)
    )


def _header(header: str, name: str) -> tuple[int, int, int, int]:
    """Start [wall clock, microseconds], epoch [s; 0 for raw], rate [Hz; 0 where not said], mode."""
    day, time, epoch = _DATE.search(header), _TIME.search(header), _EPOCH.search(header)
    if not day or not time or not epoch:
        raise NotARecording(
            f"{name} lacks its Start Time, Start Date or Epoch Period; export it from ActiLife again."
        )
    said = _ORDER.search(header)
    order: Order | None = {"m": MONTH_FIRST, "d": DAY_FIRST}.get(said[1].lower()) if said else None
    start_us = int(read_written([day[1]], [time[1]], name, order)[0])
    epoch_s = int(epoch[1]) * 3600 + int(epoch[2]) * 60 + int(epoch[3])
    rate, mode = _RATE.search(header), _MODE.search(header)
    hz = int(rate[1]) if rate else 0
    if not epoch_s and not 1 <= hz <= 400:
        raise NotARecording(f"{name} does not say its sample rate; export it from ActiLife again.")
    return start_us, epoch_s, hz, int(mode[1]) if mode else 0


def _values(body: list[str], name: str) -> tuple[NDArray[np.float64], list[str]]:
    """The rows as far as they are numbers, all of one width."""
    while body and not body[-1].strip(' ,"'):
        body.pop()
    if not body:
        raise NotARecording(f"{name} holds no rows; export it from ActiLife again.")
    notes: list[str] = []
    try:
        return _parsed(body), notes
    except ValueError:
        width = body[0].count(",")
        number = re.compile(r"\s*-?\d{1,12}(?:\.\d*)?(?:[eE]-?\d\d?)?\s*(?:,|$)")
        good = next(
            (
                i
                for i, row in enumerate(body)
                if len(number.findall(row)) != width + 1 or row.count(",") != width
            ),
            0,
        )
    try:
        values = _parsed(body[:good])
    except ValueError:
        raise NotARecording(
            f"{name} has rows that are not numbers with commas between them; export it from ActiLife with "
            "a decimal point."
        ) from None
    notes.append(ends_at(f"Row {good + 1} is no row of numbers", len(body) - good - 1))
    return values, notes


def _parsed(rows: list[str]) -> NDArray[np.float64]:
    if not rows:
        raise ValueError
    values: NDArray[np.float64] = np.loadtxt(
        io.StringIO("\n".join(rows)), delimiter=",", ndmin=2, comments=None
    )
    # Empty lines are skipped, which would move all that follow.
    if len(values) != len(rows) or not np.isfinite(values).all():
        raise ValueError
    return values


def _raw(
    values: NDArray[np.float64], titles: list[str], t0_us: int, hz: int, name: str
) -> tuple[tuple[Samples, ...], list[str]]:
    """Samples in stretches. A second of exact zeros is no acceleration: it stands for idle sleep mode."""
    columns = [titles.index(title) for title in RAW_AXES] if set(RAW_AXES) <= set(titles) else [0, 1, 2]
    if values.shape[1] <= max(columns):
        raise NotARecording(f"{name} has fewer than three axes; export it from ActiLife again.")
    xyz_g = values[:, columns]
    zero: NDArray[np.bool_] = (xyz_g == 0).all(axis=1)
    edges = np.flatnonzero(np.diff(np.r_[False, zero, False]))
    measured: NDArray[np.bool_] = np.ones(len(zero), np.bool_)
    gaps = 0
    for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if end - first >= hz:
            measured[first:end] = False
            gaps += 1
    if not measured.any():
        raise NotARecording(f"{name} holds nothing but zeros; export it from ActiLife again.")
    whole, scale = as_whole_numbers(xyz_g, name)
    edges = np.flatnonzero(np.diff(np.r_[False, measured, False]))
    segments = tuple(
        Samples(t0_us + round(first * 1e6 / hz), float(hz), scale, whole[first:end])
        for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    )
    seconds = int((~measured).sum()) / hz
    return segments, [f"{gaps} stretches of zeros, {seconds:.0f} s in all, are gaps."] if gaps else []


def _counts(
    values: NDArray[np.float64], titles: list[str], mode: int, name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Counts of the axes, axis 1 first, and steps where there are some."""
    if not titles:
        titles = AXES[: 3 if mode & THIRD_AXIS else 2 if mode & SECOND_AXIS else 1]
        titles = [*titles, *(["steps"] if mode & STEPS else [])]
    columns = [titles.index(title) for title in AXES if title in titles]
    if not columns or titles[columns[0]] != AXES[0] or max(columns) >= values.shape[1]:
        raise NotARecording(f"{name} has no counts of axis 1; export it from ActiLife again.")
    if ((values < 0) | (values > MOST_COUNTS)).any():
        raise NotARecording(f"{name} holds impossible counts; export it from ActiLife again.")
    at = titles.index("steps") if "steps" in titles else values.shape[1]
    return values[:, columns], values[:, at] if at < values.shape[1] else None
