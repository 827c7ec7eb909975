"""Recordings written as comma separated values.

Depresjon: `timestamp,date,activity`, a row a minute, local stamps, counts (Garcia-Ceja et al.,
"Depresjon: a motor activity database of depression episodes", ACM MMSys 2018).
Plain: `time` (ISO 8601, with or without offset) or `t_us`; then `x,y,z` in g, or `counts`, or `enmo_mg`.
An empty value, `NA` or `NaN` is missing. Other columns are ignored.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.recording import EpochRecording, Measure, NotARecording, RawRecording
from analytics.recordings.stamps import Stamps, read_instants, read_times
from analytics.recordings.whole_numbers import as_whole_numbers
from analytics.signal.samples import Samples

Columns = dict[str, Sequence[str]]
MISSING = {"", "na", "nan"}


def read_table(text: str, tz: str | None, name: str) -> EpochRecording | RawRecording:
    """A recording out of the text of a CSV file."""
    columns = _columns(text, name)
    if {"timestamp", "date", "activity"} <= columns.keys():
        return _epochs(columns, "activity", "counts", read_times(list(columns["timestamp"]), tz, name), name)
    if "time" in columns:
        stamps = read_times(list(columns["time"]), tz, name)
    elif "t_us" in columns:
        stamps = read_instants(list(columns["t_us"]), tz, name)
    else:
        raise NotARecording(f"{name} has no column time or t_us; name the columns in the first line.")
    if {"x", "y", "z"} <= columns.keys():
        return _raw(columns, stamps, name)
    measures: tuple[Measure, ...] = ("counts", "enmo_mg")
    for measure in measures:
        if measure in columns:
            return _epochs(columns, measure, measure, stamps, name)
    raise NotARecording(
        f"{name} has no columns x,y,z, counts or enmo_mg; name the columns in the first line."
    )


def _columns(text: str, name: str) -> Columns:
    try:
        rows = [row for row in csv.reader(io.StringIO(text)) if row]
    except csv.Error:
        raise NotARecording(f"{name} is not comma separated text; export the recording as CSV.") from None
    if len(rows) < 2:
        raise NotARecording(f"{name} has no rows; export the recording again.")
    header = [title.strip().lower() for title in rows[0]]
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(header):
            raise NotARecording(
                f"{name}: row {number} has {len(row)} values for the {len(header)} columns above it; "
                "the file may be cut short, export it again."
            )
    return dict(zip(header, zip(*rows[1:], strict=True), strict=True))


def _numbers(columns: Columns, title: str, kept: NDArray[np.bool_], name: str) -> NDArray[np.float64]:
    texts = ["nan" if text.strip().lower() in MISSING else text for text in columns[title]]
    try:
        values = np.array([float(text) for text in texts])
    except ValueError:
        raise NotARecording(
            f"{name}: column {title} holds text that is no number; mend that column."
        ) from None
    if np.isinf(values).any():
        raise NotARecording(f"{name}: column {title} holds an infinite value; mend that column.")
    return values[kept]


def _epochs(columns: Columns, title: str, measure: Measure, stamps: Stamps, name: str) -> EpochRecording:
    activity = _numbers(columns, title, stamps.kept, name)
    if (activity < 0).any():
        raise NotARecording(f"{name}: column {title} holds values below 0; leave missing values empty.")
    if len(stamps.t_us) < 2:
        raise NotARecording(f"{name} has one epoch only, so its length is unknown; give two rows or more.")
    epoch_s = float(np.median(np.diff(stamps.t_us))) / 1e6
    return EpochRecording(stamps.t_us, epoch_s, activity, measure, stamps.tz, stamps.zone)


def _raw(columns: Columns, stamps: Stamps, name: str) -> RawRecording:
    """A stretch has one rate from its first to its last sample; a step over 1.5 usual ones is a gap."""
    xyz_g = np.stack([_numbers(columns, axis, stamps.kept, name) for axis in "xyz"], axis=1)
    measured = np.isfinite(xyz_g).all(axis=1)
    t_us, xyz_g = stamps.t_us[measured], xyz_g[measured]
    if len(t_us) < 2:
        raise NotARecording(f"{name} has fewer than two samples, so its rate is unknown; export it again.")
    whole, scale = as_whole_numbers(xyz_g, name)
    usual_us = float(np.median(np.diff(t_us)))
    cuts = np.r_[0, np.flatnonzero(np.diff(t_us) > 1.5 * usual_us) + 1, len(t_us)]
    segments = []
    for first, end in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        n = end - first
        hz = (n - 1) * 1e6 / float(t_us[end - 1] - t_us[first]) if n > 1 else 1e6 / usual_us
        segments.append(Samples(int(t_us[first]), hz, scale, whole[first:end]))
    return RawRecording(tuple(segments), stamps.tz, stamps.zone)
