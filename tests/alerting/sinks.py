"""Webhooks that listen on this machine: one that takes everything, one that refuses, hangs, or never ends."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Sink:
    """Remembers what came, with its key."""

    def __init__(self, how: str) -> None:
        self.how = how  #: takes, refuses, hangs, trickles, slow
        self.came: list[dict[str, object]] = []
        self.keys: list[str] = []
        self.asked = 0
        self.most_at_once = 0
        self.asked_now = threading.Event()
        self.let_go = threading.Event()
        self._now = 0
        self._lock = threading.Lock()
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                with sink._lock:
                    sink.asked += 1
                    sink._now += 1
                    sink.most_at_once = max(sink.most_at_once, sink._now)
                sink.asked_now.set()
                try:
                    with contextlib.suppress(OSError):
                        self._answer()
                finally:
                    with sink._lock:
                        sink._now -= 1

            def _answer(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if sink.how == "hangs":
                    sink.let_go.wait(60)
                    return
                if sink.how == "trickles":
                    while not sink.let_go.wait(0.05):
                        self.wfile.write(b"H")
                    return
                if sink.how == "slow":
                    sink.let_go.wait(20)
                if sink.how == "refuses":
                    self.send_response(500)
                    self.end_headers()
                    return
                sink.came.append(body)
                sink.keys.append(self.headers["Idempotency-Key"])
                said = json.dumps({"receipt": f"R-{len(sink.came)}"}).encode()
                self.send_response(202)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@contextmanager
def sink(how: str = "takes") -> Iterator[Sink]:
    made = Sink(how)
    try:
        yield made
    finally:
        made.let_go.set()
        made.server.shutdown()
        made.server.server_close()


def eventually(true, within_s: float = 15.0) -> None:  # type: ignore[no-untyped-def]
    until = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.01)
