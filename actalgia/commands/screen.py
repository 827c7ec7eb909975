"""`actalgia screen`: daily rows of any number of patients in, decisions out."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from actalgia.commands.common import JsonOption, say
from actalgia.commands.rules import RulesOption, rules_of

if TYPE_CHECKING:
    from datetime import date

    from analytics.daily_csv.one_a_day import PatientDays
    from analytics.escalation.rows import Floats
    from analytics.escalation.screening import DayDecision, Screened
    from analytics.escalation.settings import Settings

LATEST = 12  #: decisions that a person is shown
LONG_BYTES, LONG_DAYS = 5_000_000, 50_000  #: less is done before a bar could be read


def screen(
    file: Annotated[
        Path,
        typer.Argument(metavar="CSV", help="Daily rows (docs/screen.md), also .gz; - for standard input."),
    ],
    rules: RulesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge each day of each patient by the rows up to it: page, review, check-in, technical.

    Columns: patient, day, and any of average, worst, breakthrough, rescue_doses, steps, activity,
    wear_fraction, sleep_efficiency, io, ra, device, utc_offset_min, treatment, accepted_level.
    """
    import os

    # The products are small: two threads for each would wait for one another. Read when numpy is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

    settings = rules_of(rules)
    days = _read(file)
    for note in days.notes:
        typer.echo(f"note: {note}.", err=True)
    if as_json:
        _write(days, settings)
    else:
        _tell(days, file, settings)


def _read(file: Path) -> PatientDays:
    from analytics.daily_csv.one_a_day import one_a_day
    from analytics.daily_csv.reading import read_csv_rows

    if str(file) == "-":
        with _bar("rows read", None, wanted=True) as done:
            return one_a_day(read_csv_rows(sys.stdin.buffer, "standard input", done), "standard input")
    try:
        long = file.stat().st_size >= LONG_BYTES
        with file.open("rb") as stream, _bar("rows read", None, wanted=long) as done:
            return one_a_day(read_csv_rows(stream, file.name, done), file.name)
    except OSError as error:
        raise typer.BadParameter(
            f"{file} cannot be read: {error.strerror}; name a CSV of daily rows"
        ) from error


def _risk(judged: Screened) -> Floats:
    """The probability of a flare within 7 days, for each day."""
    from analytics.escalation.risk import p_flare_7d

    return p_flare_7d(judged)


def _write(days: PatientDays, settings: Settings) -> None:
    """The document, a batch of patients at a time; of the risk, which comes last, only numbers wait."""
    from analytics.daily_csv.blocks import batches
    from analytics.daily_csv.document import as_json, risks_as_json
    from analytics.escalation.screening import screen

    out, between = sys.stdout.buffer, b"\n"
    risks: dict[str, tuple[date, Floats]] = {}
    out.write(b'{"decisions": [')
    with _judging(days) as done:
        for batch in batches(days):
            said: dict[str, list[bytes]] = {patient: [] for patient in batch.patients}
            for rows in batch.blocks():
                judged = screen(rows, settings)
                for decision in judged.decisions():
                    said[decision.patient].append(as_json(decision))
                p = _risk(judged)
                for k, patient in enumerate(rows.patients):
                    risks[patient] = rows.first_day[k], p[k, : rows.days[k]].copy()
                done(int(rows.days.sum()))
            for lines in filter(None, said.values()):
                out.write(between + b",\n".join(lines))
                between = b",\n"
    out.write(b'],\n"risk": [')
    between = b"\n"
    for patient in filter(risks.__contains__, days.patients):
        out.write(between + b",\n".join(risks_as_json(patient, *risks[patient])))
        between = b",\n"
    out.write(b"]}\n")
    out.flush()


def _tell(days: PatientDays, file: Path, settings: Settings) -> None:
    """For people: how many of each tier, how often somebody would be told, and what is newest."""
    import numpy as np

    from analytics.daily_csv.blocks import batches
    from analytics.escalation.screening import Tier, screen

    counts: Counter[int] = Counter()
    newest: list[DayDecision] = []
    with _judging(days) as done:
        for batch in batches(days):
            for rows in batch.blocks():
                judged = screen(rows, settings)
                counts.update(dict(enumerate(np.bincount(judged.tier.ravel()).tolist())))
                newest = _newest([*newest, *_newest_of(judged)])
                done(int(rows.days.sum()))
    weeks = int(days.length.sum()) / 7
    say(f"{len(days.patients):,} patients, {int(days.length.sum()):,} days")
    if not weeks:
        say("There are no rows: nothing can be judged.")
        return
    told = {
        Tier.PAGE: "a clinician is told now",
        Tier.REVIEW: "on the worklist",
        Tier.CHECK_IN: "the patient is asked again",
        Tier.TECHNICAL: "device or data trouble, or cannot be judged",
    }
    _table(
        ("tier", "days", "for each patient-week", ""),
        [(_called(t), f"{counts[t]:,}", f"{counts[t] / weeks:.3f}", means) for t, means in told.items()],
    )
    if newest:
        say("\nLatest, the technical ones left out:")
        _table(
            ("day", "patient", "tier", "reason"),
            [(d.day.isoformat(), d.patient, _called(d.tier), d.reason) for d in newest],
        )
    own = "" if settings.name == "shipped" else " --rules FILE"
    say(f"\nAll of them, with score and evidence: actalgia screen {file}{own} --json")


def _newest_of(judged: Screened) -> Iterator[DayDecision]:
    """The latest days of a block on which anybody is told or asked."""
    import numpy as np

    from analytics.escalation.screening import Tier

    patient, day = np.nonzero((judged.tier != Tier.NONE) & (judged.tier != Tier.TECHNICAL))
    first = np.array([d.toordinal() for d in judged.rows.first_day])
    for k in np.argsort(-(first[patient] + day), kind="stable")[:LATEST]:
        yield judged.decision(int(patient[k]), int(day[k]))


def _newest(decisions: list[DayDecision]) -> list[DayDecision]:
    return sorted(decisions, key=lambda one: one.day, reverse=True)[:LATEST]


def _called(tier: int) -> str:
    from analytics.escalation.screening import Tier

    return Tier(tier).name.lower()


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    # Nothing of the file is markup. In a pipe lines are long enough to stay whole.
    console = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 200)
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        shown.add_column(heading, justify="right" if heading in ("days", "for each patient-week") else "left")
    for row in rows:
        shown.add_row(*row)
    console.print(shown)


@contextmanager
def _bar(what: str, total: int | None, *, wanted: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, where that is a terminal and there is something to wait for."""
    from rich.console import Console
    from rich.progress import Progress

    hidden = not (wanted and sys.stderr.isatty())
    with Progress(console=Console(stderr=True), disable=hidden, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda n: bar.advance(task, n)


def _judging(days: PatientDays) -> AbstractContextManager[Callable[[int], None]]:
    total = int(days.length.sum())
    return _bar("patient-days", total, wanted=total >= LONG_DAYS)
