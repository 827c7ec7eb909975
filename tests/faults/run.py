"""`python -m tests.faults.run`: every kind of fault, one after the other, and a table of what came of it."""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.faults.house import HERD, House
from tests.faults.play import NAMED, Theatre
from tests.faults.scene import Outcome

DEVICES, EACH = 48, 150


def main() -> int:
    """0 when nothing was lost, duplicated or left wrong."""
    words = argparse.ArgumentParser(prog="python -m tests.faults.run", description=__doc__)
    words.add_argument("kinds", nargs="*", help="only these; default: all")
    words.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    words.add_argument("--devices", type=int, default=DEVICES)
    words.add_argument("--each", type=int, default=EACH, help="messages of each device")
    words.add_argument("--keep", type=Path, help="leave logs and histories in this new folder")
    given = words.parse_args()
    kinds = [NAMED[name] for name in given.kinds or NAMED]
    console, began = Console(width=max(120, Console().width)), time.monotonic()
    console.print(f"seed {given.seed}")
    folder = given.keep or Path(tempfile.mkdtemp(prefix="actalgia-faults-"))
    outcomes: list[Outcome] = []
    theatre = None
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        herd = HERD if any(kind.__name__ == "a_herd_returns" for kind in kinds) else 0
        with House(folder, herd=herd) as house, Progress(*columns, console=console) as progress:
            theatre = Theatre(house, given.seed, given.devices, given.each)
            task = progress.add_task("faults", total=len(kinds))
            for kind in kinds:
                progress.update(task, description=kind.__name__)
                outcomes.append(theatre.play(kind))
                if not outcomes[-1].well:
                    progress.console.print(
                        f"{kind.__name__}: " + "; ".join(outcomes[-1].findings.sentences())
                    )
                progress.advance(task)
    finally:
        outcomes = (theatre.calm if theatre else []) + outcomes
        console.print(_table(outcomes))
        if given.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    faults = [one for one in outcomes if one.kind != "undisturbed" and one.skipped is None]
    console.print(
        f"{sum(one.well for one in faults)} of {len(faults)} faults survived, "
        f"{sum(one.messages for one in outcomes):,} messages, "
        f"losses = {sum(len(one.findings.lost) for one in outcomes)}, "
        f"duplicates = {sum(len(one.findings.duplicated) for one in outcomes)}, "
        f"seed {given.seed}, {time.monotonic() - began:.0f} s"
    )
    return 0 if all(one.well for one in outcomes) else 1


def _table(outcomes: list[Outcome]) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False, collapse_padding=True)
    table.add_column("fault", no_wrap=True)
    for title in (
        *("messages", "sent", "restarts", "reconnects", "receipted"),
        *("lost", "doubled", "wrong", "back in s", "s"),
    ):
        table.add_column(title, justify="right", no_wrap=True)
    for one in outcomes:
        if one.skipped is not None:
            table.add_row(one.kind, f"skipped: {one.skipped}")
            continue
        found = one.findings
        counts = (one.messages, one.sent, one.restarts, one.reconnects, one.receipted)
        wrongs = (len(found.lost), len(found.duplicated), len(found.wrong))
        recovery = "" if one.recovery_s is None else f"{one.recovery_s:.1f}"
        table.add_row(
            one.kind,
            *(f"{n:,}" for n in counts),
            *map(str, wrongs),
            recovery,
            f"{one.seconds:.1f}",
            style=None if one.well else "bold red",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
