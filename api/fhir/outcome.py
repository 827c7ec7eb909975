"""Errors under /fhir as the resource OperationOutcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from starlette.responses import JSONResponse

from api.fhir.names import PROBLEM

MEDIA_TYPE = "application/fhir+json"
#: Our statuses in the words of the value set `issue-type`.
_TYPES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    409: "conflict",
    413: "too-long",
    415: "not-supported",
    422: "value",
    429: "throttled",
    503: "transient",
}


class Issue(NamedTuple):
    """One sentence that a person can act on, and the element that it is about, as FHIRPath writes it."""

    sentence: str
    expression: str | None = None


def is_fhir(path: str) -> bool:
    """Whether an address speaks FHIR, errors included."""
    return path == "/fhir" or path.startswith("/fhir/")


def operation_outcome(status: int, code: str, issues: Sequence[Issue]) -> dict[str, Any]:
    """The resource: an issue a sentence. `code` is stable, for programs."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": _TYPES.get(status, "exception"),
                "details": {"coding": [{"system": PROBLEM, "code": code}], "text": issue.sentence},
                **({"expression": [issue.expression]} if issue.expression else {}),
            }
            for issue in issues
        ],
    }


def outcome_response(
    status: int, detail: str, code: str, headers: Mapping[str, str] | None, issues: Sequence[Issue]
) -> JSONResponse:
    """An error as a response; `detail` is its sentence unless there are `issues`."""
    content = operation_outcome(status, code, issues or [Issue(detail)])
    return JSONResponse(content, status, headers, MEDIA_TYPE)
