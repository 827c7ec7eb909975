"""`actalgia backtest`: what other settings of the screen would have done on the history that is stored."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actalgia.commands.common import DataDirOption, JsonOption, local_date, say, say_json, table, write_down
from actalgia.commands.rules import rules_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import sqlalchemy as sa

    from analytics.escalation.backtest import Page, Tally
    from analytics.escalation.settings import Settings

SHOWN = 40  #: pages that a person is shown; --json has all of them
MOSTLY = 0.5  #: from this share of days without a judgement on, a person is told before the rest
NOTES = (
    "Each day has what was received before it ended: entries that came later, corrections and back-filled "
    "days count for nothing here, although a screen that runs would see them on the days after.",
    "When movement arrived is not stored: it counts as if it had come in time.",
    "Cases are those that the rules of the time opened: what nobody noticed is in none of them.",
    "Levels that were accepted as expected count from when that was said, by cases that these settings might "
    "not have opened.",
)


def backtest(
    rules: Annotated[
        Path, typer.Option("--rules", metavar="FILE", help="TOML with other settings, as ACTALGIA_SCREEN.")
    ],
    since: Annotated[str, typer.Option("--since", metavar="DAY", help="The first day, like 2026-05-04.")],
    site: Annotated[str | None, typer.Option("--site", help="Only the patients of this site.")] = None,
    reasons: Annotated[
        bool,
        typer.Option("--reasons", help="Show why each page would be sent: health data, on a terminal only."),
    ] = False,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """What settings would have done on stored history, beside the shipped ones and what happened.

    Each day is judged by what was received before it ended. Prints codes of patients and days: for whoever
    may see them. Leaves an audit entry, and changes nothing else.
    """
    from actalgia.system import find_system
    from analytics.escalation.backtest import Tally, document
    from analytics.escalation.settings import SHIPPED
    from store.database import now, transaction
    from store.outcomes import people_with_history

    if reasons and (as_json or not sys.stdout.isatty()):
        raise typer.BadParameter("--reasons shows health data: only on a terminal, and not with --json")
    first = local_date(since, "--since")
    given = rules_of(rules)
    engine, at = find_system(data_dir).engine(), now()
    if first >= at.date():
        raise typer.BadParameter("--since is not in the past")
    with transaction(engine) as session:
        ids, simulated = people_with_history(session, site)
        write_down(session, "backtest", f"{given.label} since {first}, {site or 'all sites'}")
    tallies = [Tally(given.label), Tally(SHIPPED.label)]
    _run(engine, ids, first, [given, SHIPPED], tallies, reasons=reasons)
    if not tallies[0].patients:
        raise typer.BadParameter(
            f"nobody{f' of {site}' if site else ''} has a day that is over since {first}: give an earlier day"
        )
    found = {
        "since": first.isoformat(),
        "site": site,
        "simulated": simulated,
        **document(tallies),
        "notes": list(NOTES),
    }
    pages = sorted(
        (page for one in tallies[0].patients for page in one.pages), key=lambda page: (page.day, page.patient)
    )
    found["pages"] = [
        {"patient": p.patient, "day": p.day.isoformat(), "floor": p.floor, "outcome": p.outcome}
        for p in pages
    ]
    if as_json:
        say_json(found)
    else:
        _tell(found, pages)


def _run(
    engine: sa.Engine,
    ids: list[int],
    since: date,
    settings: list[Settings],
    tallies: list[Tally],
    *,
    reasons: bool,
) -> None:
    """Add up all patients, a batch in memory at a time."""
    from analytics.escalation.backtest import tallied
    from analytics.escalation.screening import screen
    from analytics.jobs.history import history
    from store.database import now

    with progress("patients", len(ids)) as done:
        for count, batch in history(engine, ids, since, now()):
            if batch is not None:
                filtered = None  # does not depend on the settings, and is nearly all of the work
                for chosen, tally in zip(settings, tallies, strict=True):
                    judged = screen(batch.rows, chosen, filtered)
                    filtered = judged.filtered
                    tally.patients += [
                        tallied(judged, k, since, cases, reasons=reasons)
                        for k, cases in enumerate(batch.cases)
                    ]
            done(count)


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, where that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.advance(task, count)


def _tell(found: dict[str, Any], pages: list[Page]) -> None:
    given, shipped = found["rules"]
    what = "simulated patients" if found["simulated"] else "patients"
    say(f"{found['n_patients']} {what}, {found['patient_weeks']:.1f} patient-weeks since {found['since']}")
    rows = [
        [words, _rate(given[f"{name}_per_week"]), _rate(shipped[f"{name}_per_week"])]
        for name, words in (
            ("pages", "pages a patient-week"),
            ("calm_pages", "  on days below the floor"),
            ("floor_pages", "  on days at the floor"),
            ("check_ins", "check-ins a patient-week"),
            ("reviews", "reviews a patient-week"),
        )
    ]
    rows.append(["pages in all", str(given["pages"]), str(shipped["pages"])])
    rows.append(["days that cannot be judged", _percent(given), _percent(shipped)])
    table(["", given["settings"], shipped["settings"]], rows)
    unjudged = shipped["cannot_judge"]["estimate"]
    if unjudged is not None and unjudged > MOSTLY:
        say(
            f"\nThese figures say little: on {_percent(shipped)} of the days nothing could be judged. "
            "History that was loaded afterwards, as in a ward just started, had not been received in time."
        )
    happened = found["happened"]
    say(f"\nWhat happened: {happened['cases']} cases, {_rate(happened['cases_per_week'])} a patient-week.")
    if happened["cases"]:
        heads = ["outcome", "cases"]
        for rule in found["rules"]:
            heads += [f"paged by {rule['settings']}", "earlier", "same day", "later", "not"]
        table(heads, [_outcome(name, found["rules"]) for name in happened["outcomes"]])
    say(f"Pages that belong to no case: {given['pages_without_case']}, {shipped['pages_without_case']}.")
    if pages:
        say(f"\nCases that {given['settings']} would have opened or joined:")
        _tell_pages(pages)
    for note in found["notes"]:
        say(f"Note: {note}")


def _tell_pages(pages: list[Page]) -> None:
    shown = pages[-SHOWN:]
    heads = ["day", "patient", "floor", "case at the time"]
    rows = [
        [str(p.day), p.patient, "yes" if p.floor else "", p.outcome or "none"]
        + ([p.reason] if p.reason is not None else [])
        for p in shown
    ]
    table([*heads, "why"] if shown[0].reason is not None else heads, rows)
    if len(pages) > len(shown):
        say(f"(the last {len(shown)} of {len(pages)}; --json has all of them)")


def _outcome(name: str, rules: list[dict[str, Any]]) -> list[str]:
    row = [name, str(rules[0]["outcomes"][name]["cases"])]
    for rule in rules:
        of = rule["outcomes"][name]
        row += [str(of[key]) for key in ("paged", "earlier", "same_day", "later", "not_paged")]
    return row


def _rate(of: dict[str, Any]) -> str:
    if of["estimate"] is None:
        return "too little data"
    return f"{of['estimate']:.3f} ({of['ci'][0]:.3f} to {of['ci'][1]:.3f})"


def _percent(rule: dict[str, Any]) -> str:
    of = rule["cannot_judge"]
    return "too little data" if of["estimate"] is None else f"{100 * of['estimate']:.1f} %"
