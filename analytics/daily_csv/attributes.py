"""Who the patients of a CSV are: a table with one line of each."""

from __future__ import annotations

from pathlib import Path

from analytics.association.daily_rows import MISSING, NotDailyRows
from analytics.daily_csv.columns import PATIENT
from analytics.daily_csv.lines import lines_of


def read_attributes(file: Path) -> dict[str, dict[str, str]]:
    """Of each column but `patient` what it says of each patient; what is missing is left out.

    A column that says nothing of anybody is absent. Raises `NotDailyRows`, `OSError`.
    """
    found: dict[str, dict[str, str]] = {}
    lines: dict[str, int] = {}
    for line, row in lines_of(file):
        first = lines.setdefault(row[PATIENT], line)
        if first != line:
            raise NotDailyRows(
                f"{file.name}: lines {first} and {line} are of one patient; "
                "a table of people has one line each."
            )
        for name, value in row.items():
            if name != PATIENT and value.lower() not in MISSING:
                found.setdefault(name, {})[row[PATIENT]] = value
    return found
