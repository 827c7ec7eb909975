"""The real application behind a real server on a free port of the loopback."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.settings import ApiSettings
from tests.ports import free_port


@dataclass(frozen=True)
class Served:
    """Where it is, and the application itself."""

    url: str
    app: FastAPI


@contextmanager
def serving(database_url: str, demonstration_only: bool = False, **settings: Any) -> Iterator[Served]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app = create_app(ApiSettings(database_url, url, demonstration_only, **settings))
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline and thread.is_alive(), "the server did not start"
        time.sleep(0.02)
    try:
        yield Served(url, app)
    finally:
        server.should_exit = True
        thread.join(10)
