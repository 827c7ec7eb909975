"""What travels under /fhir: JSON in, JSON out, and a sentence for everything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic_core import from_json
from starlette.responses import JSONResponse

from api.fhir.names import PATH
from api.fhir.outcome import MEDIA_TYPE, Issue
from api.problems import Problem

_JSON = {MEDIA_TYPE, "application/json", "application/json+fhir", "text/json"}
_ANY = {"*/*", "application/*"}


class FhirResponse(JSONResponse):
    """A resource as a response."""

    media_type = MEDIA_TYPE


def answered(request: Request, resource: dict[str, Any], status: int = 200) -> FhirResponse:
    """One resource with its version, and where it can be read when it is new."""
    headers = {"ETag": f'W/"{resource["meta"]["versionId"]}"'}
    if status == 201:
        headers["Location"] = f"{base_of(request)}/{resource['resourceType']}/{resource['id']}"
    return FhirResponse(resource, status, headers)


def clean(text: str) -> str:
    """A text as FHIR allows it: of control characters, which an entry may have, tabs and ends of lines."""
    return "".join(one if one >= " " or one in "\t\r\n" else "\N{REPLACEMENT CHARACTER}" for one in text)


def refused(sentence: str, expression: str | None = None, status: int = 422) -> Problem:
    """An OperationOutcome of one sentence about one element: 422, or 400 where it is no FHIR at all."""
    return Problem(status, sentence, issues=[Issue(sentence, expression)])


def speak_json(request: Request) -> None:
    """Refuse (406) whoever wants XML or another version of FHIR; `_format` stands above `Accept`."""
    asked = request.query_params.get("_format")
    if asked is not None:
        # A plus that was not escaped arrives as a space.
        accepts = [asked.replace(" ", "+").replace(";+", ";")]
        known = _JSON | {"json"}
    else:
        accepts = request.headers.get("accept", "*/*").split(",")
        known = _JSON | _ANY
    if not any(_is_one_of(media, known) for media in accepts):
        raise Problem(406, f"This server speaks FHIR R4 in JSON only: ask for {MEDIA_TYPE}.")


def base_of(request: Request) -> str:
    """The address that stands before every resource."""
    return str(request.app.state.settings.base_url).rstrip("/") + PATH


async def _body(request: Request) -> bytes:
    return await request.body()


#: Comes first among a route's parameters: while a slow body arrives no database connection is held.
Body = Annotated[bytes, Depends(_body)]


def resource_of(request: Request, body: bytes, kind: str) -> dict[str, Any]:
    """The resource that was sent. Raises `Problem` 415 for what is not JSON, 400 for what is no `kind`."""
    if not _is_one_of(request.headers.get("content-type", ""), _JSON):
        raise Problem(415, f"Send a resource as {MEDIA_TYPE}, in UTF-8.")
    try:
        resource = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise Problem(400, "The body is not JSON.") from error
    if not isinstance(resource, dict) or resource.get("resourceType") != kind:
        raise Problem(400, f"This address takes one resource of the type {kind}.")
    return resource


def check_elements(
    resource: Mapping[str, Any], known: frozenset[str], ignored: frozenset[str], place: str
) -> None:
    """Refuse (422) what is neither understood nor known to change nothing when it is left out."""
    # A leading underscore adds extensions to a value and cannot change it.
    strange = sorted(k for k in resource if k.removeprefix("_") not in known | ignored)
    if strange:
        taken = ", ".join(sorted(known - {"resourceType"}))
        raise refused(f"{place} has an element that is not kept here: it may have {taken}.", place)


def _is_one_of(media: str, known: set[str]) -> bool:
    kind, *parameters = (part.strip().lower() for part in media.split(";"))
    said = dict(one.partition("=")[::2] for one in parameters)
    return (
        kind in known
        and said.get("charset", "utf-8").strip('"') in ("utf-8", "utf8")
        and said.get("fhirversion", "4.0") == "4.0"
        and said.get("q", "1").rstrip("0.") != ""
    )
