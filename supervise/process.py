"""One part as a child process: started, watched, restarted with back-off, stopped."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 3.0  #: a part that dies is back within 5 s
STEADY_S = 30.0  #: a part that lived so long starts again with the shortest pause
LOG_BYTES = 20_000_000
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Part:
    """A program that is to run for as long as we do. Its output goes to a file of its own."""

    name: str
    command: list[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    child: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    pause_s: float = FIRST_PAUSE_S

    def start(self) -> None:
        """Run it. If we are killed, the kernel tells it to stop, too."""
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            self.child = subprocess.Popen(
                self.command,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,  # Ctrl-C is for us; we stop the parts in order
                preexec_fn=_die_with_parent(self.stop_signal),
            )
        finally:
            os.close(descriptor)
        self.started_at = time.monotonic()

    @property
    def pid(self) -> int | None:
        """The child's pid while it lives."""
        return self.child.pid if self.child is not None and self.child.poll() is None else None

    def tend(self) -> bool:
        """Start it again if it died and its pause is over; whether its pid changed."""
        if self.child is None or self.child.poll() is None:
            return False
        clock = time.monotonic()
        if self.start_again_at < self.started_at:  # it has just died
            if clock - self.started_at > STEADY_S:
                self.pause_s = FIRST_PAUSE_S
            self.start_again_at = clock + self.pause_s
            self.pause_s = min(self.pause_s * 2, LONGEST_PAUSE_S)
        if clock < self.start_again_at:
            return False
        self.start()
        return True

    def trim_log(self) -> None:
        """Keep at most two files of 20 MB: the child appends, so the file may be cut under its hands."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.with_suffix(".1.log").write_bytes(self.log.read_bytes())
            os.truncate(self.log, 0)


def stop_all(parts: list[Part], within_s: float) -> None:
    """Ask all to stop, wait, and kill what is left. Nothing of them lives on when this returns."""
    alive = [part for part in parts if part.pid is not None]
    for part in alive:
        assert part.child is not None
        part.child.send_signal(part.stop_signal)
    until = time.monotonic() + within_s
    for part in alive:
        assert part.child is not None
        try:
            part.child.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            part.child.kill()
            part.child.wait()


def _die_with_parent(how: signal.Signals) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def in_the_child() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(how))
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)

    return in_the_child
