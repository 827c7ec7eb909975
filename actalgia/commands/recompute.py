"""`actalgia analytics`: the part itself, and `recompute`, which has it compute days again."""

from __future__ import annotations

import sys
import time
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from actalgia.commands import parts
from actalgia.commands.common import DataDirOption, say, write_down
from actalgia.commands.deciding import confirm

if TYPE_CHECKING:
    import sqlalchemy as sa

    from store.recompute import Again, Counted

SILENT_AFTER = timedelta(seconds=30)  #: as `/readyz`: so long without a sign of life, it is not there
LOOK_S = 0.5

app = typer.Typer(help="The part that computes; or `recompute`: have it compute days again.")


class Method(StrEnum):
    """Which days, by the method of their newest results."""

    ALL = "all"
    OUTDATED = "outdated"


@app.callback(invoke_without_command=True)
def analytics(context: typer.Context, data_dir: DataDirOption = None) -> None:
    """Make epochs, daily indices, associations and escalation decisions."""
    if context.invoked_subcommand is None:
        parts.analytics(data_dir)
    elif data_dir is not None:
        context.obj = data_dir


@app.command()
def recompute(
    context: typer.Context,
    since: Annotated[str, typer.Option("--since", metavar="DAY", help="The first day, like 2026-05-04.")],
    patients: Annotated[
        str | None, typer.Option("--patients", metavar="CODE,...", help="Only these. Default: everybody.")
    ] = None,
    method: Annotated[
        Method,
        typer.Option(
            "--method",
            help="`outdated`: only days whose newest results are of another version than this software's.",
        ),
    ] = Method.ALL,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Show progress until it is done, or return at once.")
    ] = True,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data_dir: DataDirOption = None,
) -> None:
    """Have the indices of past days computed again, by the analytics that run.

    What another method version gave stays beside the new results. Ctrl-C ends the showing, not the computing.
    """
    from actalgia.system import find_system
    from analytics.jobs.days import METHOD_NAME
    from store.database import now, transaction
    from store.recompute import Again, count_days, mark_again, patients_by_code

    first = _day(since)
    codes = _codes(patients)
    engine = find_system(data_dir or context.obj).engine()
    with transaction(engine) as session:
        ids = None if codes is None else patients_by_code(session, codes)
        again = Again(first, ids, METHOD_NAME if method is Method.OUTDATED else None)
        found = count_days(session, again)
    if not found.days:
        say("There is nothing to compute: no such day has results.")
        return
    confirm(f"{_counted(found)} since {first} will be computed again. Go on?", yes)
    at = now()
    with transaction(engine) as session:
        marked = mark_again(session, again, at)
        whom = "everybody" if codes is None else ",".join(codes)
        write_down(session, "recompute", f"since {first}, {whom}, {method}: {marked} days")
    say(f"Marked to be computed again: {_days(marked)}.")
    if wait:
        _watch(engine, again, at, marked)


def _watch(engine: sa.Engine, again: Again, at: datetime, total: int) -> None:
    """Show what is done until all is, or until nobody is there to do it."""
    from rich.console import Console
    from rich.progress import Progress

    from store.database import transaction
    from store.recompute import days_left

    try:
        with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
            task = bar.add_task("patient-days", total=total)
            while True:
                with transaction(engine) as session:
                    left = days_left(session, again, at)
                bar.update(task, completed=max(0, total - left))
                if not left or not _analytics_run(engine):
                    break
                time.sleep(LOOK_S)
    except KeyboardInterrupt:
        say("The marks stay: analytics goes on. `actalgia db status` says how many days wait.")
        raise typer.Exit(130) from None
    if left:
        say(f"Analytics gives no sign of life now; when it runs, it computes the {_days(left)} left.")
    else:
        say("All of them are computed.")


def _analytics_run(engine: sa.Engine) -> bool:
    from store.database import now, transaction
    from store.heartbeat import heartbeats

    with transaction(engine) as session:
        return any(
            beat.part == "analytics" and beat.at > now() - SILENT_AFTER for beat in heartbeats(session)
        )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("--since is not a day like 2026-05-04") from error


def _codes(text: str | None) -> list[str] | None:
    if text is None:
        return None
    codes = list(dict.fromkeys(code.strip() for code in text.split(",") if code.strip()))
    if not codes:
        raise typer.BadParameter("--patients needs identifiers, like P-001,P-002")
    return codes


def _counted(found: Counted) -> str:
    return f"{_days(found.days)} of {found.patients} patient{'' if found.patients == 1 else 's'}"


def _days(count: int) -> str:
    return f"{count} patient-day{'' if count == 1 else 's'}"
