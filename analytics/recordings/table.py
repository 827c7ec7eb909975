"""Recordings written as comma separated values.

Depresjon: `timestamp,date,activity`, a row a minute, local stamps, counts (Garcia-Ceja et al.,
"Depresjon: a motor activity database of depression episodes", ACM MMSys 2018).
Plain: `time` (ISO 8601, with or without offset) or `t_us`; then `x,y,z` in g, or `counts`, or `enmo_mg`.
Exports of other programs: their columns are in `table_columns`.
An empty value, `NA` or `NaN` is missing. Other columns are ignored.
"""

from __future__ import annotations

import csv
import io

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.recording import EpochRecording, Measure, NotARecording, RawRecording
from analytics.recordings.stamps import Stamps
from analytics.recordings.stretches import in_stretches
from analytics.recordings.table_columns import AXES, MEASURES, Columns, stamps_of
from analytics.recordings.three_axes import vector_magnitude

MISSING = {"", "na", "nan"}
MOST = 1e9  #: of counts, mg or g: beyond it sums of squares mean nothing
SHORTEST_S = 0.5
MOST_EPOCHS = 30_000_000  #: from first to last, with those that are not there: 57 years of minutes


def read_table(text: str, tz: str | None, name: str) -> EpochRecording | RawRecording:
    """A recording out of the text of a CSV file."""
    columns = _columns(text, name)
    stamps = stamps_of(columns, tz, name)
    left_out = _left_out(stamps, name)
    if {"x", "y", "z"} <= columns.keys():
        xyz_g = np.stack([_numbers(columns, axis, stamps.kept, name) for axis in "xyz"], axis=1)
        return RawRecording(in_stretches(stamps.t_us, xyz_g, name), stamps.tz, stamps.zone, notes=left_out)
    if set(AXES) <= columns.keys():
        return _three_axes(columns, stamps, left_out, name)
    for title, measure in MEASURES.items():
        if title in columns:
            return _epochs(columns, title, measure, stamps, left_out, name)
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
    if len(header) == 1 and (other := next((sign for sign in ";\t" if sign in header[0]), None)):
        called = {";": "semicolons", "\t": "tabs"}[other]
        raise NotARecording(f"{name} is separated by {called}; export it with commas.")
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(header):
            raise NotARecording(
                f"{name}: row {number} has {len(row)} values for the {len(header)} columns above it; "
                "the file may be cut short, export it again."
            )
    return dict(zip(header, zip(*rows[1:], strict=True), strict=True))


def _left_out(stamps: Stamps, name: str) -> tuple[str, ...]:
    """What is said of rows whose time is not later than that of every row before them."""
    rows = int((~stamps.kept).sum())
    if 2 * rows > len(stamps.kept) and len(stamps.kept) > 2:
        raise NotARecording(
            f"{name}: most rows are not later than those above them; sort them by time, oldest first."
        )
    if not rows:
        return ()
    first = int(np.argmin(stamps.kept)) + 1
    return (
        f"{rows} rows, the first of them row {first}, are not later than a row above: they were left out.",
    )


def _numbers(columns: Columns, title: str, kept: NDArray[np.bool_], name: str) -> NDArray[np.float64]:
    texts = ["nan" if text.strip().lower() in MISSING else text for text in columns[title]]
    values = np.empty(len(texts))
    for place, text in enumerate(texts):
        try:
            values[place] = float(text)
        except ValueError:
            raise NotARecording(
                f"{name}: column {title} holds text that is no number in row {place + 1}; mend it."
            ) from None
    beyond = np.abs(values) > MOST
    if beyond.any():
        raise NotARecording(
            f"{name}: column {title} holds a value beyond {MOST:g} in row {int(np.argmax(beyond)) + 1}; "
            "mend it or leave it empty."
        )
    return values[kept]


def _epochs(
    columns: Columns, title: str, measure: Measure, stamps: Stamps, notes: tuple[str, ...], name: str
) -> EpochRecording:
    activity = _at_least_zero(columns, title, stamps.kept, name)
    notes += _drop_invalid(columns, activity, stamps, name)
    return EpochRecording(
        stamps.t_us, _length_s(stamps, name), activity, measure, stamps.tz, stamps.zone, notes=notes
    )


def _three_axes(columns: Columns, stamps: Stamps, notes: tuple[str, ...], name: str) -> EpochRecording:
    axes = np.stack([_at_least_zero(columns, title, stamps.kept, name) for title in AXES], axis=1)
    steps = _at_least_zero(columns, "steps", stamps.kept, name) if "steps" in columns else None
    length_s = _length_s(stamps, name)
    return EpochRecording(
        stamps.t_us,
        length_s,
        vector_magnitude(axes),
        "counts",
        stamps.tz,
        stamps.zone,
        axes,
        steps,
        notes,
    )


def _at_least_zero(columns: Columns, title: str, kept: NDArray[np.bool_], name: str) -> NDArray[np.float64]:
    values = _numbers(columns, title, kept, name)
    if (values < 0).any():
        raise NotARecording(f"{name}: column {title} holds values below 0; leave missing values empty.")
    return values


def _drop_invalid(
    columns: Columns, activity: NDArray[np.float64], stamps: Stamps, name: str
) -> tuple[str, ...]:
    """GGIR fills epochs that it found invalid with made-up values: they are missing here."""
    if "invalidepoch" not in columns:
        return ()
    invalid = _numbers(columns, "invalidepoch", stamps.kept, name) == 1
    activity[invalid] = np.nan
    return (f"{int(invalid.sum())} epochs that GGIR marks as invalid are missing.",) if invalid.any() else ()


def _length_s(stamps: Stamps, name: str) -> float:
    if len(stamps.t_us) < 2:
        raise NotARecording(f"{name} has one epoch only, so its length is unknown; give two rows or more.")
    length_s = float(np.median(np.diff(stamps.t_us))) / 1e6
    if length_s < SHORTEST_S:
        raise NotARecording(
            f"{name} has epochs of {length_s:g} s; {SHORTEST_S:g} s is the least: t_us is in microseconds."
        )
    if (stamps.t_us[-1] - stamps.t_us[0]) / 1e6 / length_s > MOST_EPOCHS:
        raise NotARecording(
            f"{name} reaches over more than {MOST_EPOCHS:,} epochs of {length_s:g} s; look for a wrong date."
        )
    return length_s
