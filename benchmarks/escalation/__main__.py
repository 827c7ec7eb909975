"""Escalation detection on simulated cohorts: the table of targets, rivals, risk, groups.

`python -m benchmarks.escalation [table|trade|asked|speed|headache] [--seeds tuning|evaluation]`. Numbers are
simulated and say nothing of clinical performance. `trade` sees the tuning seeds alone and writes the
operating curve that a ward's budget of pages is read from; `asked` prints, on the same seeds, what questions
to silent patients cost and find. Sources: clinical.md 4.3, 7.2 to 7.4 and 8.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks.escalation import asked, headache, run, speed, trade
from benchmarks.escalation.report import Report
from benchmarks.escalation.seeds import DAYS, HEADING, PATIENTS, REGIMES, SEEDS
from benchmarks.table import Table
from simulate.cohort import SCENARIOS

ABOUT = f"""# Escalation detection, measured on simulated cohorts

Every figure here but those of the real headache diary is {HEADING}.
The cohorts are those of `simulate/cohort` (docs/decisions/0028), the targets those of the issue that asked
for the detector. Made by `python -m benchmarks.escalation --markdown FILE`; the operating curve by
`... trade`, the costs by `... speed`.

How it is counted (clinical.md 4.3 and 7.4): an event is found when a page falls between its onset and seven
days later, for a drift from four days after its start to ten days after it reached two points, for sleep_lead
from three days before; flare with diary dropout (mnar_flare) also by a check-in that got an answer. Stable
patients are those of the scenario `stable`. Chance capture is 1 - exp(-rate * window / 7): what pages at
random at that rate would find. Thresholds of the screen and of the rules beside it are frozen on the tuning
seeds; the figures are of the evaluation seeds (`benchmarks/escalation/seeds.py`). The last table (`asked`)
is of the tuning seeds: what questions to silent patients cost and find (docs/decisions/0033 says what is
missed and why). Six entries in a hundred arrive one to four days late; they stand on the day they tell of
(`--no-late-entries` leaves them out).
"""
FIXED = (0.05, 0.10)  #: calm pages a patient-week (clinical.md 4.3)


def main() -> None:
    """Print what is asked for."""
    words = argparse.ArgumentParser(
        prog="python -m benchmarks.escalation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words.add_argument(
        "part", nargs="?", default="table", choices=("table", "trade", "asked", "speed", "headache")
    )
    words.add_argument(
        "--seeds", choices=tuple(SEEDS), default="evaluation", help="trade, asked: always tuning"
    )
    words.add_argument("--patients", type=int, default=PATIENTS, help="of each scenario")
    words.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    words.add_argument("--no-late-entries", action="store_true", help="leave out entries that arrive late")
    words.add_argument("--json", type=Path, metavar="FILE", help="all figures with their intervals")
    words.add_argument("--markdown", type=Path, metavar="FILE", help="the tables into a file, too")
    given = words.parse_args()
    if given.part == "trade":
        with run.cores(given.workers) as pool:
            document = trade.curve(given.patients, spread=pool.map)
        trade.write(document)
        tables, kept = [trade.table(document)], document
    elif given.part == "asked":
        with run.cores(given.workers) as pool:
            tables, kept = [asked.table(given.patients, spread=pool.map)], {}
    elif given.part == "speed":
        tables, kept = [speed.measured()], {}
    elif given.part == "headache":
        tables, kept = headache.on_diary(SEEDS[given.seeds]), {}
    else:
        tables, kept = _table(given)
    for table in tables:
        table.notes = [f"- {note}" for note in table.notes] if len(table.notes) > 1 else table.notes
    text = "\n".join(table.markdown() for table in tables)
    print(text)
    if given.markdown:
        given.markdown.write_text(f"{ABOUT}\n{text}", encoding="utf-8")
    if given.json:
        kept["tables"] = [asdict(one) for one in tables]
        given.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _table(given: argparse.Namespace) -> tuple[list[Table], dict[str, object]]:
    started = time.perf_counter()
    seeds, patients, late = SEEDS[given.seeds], given.patients, not given.no_late_entries
    curve = trade.stored()
    scores = {} if curve is None else trade.scores_for(curve, FIXED)
    named = {f"fixed {calm:g}": score for calm, score in scores.items()}
    with run.cores(given.workers) as pool:
        of_diary = pool.submit(headache.on_diary, seeds)
        against = pool.submit(run.tuned_rivals, patients).result()
        todo = run.jobs(SCENARIOS, REGIMES, seeds, patients, against, named, late)
        found = run.judge_all(todo, pool.map)
        questions = asked.table(patients, spread=pool.map)
    told = f"{len(SCENARIOS)} scenarios x {patients} patients x {DAYS} days, {given.seeds} seeds"
    report = Report(found, REGIMES, against, told + ("." if late else ", late entries left out."))
    tables = [*report.tables(), *of_diary.result()]
    if curve is not None:
        tables.append(trade.table(curve))
    else:
        tables[-1].notes.append(
            "Sensitivity at fixed rates is left out: there is no curve of this screen (`trade`)."
        )
    tables.append(questions)
    tables[0].notes.append(f"The whole run took {time.perf_counter() - started:.0f} s.")
    return tables, report.document


if __name__ == "__main__":
    main()
