"""The API as a process."""

from __future__ import annotations

import uvicorn

from api.app import create_app
from api.settings import ApiSettings


def serve(settings: ApiSettings, host: str, port: int) -> None:
    """Answer requests until SIGINT or SIGTERM. Open event streams are cut after two seconds."""
    config = uvicorn.Config(
        create_app(settings),
        host=host,
        port=port,
        timeout_graceful_shutdown=2,
        # The access log would name patients by their address; `api.observe` logs the route instead.
        access_log=False,
        server_header=False,
        # Who asks is decided by the connection alone: a forwarded header is the client's to invent.
        proxy_headers=False,
        log_config=None,
    )
    uvicorn.Server(config).run()
