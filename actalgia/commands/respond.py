"""`actalgia respond`: what became of people after what was done, for those who have tables of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actalgia.commands.common import JsonOption, say, say_json, table

if TYPE_CHECKING:
    from analytics.association.daily_rows import DailyRows
    from analytics.response.tabled import Column


def respond(
    file: Annotated[Path, typer.Argument(metavar="CSV")],
    patient: Annotated[str, typer.Option("--patient", metavar="COL", help="Column that says who.")],
    day: Annotated[
        str, typer.Option("--day", metavar="COL", help="Column of days (2026-05-04, or numbers).")
    ],
    pain: Annotated[str, typer.Option("--pain", metavar="COL", help="Worst pain of the day, 0 to 10.")],
    events: Annotated[
        Path,
        typer.Option(
            "--events",
            metavar="CSV",
            help="What was done: the same columns of who and which day, kind, perhaps technique.",
        ),
    ],
    ome: Annotated[
        str | None,
        typer.Option("--ome", metavar="COL", help="Oral morphine equivalent of the day, mg."),
    ] = None,
    measures: Annotated[
        str, typer.Option("--measures", metavar="COL,...", help="What else is compared, such as steps.")
    ] = "",
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="SVG", help="Draw the waterfall into this file.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Endpoints of the international consensus, times of the response, and each measure before and after.

    Without --ome the daily dose is unknown: no endpoint can be given, and what pain alone tells is said.
    """
    from analytics.response.event_rows import read_event_rows
    from analytics.response.tabled import responses_of_tables

    others = [name.strip() for name in measures.split(",") if name.strip()]
    first = _rows(file, patient, pain, day)
    _must_be_scores(first, pain, file.name)
    numbered = first.numbered
    try:
        done = read_event_rows(events, patient, day, numbered=numbered)
    except OSError as error:
        raise typer.BadParameter(
            f"{events} cannot be read: {error.strerror}; name a CSV of events"
        ) from error
    tables = {name: _rows(file, patient, name, day) for name in (*([ome] if ome else []), *others)}
    if ome:
        _must_be_doses(tables[ome], ome, file.name)
    columns = {name: _column(one) for name, one in tables.items()}
    try:
        document = responses_of_tables(
            done, _column(first), columns[ome] if ome else None, {name: columns[name] for name in others}
        )
    except ValueError as error:
        raise typer.BadParameter(f"{file.name}: {error}; give one row for each patient and day") from error
    if numbered:
        _as_numbers(document)
    if plot is not None:
        _draw(document, plot)
    if as_json:
        say_json(document)
    else:
        _tell(document)


def _rows(file: Path, patient: str, column: str, day: str) -> DailyRows:
    from analytics.association.daily_rows import read_daily_rows

    try:
        return read_daily_rows(file, patient, column, column, day)
    except OSError as error:
        raise typer.BadParameter(
            f"{file} cannot be read: {error.strerror}; name a CSV of daily rows"
        ) from error


def _must_be_scores(rows: DailyRows, pain: str, name: str) -> None:
    for number, value in enumerate(rows.x.tolist(), 1):
        if not (value != value or 0 <= value <= 10):
            raise typer.BadParameter(f"{name}: row {number} has a {pain} that is not from 0 to 10")


def _must_be_doses(rows: DailyRows, ome: str, name: str) -> None:
    for number, value in enumerate(rows.x.tolist(), 1):
        if value < 0:
            raise typer.BadParameter(f"{name}: row {number} has a {ome} below 0; a daily dose is 0 or more")


def _column(rows: DailyRows) -> Column:
    from analytics.response.event_rows import of_array

    assert rows.day is not None
    own: dict[str, tuple[list[Any], list[float | None]]] = {}
    days = of_array(rows.day, numbered=rows.numbered)
    for who, day, value in zip(rows.patient, days, rows.x.tolist(), strict=True):
        dates, values = own.setdefault(who, ([], []))
        dates.append(day)
        values.append(value)
    return own


def _as_numbers(document: dict[str, Any]) -> None:
    """Days as the file has them."""
    from datetime import date

    from analytics.response.event_rows import NUMBERED_FROM

    def number(text: str | None) -> int | None:
        return None if text is None else (date.fromisoformat(text) - NUMBERED_FROM).days

    for one in document["responses"]:
        one["day"], one["responded_on"] = number(one["day"]), number(one["responded_on"])
        one["baseline"] |= {name: number(one["baseline"][name]) for name in ("first", "last")}
        for assessed in (*one["assessments"], *([one["last"]] if one["last"] else [])):
            assessed["date"] = number(assessed["date"])
            if not assessed["reached"]:
                assessed["reason"] = f"not reached yet: day {assessed['day']}"


def _draw(document: dict[str, Any], plot: Path) -> None:
    """One bar a patient: the first treatment of each."""
    from analytics.figures.waterfall import Bar, waterfall

    firsts: dict[str, dict[str, Any]] = {}
    for one in sorted(document["responses"], key=lambda one: one["day"]):
        firsts.setdefault(one["patient"], one)
    bars = [
        Bar(name, (one["last"] or {}).get("pain_change"), one["endpoint"], one["technique"])
        for name, one in firsts.items()
    ]
    kinds = ", ".join(sorted({one["kind"] for one in firsts.values()}))
    title = f"{kinds}: {len(bars)} patients, first treatment of each"
    try:
        plot.write_text(waterfall(bars, title), encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(
            f"{plot} cannot be written: {error.strerror}; name a file in a folder that you may write to"
        ) from error


def _tell(document: dict[str, Any]) -> None:
    heads = ["patient", "day", "kind", "endpoint", "response after", "lasted", "why"]
    rows = []
    for one in document["responses"]:
        lasted = one["duration_days"]
        still = " and on" if one["censored"] else ""
        rows.append(
            [
                one["patient"],
                str(one["day"]),
                one["kind"] + (f", {one['technique']}" if one["technique"] else ""),
                one["endpoint"],
                "none" if one["time_to_response_days"] is None else f"{one['time_to_response_days']} d",
                "" if lasted is None else f"{lasted} d{still}",
                one["reason"],
            ]
        )
    table(heads, rows)
    for group in document["groups"]:
        last = group["last"]
        share = "none can be evaluated" if last["rate"] is None else _share(last)
        say(f"{group['kind']}, {group['technique']}: {group['n_patients']} patients, {share}")


def _share(counts: dict[str, Any]) -> str:
    low, high = counts["rate_ci"]
    return (
        f"{counts['responded']} of {counts['evaluable']} evaluable responded "
        f"({100 * counts['rate']:.0f} %, 95 % interval {100 * low:.0f} to {100 * high:.0f})"
    )
