"""`actalgia case` for what takes time: hand it over, put it off, open it again; and its whole story."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from actalgia.commands.case import By, Comment
from actalgia.commands.case_before import who_was_quicker
from actalgia.commands.common import (
    DataDirOption,
    JsonOption,
    instant,
    person,
    say,
    say_json,
    write_down,
)

Number = Annotated[int, typer.Argument(metavar="ID")]
Until = Annotated[
    str | None, typer.Option("--until", help="At most 30 days from now; else as the ward has it.")
]


def assign(
    number: Number,
    by: By,
    to: Annotated[str, typer.Option("--to", help="Who has it from now on.", callback=person)],
    until: Until = None,
    comment: Comment = None,
    data_dir: DataDirOption = None,
) -> None:
    """Hand a case to a named person."""
    from store.alerts import case_acts
    from store.database import now

    ends = None if until is None else instant(until, "--until")

    def act(session: Any) -> None:
        if not case_acts.assign(session, number, by, to, now(), comment, ends):
            before.append(who_was_quicker(session, number, by, comment))

    before: list[str] = []
    _do(data_dir, "assign", number, by, act)
    say(before[0] if before else f"Case {number} is handed to {to}.")


def snooze(
    number: Number,
    by: By,
    until: Annotated[str, typer.Option("--until", help="At most 30 days from now.")],
    reason: Annotated[str, typer.Option("--reason")],
    data_dir: DataDirOption = None,
) -> None:
    """Have nobody told of a case until then; an urgent one when a second person agrees."""
    from store.alerts import holds
    from store.alerts.cases import Case
    from store.database import now

    ends = instant(until, "--until")

    def act(session: Any) -> str:
        made = holds.snooze(session, number, by, ends, reason, now())
        waiting.append(holds.waits_for_second(made, session.get_one(Case, number)))
        return made.kept_in

    waiting: list[bool] = []
    _do(data_dir, "snooze", number, by, act)
    said = "waits for a second person: `actalgia case agree`" if waiting[0] else "is in force"
    say(f"The snooze of case {number} {said}.")


def agree(number: Number, by: By, data_dir: DataDirOption = None) -> None:
    """The second person: the snooze that was asked for is in force."""
    from store.alerts import holds
    from store.database import now

    _do(data_dir, "snooze.agree", number, by, lambda s: holds.agree_to_snooze(s, number, by, now()).kept_in)
    say(f"{by} agrees: case {number} is snoozed.")


def agree_level(number: Number, by: By, data_dir: DataDirOption = None) -> None:
    """The second person: the expected level that was said with a case covers urgent pain, too."""
    from store.alerts import accepted, cases
    from store.database import now

    def act(session: Any) -> str:
        accepted.agree_to_level(session, cases.patient_of(session, number), number, by, now())
        return f"as written in case {number}"

    _do(data_dir, "level.agree", number, by, act)
    say(f"{by} agrees: the expected level of case {number} is in force.")


def end_level(number: Number, by: By, data_dir: DataDirOption = None) -> None:
    """The level that was said with a case counts as new again."""
    from store.alerts import accepted, cases
    from store.database import now

    def act(session: Any) -> str:
        accepted.end_level(session, cases.patient_of(session, number), number, by, now())
        return f"as written in case {number}"

    _do(data_dir, "level.end", number, by, act)
    say(f"The expected level of case {number} is ended by {by}.")


def reopen(number: Number, by: By, comment: Comment = None, data_dir: DataDirOption = None) -> None:
    """It is not over: whoever opens it again has it."""
    from store.alerts import case_acts
    from store.database import now

    def act(session: Any) -> None:
        if not case_acts.reopen(session, number, by, now(), comment):
            before.append(who_was_quicker(session, number, by, comment))

    before: list[str] = []
    _do(data_dir, "reopen", number, by, act)
    say(f"Case {number} was open. {before[0]}" if before else f"Case {number} is open again, {by} has it.")


def show(number: Number, as_json: JsonOption = False, data_dir: DataDirOption = None) -> None:
    """A case with its story, its messages, and what happens next; times in UTC."""
    import sqlalchemy as sa

    from actalgia.system import find_system
    from store.alerts.cases import Case, CaseEvent, NoSuchCase
    from store.alerts.coming import coming
    from store.alerts.outbox import Delivery
    from store.database import now, transaction
    from store.people import Patient

    with transaction(find_system(data_dir).engine()) as session:
        case = session.get(Case, number)
        patient = None if case is None else session.get_one(Patient, case.patient_id)
        if case is None or patient is None or patient.synthetic:  # the watchdog's is in no list
            raise NoSuchCase(f"There is no case {number}.")
        write_down(session, "case.view", f"case {number}", patient.id)
        document: dict[str, Any] = {
            "case": _of(
                case,
                *("id", "kind", "severity", "state", "reason", "opened_at", "step", "next_at"),
                *("acknowledged_by", "acknowledged_at", "assigned_to", "held_until"),
            ),
            "patient": patient.code,
            "next": coming(session, [(case, patient.site, lambda at: f"{at:%Y-%m-%d %H:%M} UTC")], now())[
                number
            ],
            "events": [
                _of(one, "at", "kind", "actor", "comment", "evidence")
                for one in session.scalars(
                    sa.select(CaseEvent).where(CaseEvent.case_id == number).order_by(CaseEvent.id)
                )
            ],
            "deliveries": [
                _of(
                    one,
                    "step",
                    "channel",
                    "recipient",
                    "state",
                    "attempts",
                    "decided_at",
                    "sent_at",
                    "reason",
                )
                for one in session.scalars(
                    sa.select(Delivery).where(Delivery.case_id == number).order_by(Delivery.id)
                )
            ],
        }
    if as_json:
        say_json(document)
        return
    shown = document["case"]
    say(f"Case {number} of {document['patient']}: {shown['severity']}, {shown['state']}. {shown['reason']}")
    if shown["acknowledged_by"]:
        handed = f", handed to {shown['assigned_to']}" if shown["assigned_to"] else ""
        until = f", until {shown['held_until']:%Y-%m-%d %H:%M} UTC" if shown["held_until"] else ""
        at = f"{shown['acknowledged_at']:%Y-%m-%d %H:%M} UTC"
        say(f"Acknowledged by {shown['acknowledged_by']}, {at}{handed}{until}.")
    say(document["next"])
    for one in document["events"]:
        said = f": {one['comment']}" if one["comment"] else ""
        say(f"  {one['at']:%Y-%m-%d %H:%M} UTC  {one['kind']} by {one['actor']}{said}")
    for one in document["deliveries"]:
        why = f": {one['reason']}" if one["reason"] else ""
        to = f"{one['recipient']} by {one['channel']}" if one["recipient"] else one["channel"]
        say(f"  step {one['step']} to {to}: {one['state']}{why}")


def _of(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _do(data_dir: Path | None, what: str, number: int, by: str, act: Callable[[Any], Any]) -> Any:
    """Do it, and write down who did, and where the reason is written: what `act` gives as words."""
    from actalgia.system import find_system
    from store import access
    from store.alerts import cases
    from store.database import now, transaction

    with transaction(find_system(data_dir).engine()) as session:
        done = act(session)
        patient = cases.patient_of(session, number)
        why = done if isinstance(done, str) else None
        access.record(session, now(), by, f"case.{what}", patient, f"case {number}", why)
        return done
