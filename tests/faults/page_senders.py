"""A real process of alerting with a sink of its own, which knows whom it may kill."""

from __future__ import annotations

import http.server
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

#: A process that is killed so soon after a sink took a message may not have written that down.
UNMARKED_S = 3.0


class Sender:
    """`actalgia alerting`, started again when it is gone."""

    def __init__(self, folder: Path, url: str, number: int, chance: random.Random) -> None:
        self.chance = random.Random(chance.random())
        self.calm = True  #: the sink takes everything
        self.kills = 0
        self.taken: list[tuple[float, str]] = []
        self.may_come_again: Counter[str] = Counter()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._log = folder / f"alerting-{number}.log"
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._environment = {
            **os.environ,
            "ACTALGIA_DATABASE_URL": url,
            "ACTALGIA_CHANNELS": f"http://127.0.0.1:{self._server.server_port}/",
        }

    def be_there(self) -> None:
        """Start it unless it runs."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                with self._log.open("ab") as output:
                    self._process = subprocess.Popen(
                        [sys.executable, "-m", "actalgia", "alerting"],
                        env=self._environment,
                        stdout=output,
                        stderr=output,
                    )

    def kill(self) -> None:
        """As if the machine took it."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                return
            self._process.kill()
            self._process.wait(10)
            self.kills += 1
            recent = time.monotonic() - UNMARKED_S
            for key in {key for at, key in self.taken if at >= recent}:
                self.may_come_again[key] += 1

    def stop(self) -> None:
        """End it, and the sink."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                self._process.terminate()
                self._process.wait(30)
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        sender = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                how = "well" if sender.calm else sender.chance.choices(*HOW)[0]
                if how == "refuses":
                    self.send_error(503)
                    return
                sender.taken.append((time.monotonic(), self.headers["Idempotency-Key"]))
                if how == "slow":
                    time.sleep(1)
                if how == "kills":
                    sender.kill()
                    return
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler


HOW = (("well", "refuses", "slow", "kills"), (70, 10, 7, 13))
