"""`actalgia silence`: have nobody told of a patient or a ward for a while, with a reason and an end."""

from __future__ import annotations

from typing import Annotated, Any

import typer

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

app = typer.Typer(help="Silences: list, add, agree, end.", no_args_is_help=True)
By = Annotated[str, typer.Option("--by", help="Your name; it stands in the silence.", callback=person)]
Number = Annotated[int, typer.Argument(metavar="ID")]


@app.command("list")
def list_silences(
    every: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Silences and snoozes that have not ended, the newest first."""
    import sqlalchemy as sa

    from actalgia.system import find_system
    from store.database import now, transaction

    with transaction(find_system(data_dir).engine()) as session:
        found = session.execute(
            sa.text(
                """
                SELECT s.id, s.site, p.code AS patient, s.case_id AS "case", s.reason, s.author, s.begins,
                       s.ends AS until, s.second, s.ended_at, s.ended_by
                FROM alert_silence s LEFT JOIN "case" c ON c.id = s.case_id
                LEFT JOIN patient p ON p.id = coalesce(s.patient_id, c.patient_id)
                WHERE p.synthetic IS NOT TRUE AND (:every OR (s.ended_at IS NULL AND s.ends > :at))
                ORDER BY s.id DESC
                """
            ),
            {"every": every, "at": now()},
        )
        rows: list[dict[str, Any]] = [dict(row) for row in found.mappings()]
        write_down(session, "silences.list", f"{len(rows)} silences of all sites")
    if as_json:
        say_json(rows)
    elif not rows:
        say("No silences.")
    else:
        cells = [
            [
                str(row["id"]),
                row["patient"] or f"site {row['site']}",
                "" if row["case"] is None else str(row["case"]),
                row["author"],
                row["second"] or "",
                f"{row['until']:%Y-%m-%d %H:%M} UTC",
                row["reason"],
            ]
            for row in rows
        ]
        table(["silence", "of", "case", "by", "second", "until", "reason"], cells)


@app.command()
def add(
    by: By,
    until: Annotated[str, typer.Option("--until", help="When it ends, at most 30 days from now.")],
    reason: Annotated[str, typer.Option("--reason")],
    patient: Annotated[str | None, typer.Option("--patient")] = None,
    site: Annotated[str | None, typer.Option("--site")] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Have nobody told of a patient, or of a site. Urgent pages pass through until a second person agrees."""
    import sqlalchemy as sa

    from actalgia.system import find_system
    from store import access
    from store.alerts import holds
    from store.database import now, transaction
    from store.people import Patient

    ends = instant(until, "--until")
    if (patient is None) == (site is None):
        raise typer.BadParameter("give --patient or --site, one of them")
    with transaction(find_system(data_dir).engine()) as session:
        if patient is not None:
            number = session.scalar(sa.select(Patient.id).where(Patient.code == patient, ~Patient.synthetic))
            if number is None:
                raise typer.BadParameter(f"--patient: there is no patient {patient}")
            made = holds.silence_patient(session, number, by, ends, reason, now())
        else:
            number = None
            if not session.scalar(sa.select(sa.exists().where(Patient.site == site))):
                raise typer.BadParameter(f"--site: no patient is at site {site}")
            made = holds.silence_ward(session, str(site), by, ends, reason, now())
        access.record(session, now(), by, "silence.add", number, f"silence {made.id}", made.kept_in)
        said = f"Silence {made.id} holds until {made.ends:%Y-%m-%d %H:%M} UTC"
    say(f"{said}; urgent pages pass through until a second person agrees.")


@app.command()
def agree(number: Number, by: By, data_dir: DataDirOption = None) -> None:
    """The second person: urgent pages are covered, too."""
    _act("agree", number, by, data_dir)
    say(f"{by} agrees: silence {number} covers urgent pages, too.")


@app.command()
def end(number: Number, by: By, data_dir: DataDirOption = None) -> None:
    """It ends now, and the cases that it kept get their turn."""
    _act("end", number, by, data_dir)
    say(f"Silence {number} is ended by {by}.")


def _act(what: str, number: int, by: str, data_dir: Any) -> None:
    from actalgia.system import find_system
    from store import access
    from store.alerts import cases, holds
    from store.database import now, transaction

    with transaction(find_system(data_dir).engine()) as session:
        silence = (holds.agree if what == "agree" else holds.end)(session, number, by, now())
        patient = (
            silence.patient_id if silence.case_id is None else cases.patient_of(session, silence.case_id)
        )
        access.record(session, now(), by, f"silence.{what}", patient, f"silence {number}", silence.kept_in)
