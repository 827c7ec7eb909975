"""`actalgia quarantine`: what was refused and why, and what is to become of it."""

from __future__ import annotations

import base64
import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from actalgia.commands.common import (
    DataDirOption,
    JsonOption,
    instant,
    say,
    say_json,
    table,
    write_down,
)
from actalgia.commands.deciding import chosen_of, confirm, counted, tell_outcome

app = typer.Typer(help="What was refused, and why: list, show, retry, drop.", no_args_is_help=True)
Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]...")]
Every = Annotated[bool, typer.Option("--all", help="All, or all that --reason and --device choose.")]
Device = Annotated[str | None, typer.Option("--device", help="With --all: only those of this device.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
By = Annotated[str, typer.Option("--by", help="Your name; it is written down.")]
Wait = Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait for the outcome.")]


@app.command("list")
def list_quarantined(
    most: Annotated[int, typer.Option("--most", min=1)] = 50,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """The newest refused messages, without their payloads."""
    import sqlalchemy as sa

    from actalgia.system import find_system
    from store.database import transaction
    from store.quarantine import Quarantined

    q = Quarantined
    columns = (q.id, q.device, q.topic, q.reason, q.digest, q.stream, q.boot, q.seq, q.times, q.tries)
    query = sa.select(*columns, q.received_at, q.retry_at, sa.func.length(q.payload).label("bytes"))
    with transaction(find_system(data_dir).engine()) as session:
        found = session.execute(query.order_by(q.id.desc()).limit(most)).all()
        write_down(session, "quarantine.list", f"{len(found)} messages")
    if as_json:
        names = ("id", "device", "topic", "reason", "bytes", "stream", "boot", "seq", "times", "tries")
        say_json(
            [
                {name: getattr(row, name) for name in names}
                | {"digest": row.digest.hex(), "received_at": row.received_at.isoformat()}
                | {"state": _state(row)}
                for row in found
            ]
        )
    elif not found:
        say("Nothing is in quarantine.")
    else:
        table(
            ["id", "received", "device", "bytes", "reason"],
            [
                [
                    str(row.id),
                    row.received_at.isoformat()[:19],
                    row.device,
                    str(row.bytes),
                    row.reason + ("" if row.retry_at is None else " (to be tried again)"),
                ]
                for row in found
            ],
        )


@app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="ID")],
    payload: Annotated[
        Path | None, typer.Option("--payload", help="Write the bytes to this new file.")
    ] = None,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """One refused message. Its payload may hold health data: it goes to a file, or into --json as base64."""
    from actalgia.system import find_system
    from store.database import StoreError, transaction
    from store.decided import Decided
    from store.quarantine import Quarantined

    with transaction(find_system(data_dir).engine()) as session:
        found, gone = session.get(Quarantined, number), session.get(Decided, number)
        if found is not None:
            write_down(session, "quarantine.view", f"message {number}")
    if gone is not None:
        raise StoreError(f"Message {number} is no more in quarantine: {gone.outcome}, decided by {gone.by}.")
    if found is None:
        raise StoreError(f"There is no message {number} in quarantine.")
    if payload is not None:
        try:
            with payload.open("xb") as handle:
                handle.write(found.payload)
        except OSError as error:
            raise typer.BadParameter(f"{payload} cannot be written: {error.strerror}") from error
    document = {
        "id": found.id,
        "device": found.device,
        "topic": found.topic,
        "reason": found.reason,
        "stream": found.stream,
        "boot": found.boot,
        "seq": found.seq,
        "t0": found.t0.isoformat() if found.t0 else None,
        "received_at": found.received_at.isoformat(),
        "times": found.times,
        "tries": found.tries,
        "state": _state(found),
        "digest": found.digest.hex(),
        "bytes": len(found.payload),
    }
    if as_json:
        say_json({**document, "payload": base64.b64encode(found.payload).decode()})
    else:
        for key, value in document.items():
            say(f"{key:12} {value if value is not None else '-'}")


@app.command()
def retry(
    ids: Ids = None,
    by: Annotated[
        str | None, typer.Option("--by", help="Your name; else that of your log-in. It is written down.")
    ] = None,
    t0: Annotated[
        str | None,
        typer.Option("--t0", help="The true time (RFC 3339) of a message refused for its time."),
    ] = None,
    every: Every = False,
    part: Annotated[
        str | None,
        typer.Option("--reason", "--where", help="With --all: only those with this in their reason."),
    ] = None,
    device: Device = None,
    yes: Yes = False,
    wait_s: Wait = 10.0,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Have messages tried again, when what was wrong is mended. Ingest does it within seconds."""
    from actalgia.system import find_system
    from store import decided
    from store.database import now, transaction

    at = None if t0 is None else instant(t0, "--t0")
    engine = find_system(data_dir).engine()
    chosen = chosen_of(engine, ids, every, part, device)
    if at is not None and len(chosen) > 1:
        raise typer.BadParameter("--t0 is for one message: give one ID")
    if not chosen:
        say_json([]) if as_json else say("Nothing in quarantine is meant by that.")
        return
    if every:
        confirm(f"Try {counted(len(chosen))} again?", yes)
    with transaction(engine) as session:
        decided.mark(session, chosen, by or getpass.getuser(), now(), at)
    tell_outcome(engine, chosen, wait_s, as_json)


@app.command()
def drop(
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is written down.")],
    ids: Ids = None,
    every: Every = False,
    part: Annotated[
        str | None, typer.Option("--where", help="With --all: only those with this in their reason.")
    ] = None,
    device: Device = None,
    yes: Yes = False,
    data_dir: DataDirOption = None,
) -> None:
    """Forget messages for good. What is written down: device, digest, your reason and name."""
    from actalgia.system import find_system
    from store import decided
    from store.database import now, transaction

    if not reason.strip() or len(reason) > decided.REASON_LENGTH:
        raise typer.BadParameter(f"--reason is a sentence of at most {decided.REASON_LENGTH} characters")
    engine = find_system(data_dir).engine()
    chosen = chosen_of(engine, ids, every, part, device)
    if not chosen:
        say("Nothing in quarantine is meant by that.")
        return
    if every:
        confirm(f"Forget {counted(len(chosen))} for good?", yes)
    with transaction(engine) as session:
        decided.drop(session, chosen, by, now(), reason.strip())
    say(f"{counted(len(chosen))}: dropped.")


def _state(message: Any) -> str:
    return "kept" if message.retry_at is None else "retry"
