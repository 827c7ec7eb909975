"""`actalgia audit`: who saw and did what, and whether what was written down is still what it was."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actalgia.commands.backtest import progress
from actalgia.commands.common import (
    DataDirOption,
    JsonOption,
    by_whom,
    instant,
    say,
    say_json,
    table,
    write_down,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import sqlalchemy as sa
    from sqlalchemy.orm import Session

    from actalgia.system import System
    from store.audit.chain import Head
    from store.audit.check import Checked

app = typer.Typer(
    help="What was written down of looks, decisions and changes: verify, list, head.", no_args_is_help=True
)
SinceOption = Annotated[str | None, typer.Option("--since", metavar="TIME", help="RFC 3339, with offset.")]


@app.command()
def verify(
    since: SinceOption = None,
    head_file: Annotated[
        Path | None,
        typer.Option(
            "--head", metavar="FILE", help="Published heads; without it those of the data directory."
        ),
    ] = None,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Whether the audit is still what it was: nothing altered, removed, put in between or reordered.

    Ends with exit code 1 where anything was found. Heads from a place that whoever changed the database could
    not reach are what shows that the whole chain was written anew.
    """
    from actalgia.system import find_system
    from store.audit.check import check, count_seals
    from store.database import now, transaction

    begins = instant(since, "--since") if since else None
    system = find_system(data_dir)
    heads, of_file = _heads(system, head_file)
    engine = system.engine()
    with _snapshot(engine) as session, progress("seals", count_seals(session, begins)) as done:
        found = check(session, since=begins, heads=heads, done=done)
    with transaction(engine) as session:
        write_down(session, "audit.verify", f"{found.seals} seals, {found.n_faults} faults")
    if as_json:
        say_json(_document(found))
    else:
        _tell(found, of_file, now())
    if found.n_faults:
        raise typer.Exit(1)


@app.command("list")
def list_told(
    patient: Annotated[str | None, typer.Option("--patient", metavar="ID")] = None,
    actor: Annotated[str | None, typer.Option("--actor", metavar="NAME")] = None,
    since: SinceOption = None,
    most: Annotated[int, typer.Option("--most", min=1, help="The newest so many.")] = 100,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Who saw and did what, the newest last. That you looked is written down, too."""
    from actalgia.system import find_system
    from store.access import record
    from store.audit.listing import told
    from store.database import now, transaction
    from store.people import patient_by_code

    begins = instant(since, "--since") if since else None
    with transaction(find_system(data_dir).engine()) as session:
        number = patient_by_code(session, patient).id if patient else None
        lines = told(session, patient_id=number, actor=actor, since=begins, most=most)
        record(session, now(), by_whom(), "audit.list", number, f"{len(lines)} lines")
    if as_json:
        say_json([asdict(line) | {"at": line.at.isoformat()} for line in lines])
        return
    if not lines:
        say("Nothing of that is written down.")
        return
    table(
        ["time (UTC)", "who", "what", "patient", "detail", "reason", "seal"],
        [
            [
                f"{line.at:%Y-%m-%d %H:%M:%S}",
                line.beside or line.actor,
                line.action,
                line.patient or "",
                line.detail or "",
                line.reason or "",
                "not yet" if line.seal is None else str(line.seal),
            ]
            for line in lines
        ],
    )


@app.command("head")
def show_head(as_json: JsonOption = False, data_dir: DataDirOption = None) -> None:
    """The newest seal, to be kept where nobody who can write to the database can write."""
    from actalgia.system import find_system
    from store.audit.seals import head
    from store.database import StoreError, now, transaction

    system = find_system(data_dir)
    with transaction(system.engine()) as session:
        newest = head(session, now())
    if newest is None:
        raise StoreError("Nothing is sealed yet: does alerting run?")
    if as_json:
        say(newest.line())
        return
    say(f"seal {newest.n}: {newest.digest.hex()}")
    published, of_file = _heads(system, None)
    if published:
        last = published[-1]
        say(f"(last published in {of_file}: seal {last.n}, {last.at:%Y-%m-%d %H:%M} UTC)")


@contextmanager
def _snapshot(engine: sa.Engine) -> Iterator[Session]:
    """A session that sees the database as it was at one instant."""
    from sqlalchemy.orm import Session

    with Session(engine.execution_options(isolation_level="REPEATABLE READ")) as session, session.begin():
        yield session


def _heads(system: System, given: Path | None) -> tuple[list[Head], Path | None]:
    """The heads to compare with, and the file they are of. Raises a usage error for a file that is none."""
    from actalgia.configured import audit_head_file
    from store.audit.chain import BadHeads, heads_in

    root = system.data.root if system.data else system.settings.data_dir
    file = given or audit_head_file(system.settings, root)
    if file is None or (given is None and not file.exists()):
        return [], None
    try:
        with file.open(encoding="utf-8") as lines:
            return heads_in(lines), file
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise typer.BadParameter(f"{file} cannot be read: {reason}") from error
    except BadHeads as error:
        raise typer.BadParameter(f"{file}: {error}") from error


def _document(found: Checked) -> dict[str, Any]:
    said = asdict(found)
    return said | {
        "ok": not found.n_faults,
        "digest": found.digest.hex() if found.digest else None,
        "oldest_unsealed": found.oldest_unsealed.isoformat() if found.oldest_unsealed else None,
    }


def _tell(found: Checked, of_file: Path | None, at: datetime) -> None:
    for fault in found.faults:
        say(fault.sentence)
    if found.n_faults > len(found.faults):
        say(f"and {found.n_faults - len(found.faults)} more")
    where = f", seals {found.first} to {found.last}" if found.seals else ""
    say(f"{found.seals} sealed entries were looked at{where}; {sum(found.rows.values())} rows were compared.")
    if found.unsealed and found.oldest_unsealed:
        age = (at - found.oldest_unsealed).total_seconds()
        say(f"{found.unsealed} entries are not sealed yet, the oldest is {age:.0f} s old" + _why(age))
    for line in found.late_named:
        say(f"to look at: {line}")
    if found.late > len(found.late_named):
        say(f"to look at: {found.late - len(found.late_named)} more that claim an earlier time")
    if found.heads:
        say(f"{found.heads} published heads of {of_file} were compared.")
    else:
        say("No published head was compared: a chain that was written anew as a whole would not be found.")
    say(f"{found.n_faults} faults." if found.n_faults else "Nothing is wrong.")


def _why(age_s: float) -> str:
    return ": does alerting run?" if age_s > 60 else "."
