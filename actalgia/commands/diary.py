"""`actalgia enrol diary`: on which days a patient is asked."""

from __future__ import annotations

from typing import Annotated

import typer

from actalgia.commands.common import (
    DataDirOption,
    JsonOption,
    by_whom,
    local_date,
    say,
    say_json,
    write_down,
)


def diary(
    code: Annotated[str, typer.Argument(metavar="PATIENT")],
    first: Annotated[str | None, typer.Option("--from", help="First local day, like 2026-05-04.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last local day; open without it.")] = None,
    ended: Annotated[
        str | None, typer.Option("--end", metavar="DAY", help="Not asked after this day.")
    ] = None,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Say that a patient is asked for the diary each day: only who is asked can miss a day.

    Who wears a device that sends diaries counts as asked without this.
    """
    from actalgia.system import find_system
    from store.asked import ask_daily, asked_periods, stop_asking
    from store.database import now, transaction
    from store.people import patient_by_code

    if (first is None) == (ended is None) or (ended and last):
        raise typer.BadParameter("give either --from DAY, with --to DAY or without, or --end DAY")
    begins, stops = (
        local_date(day, option) if day else None for day, option in ((first, "--from"), (last, "--to"))
    )
    with transaction(find_system(data_dir).engine()) as session:
        who = patient_by_code(session, code)
        if begins is not None:
            changed = ask_daily(session, who.id, begins, by_whom(), now(), stops)
            said = f"{code} asked from {begins} to {stops or 'open'}"
        else:
            assert ended is not None
            until = local_date(ended, "--end")
            changed = stop_asking(session, who.id, until, by_whom(), now())
            said = f"{code} not asked after {until}"
            if not changed:
                raise typer.BadParameter(f"nobody asks {code} after {until}")
        if changed:
            write_down(session, "patient.diary", said)
        periods = [(one.first_day, one.last_day) for one in asked_periods(session, who.id)]
    if as_json:
        say_json({"patient": code, "asked": [{"from": start, "to": end} for start, end in periods]})
        return
    for start, end in periods:
        say(f"{code} is asked each day from {start} " + (f"to {end}" if end else "on"))
    if not periods:
        say(f"{code} is asked on no day.")
