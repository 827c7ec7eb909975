"""Ends a process that has stopped turning."""

from __future__ import annotations

import os
import threading

import structlog

log = structlog.get_logger()

#: Above the limit for one statement, which a server that lives would have kept.
STUCK_S = 70


class Watchdog(threading.Thread):
    """A database connection that is dead behind something that still answers (a proxy, a stopped peer) has
    libpq wait for ever: neither tcp_user_timeout nor keep-alives help there. So the process is ended, and
    whoever started it starts another."""

    def __init__(self, stopping: threading.Event) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._stopping, self._turns = stopping, 0

    def turn(self) -> None:
        """The worker's loop is alive."""
        self._turns += 1

    def run(self) -> None:
        """Looks are counted, not time: a process that was frozen itself is not stuck."""
        turns, looks = -1, 0
        while looks < STUCK_S and not self._stopping.wait(1.0):
            turns, looks = (turns, looks + 1) if turns == self._turns else (self._turns, 0)
        if looks >= STUCK_S:
            log.error("no turn for too long", action="ingest_restart", seconds=STUCK_S)
            os._exit(1)
