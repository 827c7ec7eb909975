"""`actalgia equity`: whom the system sees worse, and why."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actalgia.commands.backtest import progress
from actalgia.commands.common import (
    DataDirOption,
    JsonOption,
    local_date,
    say,
    say_json,
    table,
    write_down,
    write_figure,
)
from actalgia.commands.given import days_given, read_given
from actalgia.commands.rules import RulesOption, rules_of

if TYPE_CHECKING:
    from datetime import date

    from analytics.escalation.settings import Settings
    from analytics.escalation.watched import Watched

LOOKS_BACK = timedelta(days=365)  #: without --since
LONGEST = 64  #: characters of an attribute: it is the name of a group
HISTORY_NOTES = (
    "An event here is a case that a clinician acted on, seen where the screen pages at most a week from its "
    "opening; a false page is one whose case was closed as false or no_action. What nobody noticed is in no "
    "case: a group that is seen worse may miss events that are not counted here at all.",
    "Each day has what was received before it ended.",
)
TABLE_NOTES = (
    "An event is seen where there is a page on a day on which one counts; a check-in is not counted. "
    "A false page lies in no event and not on a day at the clinical floor.",
)


def equity(
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="CSV", help="Daily rows instead of stored history.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option("--truth", metavar="CSV", help="With --csv: the events there were.")
    ] = None,
    attributes: Annotated[
        Path | None, typer.Option("--attributes", metavar="CSV", help="With --csv: who the patients are.")
    ] = None,
    rules: RulesOption = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DAY", help="Of history: the first day. A year ago.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="SVG", help="Draw the groups into this file.")
    ] = None,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """Sensitivity, false pages, diary and wear by age band, sex, site, language, stage, and why they differ.

    Over stored history, by what clinicians said of cases; or over tables as `actalgia simulate` writes them.
    Groups of fewer than ten patients are too few to tell.
    """
    from analytics.escalation.equity import equity as report
    from analytics.escalation.equity_words import WORDS, sentences
    from analytics.figures.equity_plot import equity_plot

    settings = rules_of(rules)
    if csv is not None:
        if truth is None or attributes is None or since is not None:
            raise typer.BadParameter("--csv goes with --truth and --attributes, and without --since")
        people, about = _of_tables(csv, truth, attributes, settings)
    else:
        if truth is not None or attributes is not None:
            raise typer.BadParameter("--truth and --attributes go with --csv")
        people, about = _of_history(since, settings, data_dir)
    found = {**about, "settings": settings.label, **report(people)}
    found["sentences"] = [*sentences(found), *about["notes"]]
    if not found["attributes"]:
        raise typer.BadParameter("nothing is told of anybody: see actalgia enrol attributes")
    if plot is not None:
        title = f"{'simulated: ' if about['simulated'] else ''}{about['source']}"
        write_figure(equity_plot(found, WORDS, title), plot)
    if as_json:
        say_json(found)
    else:
        _tell(found, WORDS)


def _of_tables(
    csv: Path, truth: Path, attributes: Path, settings: Settings
) -> tuple[list[Watched], dict[str, Any]]:
    from analytics.daily_csv.attributes import read_attributes
    from analytics.daily_csv.blocks import batches
    from analytics.daily_csv.truth import read_truth
    from analytics.escalation.equity import NAMES
    from analytics.escalation.screening import screen
    from analytics.escalation.watched import watched

    told = read_given(truth, read_truth)
    who = {name: of for name, of in read_given(attributes, read_attributes).items() if name in NAMES}
    if not who:
        raise typer.BadParameter(
            f"{attributes.name} tells nothing of anybody: it needs some of {', '.join(NAMES)}"
        )
    if any(len(value) > LONGEST for of in who.values() for value in of.values()):
        raise typer.BadParameter(f"{attributes.name} has a value of more than {LONGEST} characters")
    days = days_given(csv)
    strangers = sorted(set(told.events) - set(days.patients))
    if strangers:
        raise typer.BadParameter(f"{truth.name} has events of a patient of whom {csv.name} has no row")
    people = []
    with progress("patients", len(days.patients)) as done:
        for rows in (block for batch in batches(days) for block in batch.blocks()):
            judged = screen(rows, settings)
            for k, patient in enumerate(rows.patients):
                own = {name: of[patient] for name, of in who.items() if patient in of}
                people.append(watched(judged, k, own, told.of(patient, rows.first_day[k])))
            done(len(rows.patients))
    return people, {"source": csv.name, "simulated": told.simulated, "notes": list(TABLE_NOTES)}


def _of_history(
    since: str | None, settings: Settings, data_dir: Path | None
) -> tuple[list[Watched], dict[str, Any]]:
    from actalgia.system import find_system
    from analytics.escalation.backtest import ACTED, tallied
    from analytics.escalation.screening import screen
    from analytics.escalation.watched import watched
    from analytics.jobs.history import history
    from store.database import now, transaction
    from store.outcomes import people_with_history

    engine, at = find_system(data_dir).engine(), now()
    first = local_date(since, "--since") if since is not None else (at - LOOKS_BACK).date()
    with transaction(engine) as session:
        ids, simulated = people_with_history(session, None)
        write_down(session, "equity", f"{settings.label} since {first}")
    people = []
    with progress("patients", len(ids)) as done:
        for count, batch in history(engine, ids, first, at):
            if batch is not None:
                judged = screen(batch.rows, settings)
                for k, cases in enumerate(batch.cases):
                    tally = tallied(judged, k, first, cases)
                    begins = max(0, (first - batch.rows.first_day[k]).days)
                    acted = [
                        _event(one.day, batch.rows.first_day[k]) for one in cases if one.outcome == ACTED
                    ]
                    people.append(watched(judged, k, batch.attributes[k], acted, begins, tally.false_pages))
            done(count)
    if not people:
        raise typer.BadParameter(f"nobody has a day that is over since {first}: give an earlier day")
    about = {"source": f"history since {first}", "simulated": simulated, "notes": list(HISTORY_NOTES)}
    return people, about


def _event(opened: date, first_day: date) -> Any:
    """The days around the opening of a case on which a page is of the same thing."""
    from analytics.escalation.backtest import NEAR_DAYS
    from analytics.escalation.watched import Event

    day = (opened - first_day).days
    return Event(day, day - NEAR_DAYS, day + NEAR_DAYS + 1)


def _tell(found: dict[str, Any], words: dict[str, str]) -> None:
    label = "simulated patients" if found["simulated"] else "patients"
    say(
        f"{found['n_patients']} {label}, {found['patient_weeks']:.0f} patient-weeks, {found['n_seen']} of "
        f"{found['n_events']} events seen; settings {found['settings']}; 95 % intervals by patients"
    )
    heads = ["", "patients", "events seen", "false pages a week", "days answered", "time worn", "not judged"]
    columns = ("sensitivity", "false_pages_per_week", "diary", "wear", "cannot_judge")
    for attribute in found["attributes"]:
        say(f"\n{words[attribute['attribute']]}")
        table(
            heads,
            [
                [group["value"], str(group["n_patients"])]
                + [_cell(name, group.get("measures", {}).get(name)) for name in columns]
                for group in attribute["groups"]
            ],
        )
    say("")
    for sentence in found["sentences"]:
        say(sentence)


def _cell(name: str, line: dict[str, Any] | None) -> str:
    if line is None or line["estimate"] is None:
        return "too few to tell"
    value, (low, high) = line["estimate"], line["ci"]
    if name == "false_pages_per_week":
        return f"{value:.3f} ({low:.3f} to {high:.3f})"
    return f"{100 * value:.0f} % ({100 * low:.0f} to {100 * high:.0f})"
