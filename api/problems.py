"""Errors as RFC 9457 problem details, under /fhir as OperationOutcome. They name what is wrong and never
repeat what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.fhir.outcome import Issue, is_fhir, outcome_response
from store.alerts.cases import NoSuchCase
from store.database import StoreError

MEDIA_TYPE = "application/problem+json"
CODES = {
    400: "bad_request",
    401: "not_logged_in",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "not_valid",
    429: "too_many_requests",
    500: "unexpected",
    503: "unavailable",
}
#: The sentences of pydantic that speak of our limits only; others can quote a piece of the value.
_SAFE_SENTENCES = {
    *("missing", "extra_forbidden", "less_than", "less_than_equal", "greater_than", "greater_than_equal"),
    *("string_too_short", "string_too_long", "too_long", "too_short", "literal_error", "enum"),
    *("int_type", "int_parsing", "float_type", "float_parsing", "bool_type", "string_type", "list_type"),
    *("timezone_aware", "finite_number", "json_invalid", "model_attributes_type", "int_from_float"),
}


class Problem(Exception):
    """An answer that is not success: `detail` is one sentence that a person can act on.

    `issues` are the sentences of an OperationOutcome, where it has more to say than `detail`.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        issues: Sequence[Issue] = (),
    ) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.code = code or CODES.get(status, "error")
        self.headers = headers
        self.issues = issues


_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "stable, for programs"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a router: these statuses come as problem details."""
    content = {MEDIA_TYPE: {"schema": _SCHEMA}}
    return {s: {"description": HTTPStatus(s).phrase, "content": content} for s in statuses}


def problem_response(
    status: int,
    detail: str,
    code: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: object,
) -> JSONResponse:
    """A problem as a response."""
    title = HTTPStatus(status).phrase
    content = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code or CODES.get(status, "error"),
        **more,
    }
    return JSONResponse(content, status, headers, MEDIA_TYPE)


def answer(request: Request, problem: Problem, **more: object) -> Response:
    """The problem as the client wants it: programs get JSON, of FHIR that of FHIR, a browser on a page gets
    a page.

    The pages may put their own `error_page(request, problem) -> Response` into `app.state`.
    """
    if is_fhir(request.url.path):
        return outcome_response(problem.status, problem.detail, problem.code, problem.headers, problem.issues)
    if not wants_html(request):
        return problem_response(problem.status, problem.detail, problem.code, problem.headers, **more)
    page = getattr(request.app.state, "error_page", None)
    if page is not None:
        made: Response = page(request, problem)
        return made
    title = HTTPStatus(problem.status).phrase
    text = f"<!doctype html><title>{title}</title><h1>{title}</h1><p>{escape(problem.detail)}</p>"
    return HTMLResponse(text, problem.status, problem.headers)


PROGRAMS = ("/api/", "/fhir/", "/openapi.json", "/healthz", "/readyz", "/metrics", "/live", "/static/")


def wants_html(request: Request) -> bool:
    """Whether a page was asked for: an address of the pages, by anyone who does not ask for JSON."""
    accepts = request.headers.get("accept", "*/*")
    return not request.url.path.startswith(PROGRAMS) and any(kind in accepts for kind in ("text/html", "*/*"))


def install(app: FastAPI) -> None:
    """Answer every kind of error as a problem."""

    def problem(request: Request, error: Problem) -> Response:
        return answer(request, error)

    def http(request: Request, error: HTTPException) -> Response:
        sentences = {
            404: "There is nothing at this address.",
            405: "This address does not take that method.",
            413: "The request is larger than this server takes.",
        }
        detail = sentences.get(error.status_code, "The request could not be read.")
        return answer(request, Problem(error.status_code, detail, headers=error.headers))

    def validation(request: Request, error: RequestValidationError) -> Response:
        errors = [field_error(one) for one in error.errors()]
        fields = ", ".join(dict.fromkeys(str(one["field"]) for one in errors))
        # FHIR: 400 for a search that is not understood, 422 for a resource that is not taken.
        status = 400 if is_fhir(request.url.path) else 422
        return answer(request, Problem(status, f"Not valid: {fields}."), errors=errors)

    def refused(request: Request, error: StoreError) -> Response:
        return answer(request, Problem(404 if isinstance(error, NoSuchCase) else 409, str(error)))

    def database_away(request: Request, _: sa.exc.OperationalError) -> Response:
        detail = "The database does not answer: try again in a moment."
        return answer(request, Problem(503, detail, headers={"Retry-After": "5"}))

    def unstorable(request: Request, _: sa.exc.DataError) -> Response:
        return answer(request, Problem(422, "A value cannot be stored: a text must not contain NUL."))

    handlers: tuple[tuple[type[Exception], Any], ...] = (
        (Problem, problem),
        (HTTPException, http),
        (RequestValidationError, validation),
        (StoreError, refused),
        (sa.exc.DataError, unstorable),
        (sa.exc.OperationalError, database_away),
        (sa.exc.TimeoutError, database_away),
    )
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)


class RefuseLarge:
    """Refuses what says itself that it is too large, before anything is read.

    Whatever does not say is counted while it comes, by Starlette's RequestBodyLimitMiddleware.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope, receive)
            length = request.headers.get("content-length", "0")
            if length.isdecimal() and int(length) > self.most:
                too_large = Problem(413, f"The request has more than {self.most} bytes.")
                await answer(request, too_large)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def field_error(error: Mapping[str, Any]) -> dict[str, str]:
    """What pydantic found wrong with one field, without the value."""
    kind = str(error["type"])
    field = ".".join(str(part) for part in error["loc"][1:] or error["loc"])
    return {
        "field": field[:100],
        "code": kind,
        "message": str(error["msg"]) if kind in _SAFE_SENTENCES else "This is not a valid value.",
    }
