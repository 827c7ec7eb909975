"""The console script: parses words, calls a part, prints. A part is imported only by the command that
needs it, so that `--help` is quick and the API process never loads scipy."""

from __future__ import annotations

import sys
from typing import Any

import typer
from typer.exceptions import TyperException

from actalgia.commands import (
    account,
    alerts,
    associate,
    attributes,
    audit,
    backtest,
    case,
    case_holds,
    database,
    diary,
    diary_link,
    enrol,
    enrol_watchdog,
    epochs,
    equity,
    files,
    notes,
    parts,
    plan,
    quarantine,
    recompute,
    replay,
    respond,
    risk,
    screen,
    silence,
    simulate,
    token,
    up,
    wear,
)

app = typer.Typer(
    name="actalgia",
    help="Remote monitoring of people with cancer pain. Not for emergencies.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("up")(up.up)
for part in (parts.ingest, parts.alerting, parts.api, parts.watchdog):
    app.command(part.__name__)(part)
app.add_typer(recompute.app, name="analytics")
app.add_typer(database.app, name="db")
enrol.app.command("attributes")(attributes.attributes)
enrol.app.command("diary")(diary.diary)
enrol.app.command("diary-link")(diary_link.diary_link)
enrol.app.command("watchdog")(enrol_watchdog.enrol_watchdog)
app.add_typer(enrol.app, name="enrol")
app.command("wear")(wear.wear)
app.add_typer(account.app, name="account")
app.add_typer(token.app, name="token")
case.app.command("assign")(case_holds.assign)
case.app.command("snooze")(case_holds.snooze)
case.app.command("agree")(case_holds.agree)
case.app.command("agree-level")(case_holds.agree_level)
case.app.command("end-level")(case_holds.end_level)
case.app.command("reopen")(case_holds.reopen)
case.app.command("show")(case_holds.show)
app.add_typer(case.app, name="case")
app.add_typer(plan.app, name="plan")
app.add_typer(audit.app, name="audit")
app.add_typer(silence.app, name="silence")
app.add_typer(quarantine.app, name="quarantine")
app.command("replay")(replay.replay)
app.command("simulate")(simulate.simulate)
app.command("epochs")(epochs.epochs)
app.command("indices")(files.indices)
app.command("associate")(associate.associate)
app.command("respond")(respond.respond)
app.add_typer(risk.app, name="risk")
app.command("screen")(screen.screen)
app.command("notes")(notes.notes)
app.command("backtest")(backtest.backtest)
app.command("equity")(equity.equity)
app.command("alerts")(alerts.alerts)


def main() -> None:
    """Run one command. A mistake of the user is one line on standard error and exit code 2."""
    try:
        code = app(standalone_mode=False)
    except TyperException as error:
        _fail(error.format_message())
    except typer.Abort:
        _fail("stopped")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `actalgia ... | head`
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        _fail(sentence)
    else:
        sys.exit(code if isinstance(code, int) else 0)


def _sentence(error: Exception) -> str | None:
    """What to tell a person about an error that is theirs to mend; None for a fault of ours."""
    if type(error).__module__.split(".")[0] in _OURS:
        return str(error)
    if type(error).__name__ == "ZoneInfoNotFoundError":
        return "There is no such time zone: give an IANA name such as Europe/Rome."
    if type(error).__name__ == "OperationalError" and type(error).__module__.startswith("sqlalchemy"):
        return "The database does not answer: is the system up? `actalgia db url` says where it should be."
    if type(error).__name__ == "ProgrammingError" and "does not exist" in str(error):
        return "The database has no tables yet: run `actalgia db upgrade`."
    if type(error).__name__ == "ValidationError" and getattr(error, "title", None) == "Settings":
        return _setting(error)
    return None


def _setting(error: Any) -> str:
    """Which setting cannot be; never its value, which may be a secret."""
    wrong = error.errors()[0]
    return f"ACTALGIA_{'_'.join(map(str, wrong['loc'])).upper()}: {wrong['msg']}."


_OURS = {
    "ladder",
    "severity",
    "store",
    "broker",
    "ingest",
    "analytics",
    "alerting",
    "api",
    "patrol",
    "simulate",
    "supervise",
    "actalgia",
}


def _fail(sentence: str) -> None:
    print("actalgia: " + " ".join(sentence.split()), file=sys.stderr)  # noqa: T201
    sys.exit(2)
