"""What is wrong with an entry, in sentences that name its element and never repeat its value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from api.entries import DiaryIn
from api.fhir.outcome import Issue
from api.problems import Problem, field_error
from store.diary import NRS_FIELDS

#: Which element of the resource a field of the entry came from, by the field's place in the entry.
Places = dict[tuple[str | int, ...], str]


def entry_of(values: Mapping[str, Any], places: Places) -> DiaryIn:
    """The entry, held to what the API holds it to. Raises `Problem` 422 with an issue for each fault."""
    try:
        return DiaryIn.model_validate(values)
    except ValidationError as error:
        issues = [Issue(_sentence(one), _element(one["loc"], places)) for one in error.errors()]
        raise Problem(422, issues[0].sentence, issues=issues) from error


def _sentence(error: Any) -> str:
    name = next((part for part in reversed(error["loc"]) if isinstance(part, str)), "entry")
    if name in NRS_FIELDS:
        return f"`{name}` is a whole number from 0 to 10."
    if name in ("breakthrough", "rescue_doses"):
        return f"`{name}` is a whole number from 0 to 1000."
    if error["type"] == "missing":
        return f"`{name}` is missing."
    if error["type"] == "value_error":  # the words of our own checks, which name no value
        return f"`{name}` is not valid: {error['ctx']['error']}."
    return f"`{name}` is not valid: {field_error(error)['message'].rstrip('.')}."


def _element(loc: tuple[str | int, ...], places: Places) -> str | None:
    """The nearest element that is known: what is missing has no place of its own."""
    while loc and loc not in places:
        loc = loc[:-1]
    return places.get(loc)
