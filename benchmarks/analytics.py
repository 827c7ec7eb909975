"""How fast raw acceleration becomes figures: `python -m benchmarks.analytics [signal]`.

Each way runs in a process of its own, one after the other; a peer that is not installed is said to be so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.table import Table, number
from benchmarks.week import DAYS, HZ, week

STAGES = ("still windows", "fit", "ENMO, MAD, angle", "wear", "counts")
PEERS = (("skdh", "scikit-digital-health, without counts"), ("actipy", "actipy, without counts, MAD, angle"))
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
RUNS = 3


def signal() -> list[Table]:
    """A week of raw samples, from arrays in memory to epochs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "week.npy"
        np.save(path, week())
        one, two = (_best("ours", path, cores) for cores in (1, 2))
        rows = [["All, one core", *_figures(one), "1.5 s, 600 MB"], ["All, two cores", *_figures(two), ""]]
        for name, words in PEERS:
            said = _run(name, path, 2)
            rows.append([words, *(_figures(said) if said else ("not installed", "", "")), ""])
    whole = Table(
        f"{DAYS} days at {HZ} Hz: calibration, wear, ENMO, MAD, angle and counts",
        ("What", "wall s", "CPU s", "most memory MB", "Target"),
        rows,
        [
            f"- Best of {RUNS}. Memory: all of the process, with the samples (181 MB) and the libraries.",
            f"- {one['points']:,.0f} still windows, {one['error after [mg]']:.2f} mg left.",
        ],
    )
    stages = Table("Stages, one core", ("What", "wall s"))
    stages.rows = [[name, number(one[name])] for name in STAGES]
    return [whole, stages]


def _best(way: str, path: Path, cores: int) -> dict[str, float]:
    return min((_run(way, path, cores) for _ in range(RUNS)), key=lambda said: said["all"])


def _run(way: str, path: Path, cores: int) -> dict[str, float]:
    """What one way says of itself in a fresh process; nothing when it is not installed."""
    environment = os.environ | (dict.fromkeys(THREADS, "1") if way == "ours" else {})
    words = [sys.executable, "-m", "benchmarks.week", way, str(path), "--cores", str(cores)]
    done = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _figures(said: dict[str, float]) -> tuple[str, str, str]:
    return number(said["all"]), number(said["all cpu"]), number(said["memory [MB]"])


PARTS: dict[str, Callable[[], list[Table]]] = {"signal": signal}


def main() -> None:
    """Run the parts that are named, or all."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("parts", nargs="*", help=", ".join(PARTS))
    for name in words.parse_args().parts or list(PARTS):
        for table in PARTS[name]():
            print(table.markdown())


if __name__ == "__main__":
    main()
