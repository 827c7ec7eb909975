"""`actalgia case`: the worklist for a terminal. Whoever runs it has the owner's access to the database."""

from __future__ import annotations

from typing import Annotated

import typer

from actalgia.commands.case_before import who_was_quicker
from actalgia.commands.common import (
    DataDirOption,
    JsonOption,
    instant,
    person,
    say,
    say_json,
    table,
    write_down,
)

app = typer.Typer(
    help="Cases: list, show, answer, hand over, snooze, close, open again.", no_args_is_help=True
)
By = Annotated[str, typer.Option("--by", help="Your name; it stands in the case.", callback=person)]
Comment = Annotated[str | None, typer.Option("--comment")]


@app.command("list")
def list_cases(
    every: Annotated[bool, typer.Option("--all", help="Resolved ones, too.")] = False,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Open cases, the most severe and oldest first; technical ones last."""
    import sqlalchemy as sa

    from actalgia.system import find_system
    from store.database import transaction

    with transaction(find_system(data_dir).engine()) as session:
        rows = [
            dict(row)
            for row in session.execute(
                sa.text(
                    """
                    SELECT * FROM reading.cases WHERE :every OR state <> 'resolved'
                    ORDER BY kind, array_position(ARRAY['high','medium','low','info'], severity), opened_at
                    """
                ),
                {"every": every},
            ).mappings()
        ]
        write_down(session, "cases.list", f"{len(rows)} cases of all sites")
    if as_json:
        say_json(rows)
        return
    if not rows:
        say("No open cases.")
        return
    table(
        ["case", "patient", "kind", "severity", "state", "opened", "reason"],
        [
            [
                str(row["case_id"]),
                row["patient"],
                row["kind"],
                row["severity"],
                row["state"],
                f"{row['opened_at']:%Y-%m-%d %H:%M} UTC",
                row["reason"],
            ]
            for row in rows
        ],
    )


@app.command()
def acknowledge(
    number: Annotated[int, typer.Argument(metavar="ID")],
    by: By,
    comment: Comment = None,
    until: Annotated[
        str | None, typer.Option("--until", help="So long you have it; else as the ward has it.")
    ] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Say "I have seen this"."""
    from actalgia.system import find_system
    from store import access
    from store.alerts import case_acts, cases
    from store.database import now, transaction

    ends = None if until is None else instant(until, "--until")
    with transaction(find_system(data_dir).engine()) as session:
        first = case_acts.acknowledge(session, number, by, now(), comment, ends)
        patient = cases.patient_of(session, number)
        access.record(session, now(), by, "case.acknowledge", patient, f"case {number}")
        before = "" if first else who_was_quicker(session, number, by, comment)
    say(before or f"Case {number} is acknowledged by {by}.")


@app.command()
def resolve(
    number: Annotated[int, typer.Argument(metavar="ID")],
    by: By,
    outcome: Annotated[
        str, typer.Option("--outcome", help="acted, no_action, expected_level, false, technical, other")
    ],
    comment: Comment = None,
    data_dir: DataDirOption = None,
) -> None:
    """Close a case with what it turned out to be."""
    from actalgia.system import find_system
    from ladder.words import Outcome
    from store import access
    from store.alerts import accepted, case_acts, cases
    from store.database import now, transaction

    try:
        chosen = Outcome(outcome)
    except ValueError as error:
        raise typer.BadParameter(f"--outcome is one of {', '.join(Outcome)}") from error
    if chosen == Outcome.EXPECTED_LEVEL and not (comment or "").strip():
        raise typer.BadParameter("--comment: an expected level needs a reason: say why it is expected")
    with transaction(find_system(data_dir).engine()) as session:
        first = case_acts.resolve(session, number, by, chosen, now(), comment)
        patient = cases.patient_of(session, number)
        why = f"as written in case {number}" if chosen == Outcome.EXPECTED_LEVEL else None
        access.record(session, now(), by, "case.resolve", patient, f"case {number}", why)
        levels = accepted.standing_levels(session, patient, now())
        waits = first and any(one.waits for one in levels if one.case_id == number)
        before = "" if first else who_was_quicker(session, number, by, comment)
    say(before or f"Case {number} is resolved: {outcome}.")
    if waits:
        say("Its level covers urgent pain and waits for a second person: `actalgia case agree-level`.")
