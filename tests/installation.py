"""A whole installation, started by the real command in a directory of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

ACTALGIA = [sys.executable, "-m", "actalgia"]


@dataclass
class Installation:
    """One data directory, and `up` on it."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    printed: str = ""
    credentials: dict[str, str] = field(default_factory=dict)

    def start(self, *words: str, within_s: float = 60) -> float:
        """Start `up` and wait until it says so; how long it took."""
        began = time.monotonic()
        output = self.root.with_suffix(".out")
        with output.open("w") as handle:
            self.process = subprocess.Popen(
                [*ACTALGIA, "up", "--data-dir", str(self.root), *words],
                stdout=handle,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
            )
        while True:
            self.printed = output.read_text()
            if "Actalgia is up" in self.printed:
                return time.monotonic() - began
            assert self.process.poll() is None, self.printed
            assert time.monotonic() - began < within_s, self.printed
            time.sleep(0.05)

    def stop(self) -> float:
        """Ctrl-C; how long it took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(15)
        return time.monotonic() - began

    @property
    def up(self) -> dict[str, Any]:
        return json.loads((self.root / "up.json").read_text())

    def pids(self) -> dict[str, int]:
        return self.up["pids"]

    def run(self, *words: str, code: int = 0, text: str | None = None) -> str:
        """One command on this installation; its standard output."""
        done = subprocess.run(
            [*ACTALGIA, *words, "--data-dir", str(self.root)],
            capture_output=True,
            text=True,
            input=text,
            timeout=120,
        )
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout if code == 0 else done.stderr

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.up["database"]) as connection:
            return connection.execute(query, values).fetchall()  # type: ignore[arg-type]


def eventually(condition: Callable[[], Any], within_s: float = 30, pause_s: float = 0.1) -> Any:
    """The condition's value once it is true; fails when that takes too long."""
    until = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < until, f"not within {within_s} s"
        time.sleep(pause_s)
    return value
