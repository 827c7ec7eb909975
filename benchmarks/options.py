"""What the command line asks of every run."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console

from benchmarks.plan import Said

BLOCK_ON_DISK = 20_000  #: bytes a block, with what PostgreSQL keeps beside the table; generous
BESIDE = 4_000_000_000  #: write-ahead log and what waits at the broker


@dataclass(frozen=True, slots=True)
class Options:
    """`seconds` and `devices` are None where the run is to take its own."""

    seconds: float | None
    devices: int | None
    workers: int
    console: Console = field(default_factory=lambda: Console(stderr=True))

    def say(self, sentence: str) -> None:
        """Progress, beside the tables."""
        self.console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {sentence}", highlight=False)

    def progress(self) -> Callable[[Said], None]:
        """Says every five seconds how far a load generator is."""
        seen = 0

        def tell(said: Said) -> None:
            nonlocal seen
            seen += 1
            if seen % 5 == 0:
                self.say(f"  {said.phase}: {said.sent:,} sent, {said.settled:,} receipted")

        return tell

    def need_disk(self, blocks: float) -> None:
        """Exit when the temporary folder's disk is too small for so many blocks."""
        need, free = blocks * BLOCK_ON_DISK + BESIDE, shutil.disk_usage(tempfile.gettempdir()).free
        if free < need:
            sys.exit(f"{need / 1e9:.0f} GB of disk are needed, {free / 1e9:.0f} GB are free: set TMPDIR.")
