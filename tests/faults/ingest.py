"""`actalgia ingest` as a child that is started again whenever it ends, as a supervisor does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tests.broker.running import ROOT, soon

PAUSE_S = 0.2


class Ingest:
    """One worker. `faults`: for each of its first lives what ACTALGIA_FAULT says; then it lives well."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        mqtt_url: str,
        *,
        faults: Sequence[str] = (),
        shard: str | None = None,
    ) -> None:
        self.lives = 0
        self.killed = 0  #: by us, or by a fault that we asked for
        self.endings: list[int] = []  #: the exit codes of those that ended
        self.log = folder / "ingest.log"
        self._folder, self._faults, self._shard = folder, list(faults), shard
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ACTALGIA_")},
            "ACTALGIA_DATABASE_URL": database_url,
            "ACTALGIA_MQTT_URL": mqtt_url,
            "PYTHONPATH": str(ROOT),
        }
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def start(self) -> None:
        began = self._connections()
        self._thread.start()
        assert soon(lambda: self._connections() > began, 60), self.log.read_text()[-2000:]

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    @property
    def restarts(self) -> int:
        return self.lives - 1

    def send(self, how: signal.Signals) -> None:
        """A signal to our own child, while it is there."""
        assert self._child is not None and self._child.poll() is None
        self._child.send_signal(how)

    def kill(self) -> None:
        """kill -9; it comes back by its supervisor."""
        self.killed += 1
        self.send(signal.SIGKILL)

    def close(self) -> None:
        self._stopping.set()
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(signal.SIGCONT)
            self._child.terminate()
            # One that waits for a database that is away need not be asked twice.
            if not soon(lambda: self._child is None or self._child.poll() is not None, 5):
                self._child.kill()
        self._thread.join(10)

    def _supervise(self) -> None:
        while not self._stopping.is_set():
            fault = self._faults.pop(0) if self._faults else ""
            words = ["--shard", self._shard] if self._shard else []
            with self.log.open("ab") as output:
                self._child = subprocess.Popen(
                    [sys.executable, "-m", "actalgia", "ingest", *words],
                    cwd=self._folder,
                    env={**self._environment, "ACTALGIA_FAULT": fault},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                )
            self.lives += 1
            self.endings.append(self._child.wait())
            time.sleep(PAUSE_S)

    def _connections(self) -> int:
        return self.log.read_text().count("broker_connected") if self.log.exists() else 0
