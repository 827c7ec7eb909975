"""ActiGraph `.agd`: the SQLite database in which ActiLife keeps epochs.

Table `settings` holds names and values (`epochlength` in seconds), table `data` a row for each epoch:
`dataTimestamp` (.NET ticks of the device's wall clock), `axis1` to `axis3`, `steps`.
Axis 1 is the device's vertical one. The bytes are opened in memory, nothing is written beside the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.actigraph_info import TICKS_OF_1970, TICKS_OF_2200
from analytics.recordings.device_clock import read_walls
from analytics.recordings.notes import repeated
from analytics.recordings.recording import EpochRecording, NotARecording
from analytics.recordings.three_axes import MOST_COUNTS, vector_magnitude

ENDING = ".agd"
MAGIC = b"SQLite format 3\0"
PAGE_SIZE, PAGES = slice(16, 18), slice(28, 32)  #: of the file's header
JOURNAL_MODE = slice(18, 20)  #: 2 is a write-ahead log, which memory cannot have
MOST_FILE_BYTES = 1 << 29
AXES = ("axis1", "axis2", "axis3")

# Reading a row of an honest file takes some 30 steps of SQLite's machine and the row at least 20 bytes.
STEPS_FOR_EACH_BYTE, STEPS_AT_LEAST, STEPS_AT_ONCE = 10, 1_000_000, 10_000


def holds_sqlite(data: bytes) -> bool:
    """Whether the bytes are a SQLite database."""
    return data.startswith(MAGIC)


def read_agd(data: bytes, tz: str | None, name: str) -> EpochRecording:
    """Epochs of counts out of the bytes of an `.agd`; `activity` is the vector magnitude of three axes."""
    if len(data) > MOST_FILE_BYTES:
        raise NotARecording(f"{name} is larger than {MOST_FILE_BYTES >> 20} MiB; cut it into shorter ones.")
    notes: list[str] = []
    try:
        with opened(data) as database:
            columns = _columns(database)
            if not {"dataTimestamp", AXES[0]} <= columns:
                raise NotARecording(
                    f"{name} is a database without ActiGraph epochs; export it from ActiLife again."
                )
            epoch_s = _epoch_s(database, name)
            values = [title for title in (*AXES, "steps") if title in columns]
            ticks, numbers, whole = _rows(database, values)
    except (sqlite3.Error, OverflowError, ValueError):
        raise NotARecording(
            f"{name} is a damaged database; copy it or export it from ActiLife again."
        ) from None
    if not whole:
        notes.append("The database is damaged or cut short; the epochs before that were read.")
    known = (ticks > TICKS_OF_1970) & (ticks < TICKS_OF_2200)
    if not known.all():
        notes.append(f"{int((~known).sum())} epochs without a time were left out.")
        ticks, numbers = ticks[known], numbers[known]
    if not len(ticks):
        raise NotARecording(f"{name} holds no epochs; export it from ActiLife again.")
    if (impossible := (numbers < 0) | (numbers > MOST_COUNTS)).any():
        notes.append(f"{int(impossible.sum())} values that are no counts are missing.")
        numbers[impossible] = np.nan
    stamps = read_walls((ticks - TICKS_OF_1970) // 10, tz, name)
    notes += repeated(stamps.kept)
    numbers = numbers[stamps.kept]
    axes = numbers[:, :3] if set(AXES) <= columns else None
    return EpochRecording(
        stamps.t_us,
        epoch_s,
        numbers[:, 0] if axes is None else vector_magnitude(axes),
        "counts",
        stamps.tz,
        stamps.zone,
        axes=axes,
        steps=numbers[:, -1] if "steps" in values else None,
        notes=tuple(notes),
    )


@contextmanager
def opened(data: bytes) -> Iterator[sqlite3.Connection]:
    """The database in memory, read only, given up after a number of steps that fits its size."""
    content = bytearray(data)
    content[JOURNAL_MODE] = b"\1\1"
    # SQLite refuses a file that is shorter than its header says; its first pages may be read all the same.
    page = int.from_bytes(content[PAGE_SIZE], "big")
    page = 1 << 16 if page == 1 else page
    if page >= 512 and len(content) >= page:
        del content[len(content) // page * page :]
        content[PAGES] = (len(content) // page).to_bytes(4, "big")
    left = max(STEPS_AT_LEAST, STEPS_FOR_EACH_BYTE * len(data)) // STEPS_AT_ONCE

    def give_up() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(bytes(content))
        database.text_factory = lambda text: text.decode("utf-8", "replace")
        database.set_progress_handler(give_up, STEPS_AT_ONCE)
        for rule in (
            "trusted_schema = off",
            "query_only = on",
            "cell_size_check = on",
            "temp_store = memory",
        ):
            database.execute(f"PRAGMA {rule}")
        yield database


def _columns(database: sqlite3.Connection) -> set[str]:
    """Of `data`, where that is a table: a view could be made to calculate anything."""
    tables = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'"
    )
    if not {"data", "settings"} <= {str(row[0]) for row in tables.fetchall()}:
        return set()
    return {str(row[1]) for row in database.execute("PRAGMA table_info(data)").fetchall()}


def _epoch_s(database: sqlite3.Connection, name: str) -> float:
    query = "SELECT settingValue FROM settings WHERE settingName = 'epochlength' LIMIT 1"
    found = database.execute(query).fetchone()
    text = str(found[0]).strip() if found else ""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 3600:
        raise NotARecording(f"{name} does not say how long its epochs are; export it from ActiLife again.")
    return float(int(text[:6]))


def _rows(
    database: sqlite3.Connection, values: list[str]
) -> tuple[NDArray[np.int64], NDArray[np.float64], bool]:
    """Ticks, values and whether the table could be read to its end."""
    numbers = ", ".join(f"CASE WHEN typeof({v}) IN ('integer', 'real') THEN {v} END" for v in values)
    query = (
        f"SELECT CASE typeof(dataTimestamp) WHEN 'integer' THEN dataTimestamp ELSE 0 END, {numbers} FROM data"
    )
    rows: list[tuple[int | float | None, ...]] = []
    whole = True
    try:
        # One by one: rows that are fetched together are lost together at the first damaged page.
        for row in database.execute(query):
            rows.append(row)
    except sqlite3.Error:
        whole = False
    ticks = np.array([row[0] for row in rows], np.int64)
    found = np.array([row[1:] for row in rows], np.float64).reshape(len(rows), len(values))
    found[~np.isfinite(found)] = np.nan
    return ticks, found, whole
