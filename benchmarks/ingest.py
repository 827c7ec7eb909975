"""What ingest does on this machine: `python -m benchmarks.ingest [RUN ...]`, tables in Markdown.

Each run builds an installation of its own in a temporary folder (real PostgreSQL, real mosquitto), loads it
from a process beside it, and removes it. Figures are printed as they are: nothing here passes or fails.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import compared, connections, device_epochs, flooded, minutes, paced
from benchmarks.options import Options
from benchmarks.table import Table

RUNS: dict[str, Callable[[Options], list[Table]]] = {
    "flooded": flooded.measure,
    "paced": paced.measure,
    "connections": connections.measure,
    "epochs": device_epochs.measure,
    "diary": partial(paced.measure, diaries=True),
    "minutes": minutes.measure,
    "compared": compared.measure,
}


def main() -> None:
    """Run what is asked for, all by default."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", nargs="*", metavar="RUN", help=f"of {', '.join(RUNS)}; default: all")
    parser.add_argument("--seconds", type=float, help="how long messages are sent; default: each run's own")
    parser.add_argument("--devices", type=int, help="for paced and connections")
    parser.add_argument("--workers", type=int, default=2, help="ingest processes, each with its shard")
    parser.add_argument("--out", type=Path, help="append the tables to this file, too")
    given = parser.parse_args()
    unknown = [name for name in given.runs if name not in RUNS]
    if unknown:
        parser.error(f"there is no run {unknown[0]!r}: choose of {', '.join(RUNS)}")
    # As with Ctrl-C: what was started is stopped, and its folder is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    options = Options(given.seconds, given.devices, given.workers)
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    emit(f"{os.cpu_count()} cores, {memory_gb:.0f} GB, Python {platform.python_version()}\n", given.out)
    asked = given.runs or list(RUNS)
    if "diary" in asked:  # written under the paced load: one run tells both
        asked = [name for name in asked if name != "paced"]
    for name in asked:
        for table in RUNS[name](options):
            emit(table.markdown(), given.out)


def emit(text: str, out: Path | None) -> None:
    """Print, and append to a file."""
    print(text, flush=True)
    if out is not None:
        with out.open("a") as file:
            file.write(text + "\n")


if __name__ == "__main__":
    main()
