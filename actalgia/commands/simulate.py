"""`actalgia simulate`: patients who do not exist, with the truth they were made from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

import typer

from actalgia.commands.common import DataDirOption, by_whom, local_date, say, write_down

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulate.cohort.members import Member


def simulate(
    patients: Annotated[int, typer.Option("--patients", min=1, max=100_000, help="How many.")] = 20,
    days: Annotated[int, typer.Option("--days", min=1, max=3_650, help="Days of each.")] = 120,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same again gives the same people.")] = 1,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write tables, streams and the truth there.")
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Enrol them here and publish as their devices, over MQTT.")
    ] = False,
    scenario: Annotated[
        list[str] | None, typer.Option("--scenario", help="Only this one; may be given again.")
    ] = None,
    family: Annotated[
        Literal["plain", "heavy"], typer.Option("--family", help="Which of the two models.")
    ] = "plain",
    stressed: Annotated[
        bool, typer.Option("--stressed", help="A fifth of the entries and of the worn days less.")
    ] = False,
    streams: Annotated[
        bool, typer.Option("--streams/--no-streams", help="With the minutes of the watches, or without.")
    ] = True,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DAY", help="The last day; yesterday for --publish."),
    ] = None,
    tz: Annotated[str, typer.Option("--tz", help="IANA time zone of the patients.")] = "Europe/Rome",
    data_dir: DataDirOption = None,
) -> None:
    """Simulate a cohort: daily rows, messages of devices, and the truth behind them. Nobody's data.

    Without --until the tables of --out begin on 2026-01-05, so that the same words give the same files.
    """
    from simulate.cohort import MIXED, SCENARIOS
    from simulate.cohort.members import members

    if out is None and not publish:
        raise typer.BadParameter("say where to: --out DIR, or --publish")
    chosen = tuple(dict.fromkeys(scenario or MIXED))
    unknown = next((name for name in chosen if name not in SCENARIOS), None)
    if unknown is not None:
        raise typer.BadParameter(f"there is no scenario {unknown}: take one of {', '.join(SCENARIOS)}")
    zone = _zone(tz)
    last_day = local_date(until, "--until") if until else _last_day(days, zone, publish=publish)
    if last_day.year < 2000 + days // 365 + 1:
        raise typer.BadParameter(
            "the first day lies before the year 2000: take fewer --days or a later --until"
        )
    group = members(patients, days, seed, chosen, family=family, stressed=stressed)
    if out is not None:
        _write(out, group, last_day, zone, streams=streams)
    if publish:
        _publish(group, last_day, zone, data_dir, streams=streams)


def _zone(tz: str) -> ZoneInfo:
    from store.people import zone_of

    return zone_of(tz)


def _last_day(days: int, zone: ZoneInfo, *, publish: bool) -> date:
    from simulate.cohort.course import FIRST_DAY
    from store.database import now

    if publish:
        return now().astimezone(zone).date() - timedelta(days=1)
    return FIRST_DAY + timedelta(days=days - 1)


def _write(folder: Path, group: list[Member], last_day: date, zone: ZoneInfo, *, streams: bool) -> None:
    from simulate.cohort.tables import write_tables
    from simulate.message_files import write_streams

    try:
        with _bar("patients", len(group) * (1 + streams)) as advance:
            write_tables(folder, group, last_day, lambda: advance(1))
            if streams:
                write_streams(folder / "streams", group, last_day, zone, lambda: advance(1))
    except OSError as error:
        raise typer.BadParameter(
            f"{folder} cannot be written: {error.strerror}; name a folder that you may write to"
        ) from error
    say(f"{len(group)} simulated patients are in {folder}; daily.csv is for `actalgia screen`.")


def _publish(
    group: list[Member], last_day: date, zone: ZoneInfo, data_dir: Path | None, *, streams: bool
) -> None:
    from actalgia.enrolment import write_accounts
    from actalgia.simulated import enrol, publish
    from actalgia.system import NoSystem, find_system
    from simulate.member_messages import count_messages
    from store.database import transaction

    system = find_system(data_dir)
    if system.data is None:
        raise NoSystem("--publish works on an embedded installation only: start one with `actalgia up`.")
    engine = system.engine()
    with transaction(engine) as session:
        enrol(session, group, last_day, zone, by_whom())
        write_down(session, "simulate.publish", f"{group[0].code} to {group[-1].code}")
    write_accounts(system, engine)
    with _bar("receipted", sum(count_messages(member, streams=streams) for member in group)) as advance:
        receipted, refused = publish(group, last_day, zone, system, advance, streams=streams)
    say(
        f"{len(group)} simulated patients, {group[0].code} to {group[-1].code}: "
        f"{receipted} messages are receipted"
        + (f", {refused} were refused: see `actalgia quarantine list`." if refused else ".")
    )
    if refused:
        raise typer.Exit(1)


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, where that is a terminal."""
    import sys

    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(what, total=total)
        yield lambda more: bar.advance(task, more)
