"""`actalgia associate`: how two daily measures move together, for people who have a table of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from actalgia.commands.common import JsonOption, say, say_json, table, write_figure

MOST_LAGS = 61
WEEKDAY = "weekday"
_RANGE = re.compile(r"(-?\d{1,3})\.\.(-?\d{1,3})")


def associate(
    file: Annotated[Path, typer.Argument(metavar="CSV")],
    patient: Annotated[str, typer.Option("--patient", metavar="COL", help="Column that says who.")],
    x: Annotated[str, typer.Option("--x", metavar="COL", help="A measure, such as an index.")],
    y: Annotated[str, typer.Option("--y", metavar="COL", help="Another, such as pain.")],
    day: Annotated[
        str | None,
        typer.Option(
            "--day", metavar="COL", help="Column of days (2026-05-04, or numbers): p and lags need it."
        ),
    ] = None,
    lags: Annotated[
        str, typer.Option("--lags", metavar="FIRST..LAST", help="x on a day with y so many days later.")
    ] = "-3..7",
    adjust: Annotated[
        list[str] | None,
        typer.Option(
            "--adjust",
            metavar="COL",
            help="Take away what this column explains, too; `weekday` is known. May be repeated.",
        ),
    ] = None,
    prewhiten: Annotated[
        bool, typer.Option("--prewhiten", help="Also after a filter that makes x white.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="SVG", help="Draw r at each lag into this file.")
    ] = None,
    plot_within: Annotated[
        Path | None,
        typer.Option("--plot-within", metavar="SVG", help="Draw a line for each patient into this file."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """How two daily measures move together within patients, and between them.

    `p_iid` and `ci_iid` are the textbook values, which take the days of a patient as independent; with --day,
    `p` and `ci` allow for days in a row being alike, and those are the finding.
    """
    from analytics.association.daily_rows import read_daily_rows
    from analytics.association.document import association
    from analytics.figures.lag_plot import lag_plot
    from analytics.figures.within_plot import within_plot

    asked, names = _lags(lags), list(dict.fromkeys(adjust or ()))
    if set(names) & {patient, day, x, y}:
        raise typer.BadParameter("--adjust names a column that is asked about itself; name another")
    if plot is not None and day is None:
        raise typer.BadParameter(
            "--plot draws lags, and rows without days have none: name their column with --day"
        )
    try:
        rows = read_daily_rows(file, patient, x, y, day, [name for name in names if name != WEEKDAY])
    except OSError as error:
        raise typer.BadParameter(
            f"{file} cannot be read: {error.strerror}; name a CSV of daily rows"
        ) from error
    try:
        document = association(rows, asked, weekday=WEEKDAY in names, prewhiten=prewhiten)
        if plot is not None:
            write_figure(lag_plot(document["lags"], f"{x} and {y}", _facts(document)), plot)
        if plot_within is not None:
            drawn = within_plot(rows.patient, rows.x, rows.y, x, y, f"{x} and {y} within patients")
            write_figure(drawn, plot_within)
    except ValueError as error:
        raise typer.BadParameter(f"{file.name}: {error}") from error
    if as_json:
        say_json(document)
    else:
        _tell(document, x, y)


def _lags(text: str) -> tuple[int, ...]:
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        raise typer.BadParameter("--lags is not a range like -3..7")
    first, last = int(found[1]), int(found[2])
    if first > last or last - first >= MOST_LAGS:
        raise typer.BadParameter(
            f"--lags goes from a smaller to a larger number, at most {MOST_LAGS} of them"
        )
    return tuple(range(first, last + 1))


def _tell(document: dict[str, Any], x: str, y: str) -> None:
    link, mixed = document["rmcorr"], document["mixed"]
    say(_facts(document))
    say(f"r within patients  {_figure(link, 'r')}   p {_figure(link, 'p')} ({link['p_method']})")
    say(f"95 % interval      {_figure(link, 'ci')} ({link['ci_method']})")
    if "caution" in link:
        say(f"caution            {link['caution']}")
    for name in ("within", "between"):
        say(f"slope {name:8}     {_slope(mixed[name], x, y)}")
    for name in ("partial", "prewhitened"):
        if name in document:
            _tell_further(document, name)
    if document.get("unanswered"):
        _tell_unanswered(document["unanswered"], y)
    if document["lags"]:
        say(f"{x} on a day with {y} so many days later:")
        names = ("lag", "n", "n_eff", "r", "p", "p_adjusted")
        table(list(names), [[_cell(lag[name]) for name in names] for lag in document["lags"]])


def _slope(slope: dict[str, Any], x: str, y: str) -> str:
    if slope["estimate"] is None:
        return _figure(slope, "estimate")
    # Of the unit of x, so of any size: three places behind the point may all be 0.
    ci = slope["ci"]
    interval = _figure(slope, "ci") if ci is None else f"{_cell(ci[0])} to {_cell(ci[1])}"
    return f"{_cell(slope['estimate'])} {y} for 1 {x}   95 % {interval}"


def _facts(document: dict[str, Any]) -> str:
    return f"{document['n_patients']} patients, {document['n_days']} complete days"


def _tell_further(document: dict[str, Any], name: str) -> None:
    found = document[name]
    what = "partial" if name == "partial" else "prewhitened"
    if found is None or "r" not in found:
        reason = document[f"{name}_reason"] if found is None else found["phi_reason"]
        say(f"{what:17}  none: {reason}")
        return
    how = ", ".join(found["adjusted_for"]) if name == "partial" else f"phi {found['phi']:.2f}"
    link = f"{_figure(found, 'r')}   p {_figure(found, 'p')}   95 % {_figure(found, 'ci')}"
    say(f"{what:17}  {link} ({how})")


def _tell_unanswered(found: dict[str, Any], y: str) -> None:
    if not found["n"]:
        return
    share = 100 * (found["share"] or 0)
    say(f"{found['n']} days have no {y} ({share:.0f} %); were it higher there than expected by")
    for one in found["supposed"] or ():
        say(f"  {one['delta']:<4g} r would be {_figure(one, 'r')}   95 % {_figure(one, 'ci')}")


def _figure(of: dict[str, Any], name: str) -> str:
    value = of[name]
    if value is None:
        return f"none: {of[f'{name}_reason']}"
    if isinstance(value, list):
        return f"{_cell(value[0])} to {_cell(value[1])}"
    return _cell(value)


def _cell(value: float | int | None) -> str:
    return "none" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
