"""Tables as CSV that a spreadsheet reads as data, never as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date


def csv_of(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The rows under their column names; None is an empty cell (RFC 4180)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | date):
        return value  # a negative number is a number
    cell = str(value)
    # A spreadsheet takes these as the beginning of a formula (OWASP, CSV injection).
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
