"""CSVs that a command is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

if TYPE_CHECKING:
    from analytics.daily_csv.one_a_day import PatientDays

T = TypeVar("T")


def read_given(file: Path, read: Callable[[Path], T]) -> T:
    """What `read` makes of the file. Raises a usage error where it cannot be opened."""
    try:
        return read(file)
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror or 'no such CSV'}") from error


def days_given(file: Path) -> PatientDays:
    """The daily rows in a file, one a day. Raises a usage error, and `NotDailyRows`."""
    from analytics.daily_csv.one_a_day import one_a_day
    from analytics.daily_csv.reading import read_csv_rows

    def read(path: Path) -> PatientDays:
        with path.open("rb") as stream:
            return one_a_day(read_csv_rows(stream, path.name), path.name)

    return read_given(file, read)
