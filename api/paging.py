"""Lists by cursor: `next` is where the next page begins, null at the end."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from api.problems import Problem

Item = TypeVar("Item")
Row = TypeVar("Row")

Limit = Annotated[int, Query(ge=1, le=500, description="most items of a page")]
Cursor = Annotated[str | None, Query(max_length=300, description="`next` of the page before")]


class Page(BaseModel, Generic[Item]):
    """A page of a list."""

    items: list[Item]
    next: str | None = None


class PatientPage(Page[Item], Generic[Item]):
    """A page of what belongs to one patient; local days are cut in `tz`."""

    patient: str
    tz: str


def cut(
    rows: Sequence[Row], limit: int, key: Callable[[Row], tuple[str | int, ...]]
) -> tuple[Sequence[Row], str | None]:
    """The page and the cursor behind it, of `rows` that were read with one more than `limit`."""
    if len(rows) <= limit:
        return rows, None
    page = rows[:limit]
    place = json.dumps(key(page[-1])).encode()
    return page, base64.urlsafe_b64encode(place).decode().rstrip("=")


def behind(
    rows: Iterable[Row], place: list[str | int] | None, key: Callable[[Row], tuple[str | int, ...]]
) -> list[Row]:
    """The rows in the order of `key`, those after `place`: what is left for the next pages."""
    ordered = sorted(rows, key=key)
    return ordered if place is None else [row for row in ordered if key(row) > tuple(place)]


def place_of(cursor: str | None, *kinds: type) -> list[str | int] | None:
    """The key of the last item of the page before; None for the first page."""
    if cursor is None:
        return None
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        place = None
    right = isinstance(place, list) and [type(part) for part in place] == list(kinds)
    if not right or any(isinstance(part, int) and abs(part) >= 2**63 for part in place):
        raise Problem(422, "`cursor` is not one of ours: take `next` of the page before.", "cursor")
    return list(place)


def number_of(cursor: str | None) -> int | None:
    """The same where the key is one number."""
    place = place_of(cursor, int)
    return None if place is None else int(place[0])
