"""What is known of each request: one log line and two figures, by route template. Never an identifier."""

from __future__ import annotations

import time
import uuid

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem, answer, problem_response

log = structlog.get_logger()


class Observe:
    """Counts, times and logs requests; the last resort for errors that nobody expected.

    The time is until the answer begins: an event stream stays open for hours. Of an unexpected error only
    its type is logged, since its message may quote a value.
    """

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self.app = app
        labels = ("method", "route", "status")
        self.requests = Counter("actalgia_http_requests", "Requests answered", labels, registry=registry)
        self.seconds = Histogram(
            "actalgia_http_request_seconds", "Until the answer begins", ("route",), registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, began, started = uuid.uuid4().hex, time.perf_counter(), False

        async def observed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
                self._note(scope, message["status"], time.perf_counter() - began, request_id)
            await send(message)

        try:
            await self.app(scope, receive, observed)
        except Exception as error:  # noqa: BLE001 - whatever it is, no traceback may reach client or log
            log.error("a request failed", action="failed", error=type(error).__name__, request_id=request_id)
            if not started:
                response = _sorry(Request(scope, receive), request_id)
                await response(scope, receive, observed)

    def _note(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        route = str(getattr(scope.get("route"), "path", None) or "(no route)")
        method = (
            scope["method"] if scope["method"] in {"GET", "HEAD", "POST", "DELETE", "OPTIONS"} else "other"
        )
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)
        log.info(
            "answered",
            action="request",
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            request_id=request_id,
        )


def _sorry(request: Request, request_id: str) -> Response:
    detail = "Something went wrong here. It was noted."
    try:
        return answer(request, Problem(500, detail), request_id=request_id)
    except Exception:  # noqa: BLE001 - a page that cannot even be drawn
        return problem_response(500, detail, request_id=request_id)
