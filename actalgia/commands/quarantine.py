"""`actalgia quarantine`: what was refused, and why."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Annotated

import typer

from actalgia.commands.common import DataDirOption, JsonOption, say, say_json, table

app = typer.Typer(help="What was refused, and why.", no_args_is_help=True)


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

    with transaction(find_system(data_dir).engine()) as session:
        found = session.scalars(sa.select(Quarantined).order_by(Quarantined.id.desc()).limit(most)).all()
    rows = [
        {
            "id": q.id,
            "device": q.device,
            "topic": q.topic,
            "reason": q.reason,
            "bytes": len(q.payload),
            "digest": q.digest.hex(),
            "stream": q.stream,
            "boot": q.boot,
            "seq": q.seq,
            "times": q.times,
            "received_at": q.received_at.isoformat(),
        }
        for q in found
    ]
    if as_json:
        say_json(rows)
    elif not rows:
        say("Nothing is in quarantine.")
    else:
        table(
            ["id", "received", "device", "bytes", "reason"],
            [
                [
                    str(r["id"]),
                    str(r["received_at"])[:19],
                    str(r["device"]),
                    str(r["bytes"]),
                    str(r["reason"]),
                ]
                for r in rows
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
    from store.quarantine import Quarantined

    with transaction(find_system(data_dir).engine()) as session:
        found = session.get(Quarantined, number)
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
        "digest": found.digest.hex(),
        "bytes": len(found.payload),
    }
    if as_json:
        say_json({**document, "payload": base64.b64encode(found.payload).decode()})
    else:
        for key, value in document.items():
            say(f"{key:12} {value if value is not None else '-'}")
