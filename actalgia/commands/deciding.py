"""Which quarantined messages a command means, and what became of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import typer

from actalgia.commands.common import say, say_json

if TYPE_CHECKING:
    import sqlalchemy as sa

SILENT_AFTER = timedelta(seconds=30)  #: as `/readyz`: without a sign of life for so long ingest is not there
LOOK_S = 0.2


def chosen_of(
    engine: sa.Engine, ids: Sequence[int] | None, every: bool, part: str | None, device: str | None
) -> list[int]:
    """The messages that are meant: those named, or with `--all` those that the filters choose."""
    from store import decided
    from store.database import transaction

    if bool(ids) == every:
        raise typer.BadParameter("name the messages by their ID, or say --all")
    if ids:
        if part is not None or device is not None:
            raise typer.BadParameter("a filter goes with --all, not with IDs")
        return list(dict.fromkeys(ids))
    with transaction(engine) as session:
        return decided.ids_where(session, part, device)


def confirm(question: str, yes: bool) -> None:
    """Ask unless `--yes` was said; ends the command on a no."""
    if not yes:
        typer.confirm(question, abort=True)


def counted(count: int) -> str:
    """`1 message`, `2 messages`."""
    return f"{count} message{'' if count == 1 else 's'}"


def tell_outcome(engine: sa.Engine, ids: Sequence[int], wait_s: float, as_json: bool) -> None:
    """Wait for ingest to carry the retry out, and say what became of these messages."""
    until = time.monotonic() + wait_s
    found = _outcomes(engine, ids)
    runs = _ingest_runs(engine)
    while runs and any(state == "waiting" for state, _ in found.values()) and time.monotonic() < until:
        time.sleep(LOOK_S)
        found = _outcomes(engine, ids)
    if as_json:
        say_json([{"id": i, "outcome": state, "reason": reason} for i, (state, reason) in found.items()])
        return
    for (state, reason), count in Counter(found.values()).items():
        say(_sentence(state, reason, count, runs))


def _sentence(state: str, reason: str | None, count: int, runs: bool) -> str:
    match state:
        case "stored":
            return f"{counted(count)}: stored."
        case "known":
            return f"{counted(count)}: stored before already, with the same content."
        case "refused":
            return f"{counted(count)}: refused again: {reason}."
        case "waiting" if runs:
            return f"{counted(count)}: not tried yet, ingest is at it: see `actalgia quarantine list`."
        case "waiting":
            return f"{counted(count)}: to be tried when ingest runs; it gives no sign of life now."
        case _:
            return f"{counted(count)}: {state} meanwhile."


def _outcomes(engine: sa.Engine, ids: Sequence[int]) -> dict[int, tuple[str, str | None]]:
    """For each message what became of it, with the reason of a refusal."""
    import sqlalchemy as sa

    from store.database import transaction
    from store.decided import Decided
    from store.quarantine import Quarantined

    kept = sa.select(Quarantined.id, Quarantined.retry_at, Quarantined.reason)
    meant = sa.any_(sa.literal(list(ids), sa.ARRAY(sa.BigInteger)))
    with transaction(engine) as session:  # what left is read last, so that nothing is missed in between
        here = {row.id: row for row in session.execute(kept.where(Quarantined.id == meant))}
        left = session.execute(sa.select(Decided.id, Decided.outcome).where(Decided.id == meant))
        gone = {row.id: row.outcome for row in left}
    found: dict[int, tuple[str, str | None]] = {}
    for number in ids:
        row = here.get(number)
        if number in gone or row is None:
            found[number] = (gone.get(number, "gone"), None)
        else:
            found[number] = ("refused", row.reason) if row.retry_at is None else ("waiting", None)
    return found


def _ingest_runs(engine: sa.Engine) -> bool:
    from store.database import now, transaction
    from store.heartbeat import heartbeats

    with transaction(engine) as session:
        return any(
            beat.part.split(" ")[0] == "ingest" and beat.at > now() - SILENT_AFTER
            for beat in heartbeats(session)
        )
