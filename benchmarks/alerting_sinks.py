"""Webhooks of the benchmark: those that take a message at once, and one that never answers."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Came:
    """One message: when, with which key, about which cases."""

    at: float  #: seconds since the epoch
    key: str
    cases: tuple[int, ...]


class Sink:
    """Takes everything, and remembers it."""

    def __init__(self) -> None:
        self.came: list[Came] = []
        came = self.came

        class Handler(http.server.BaseHTTPRequestHandler):
            timeout: ClassVar[float] = 5

            def do_POST(self) -> None:
                at = time.time()
                body: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                cases = body["cases"] if "cases" in body else [body["case"]]
                came.append(Came(at, self.headers["Idempotency-Key"], tuple(cases)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()


class Hanging:
    """Takes every connection and says nothing."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/"
        self.connections: list[socket.socket] = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.connections.append(self._listening.accept()[0])

    def close(self) -> None:
        """Stop."""
        self._listening.close()
        for one in self.connections:
            one.close()
