"""What several commands take, and how they print."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DataDirOption = Annotated[
    Path | None, typer.Option("--data-dir", help="Of the running system (or ACTALGIA_DATA_DIR).")
]
ReasonOption = Annotated[
    str | None, typer.Option("--reason", help="Why, in one line, for the audit; nothing clinical.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def say(text: str) -> None:
    """A line on standard output."""
    typer.echo(text)


def say_json(document: Any) -> None:
    """The one JSON document on standard output."""
    typer.echo(json.dumps(document, indent=1, default=str))


def instant(text: str, option: str) -> datetime:
    """An RFC 3339 time with offset, in UTC. Raises a usage error that names the option."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option} is not a time like 2026-05-04T08:00:00+02:00") from error
    if at.tzinfo is None:
        raise typer.BadParameter(f"{option} needs an offset, like 2026-05-04T08:00:00+02:00 or ...Z")
    return at.astimezone(UTC)


def person(name: str) -> str:
    """The name of a person. Raises a usage error for none, and for the name under which no person acts."""
    if name.strip().casefold() in ("", "actalgia"):
        raise typer.BadParameter("give the name of a person")
    return name.strip()


def local_date(text: str, option: str) -> date:
    """A calendar date. Raises a usage error that names the option."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option} is not a day like 2026-05-04") from error
    if not 2000 <= day.year < 9000:
        raise typer.BadParameter(f"{option} lies between the years 2000 and 9000")
    return day


def write_figure(svg: str, file: Path) -> None:
    """The figure into that file, which it replaces. Raises a usage error where it cannot be written."""
    try:
        file.write_text(svg, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(
            f"{file} cannot be written: {error.strerror}; name a file in a folder that you may write to"
        ) from error


def by_whom() -> str:
    """The name under which the audit has what a command did."""
    return f"cli:{getpass.getuser()}"


def write_down(
    session: Session, action: str, detail: str, patient_id: int | None = None, reason: str | None = None
) -> None:
    """An audit entry for what this command changes or shows, in the transaction that does so.

    Raises `StoreError` for a reason that is no line.
    """
    from store.access import reason_given, record
    from store.database import now

    record(session, now(), by_whom(), action, patient_id, detail, reason_given(reason))


def table(headings: list[str], rows: list[list[str]]) -> None:
    """Columns for people."""
    widths = [max(len(cell) for cell in column) for column in zip(headings, *rows, strict=True)]
    for row in [headings, *rows]:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
