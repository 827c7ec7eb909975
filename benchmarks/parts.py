"""The parts of a benchmark: those that are named, or all."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from benchmarks.table import Table


def run_parts(
    described: str | None, parts: Mapping[str, Callable[[int], list[Table]]], size: str, usual: int
) -> None:
    """Print the tables of each part that the command line names; `--size` is how much is made for each."""
    words = argparse.ArgumentParser(
        description=described, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    words.add_argument("parts", nargs="*", help=", ".join(parts))
    words.add_argument(f"--{size}", dest="size", type=int, default=usual)
    given = words.parse_args()
    for name in given.parts or list(parts):
        for table in parts[name](given.size):
            print(table.markdown(), flush=True)
