"""The database and the broker of a fault run: real ones, in its own folder, on free ports of loopback."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psycopg

import broker
from store.embedded import EmbeddedPostgres
from tests.broker.running import Running, hashed, soon, start
from tests.faults import safety
from tests.ports import free_port

START_S = 60.0


class Postgres:
    """One server. It is started by the thread that lives longest: it ends with the thread that started it."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.server = EmbeddedPostgres(folder, free_port(), secrets.token_hex(16))
        self._log = log
        self._child: subprocess.Popen[bytes] | None = None
        self.server.initialise()

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        """Start it, as often as that takes: what is left of a killed one may still hold its memory."""
        until = time.monotonic() + START_S
        while self._child is None or self._child.poll() is not None or not self.server.answers():
            assert time.monotonic() < until, self._log.read_text()[-2000:]
            if self._child is None or self._child.poll() is not None:
                with self._log.open("ab") as output:
                    self._child = subprocess.Popen(self.server.command(), stdout=output, stderr=output)
            time.sleep(0.1)

    def end(self, how: signal.Signals) -> None:
        """SIGKILL: as if the machine took it. SIGQUIT: an immediate shutdown. SIGINT: a clean one."""
        self.assert_ours()
        os.kill(self.pid, how)
        assert self._child is not None
        self._child.wait(30)

    def backends(self) -> list[int]:
        """The processes that serve ingest."""
        self.assert_ours()
        with psycopg.connect(self.server.url, application_name="faults") as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'actalgia' AND datname IS NOT NULL"
            ).fetchall()
        for (pid,) in rows:
            safety.our_backend(pid, self.pid)
        return [pid for (pid,) in rows]

    def assert_ours(self) -> None:
        safety.our_server(self.server.url, self.server.folder, self.pid)

    def close(self) -> None:
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(signal.SIGQUIT)
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(20)
            if self._child.poll() is None:
                self._child.kill()
                self._child.wait()


class Mosquitto:
    """The installed mosquitto, as `actalgia up` runs it."""

    def __init__(self, folder: Path, accounts: Mapping[str, str]) -> None:
        folder.mkdir(mode=0o700)
        self.folder, self.accounts, self.port = folder, accounts, free_port()
        self._hashed = hashed(accounts)
        self._running: Running | None = None

    @property
    def pid(self) -> int:
        assert self._running is not None
        return self._running.process.pid

    def start(self) -> None:
        chosen = broker.choose(self.folder / "cache", allow_unpack=False, prefer="mosquitto")
        command = chosen.command(self.folder, self.port, self._hashed)
        self._running = start(command.argv, command.environment, self.port, self.folder, self.accounts)

    def kill(self) -> None:
        """As if the machine took it: what it had not saved is gone."""
        self.assert_ours()
        assert self._running is not None
        self._running.stop(signal.SIGKILL)

    def assert_ours(self) -> None:
        safety.our_listener(self.port, self.pid, self.folder)

    def close(self) -> None:
        if self._running is not None:
            self._running.stop()


def gone(pid: int, within_s: float = 5.0) -> bool:
    """Whether the process ends in time."""
    return soon(lambda: not Path(f"/proc/{pid}").exists(), within_s)
