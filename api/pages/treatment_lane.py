"""Treatments on the time axis of the chart: a sign with its word, a bar as long as a course. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from api.pages.axis import LEFT, RIGHT, Axis
from api.pages.treatment_words import particulars, shape, word
from api.pages.words import local
from store.diary import Treatment

ROWS = (181.0, 196.0)  #: base lines of the words, between pain and activity
ALONE = 212.0  #: of signs whose words have no room
_LETTER, _SIGN = 6.1, 18.0  #: about as wide as they are drawn


@dataclass(frozen=True, slots=True)
class Sign:
    """One treatment: where its line, its words and its bar are."""

    x: float
    width: float  #: of the bar; 0: no course
    y: float
    label_x: float
    anchor: str
    label: str  #: the sign alone where there is no room; `words` has all of it
    words: str


def lane(treatments: Sequence[Treatment], axis: Axis, zone: tzinfo) -> list[Sign]:
    """The signs of these treatments; words that would lie upon others are left out, for the list
    below has them."""
    taken = [LEFT] * len(ROWS)
    signs = []
    for one in sorted(treatments, key=lambda t: (t.at, t.id)):
        x, end = (_on(axis, at) for at in (one.at, one.until or one.at))
        label = f"{shape(one.kind)} {word(one.kind)}"
        row, turned = _place(taken, x, _SIGN + _LETTER * len(label))
        if row is None:
            label, y, turned = shape(one.kind), ALONE, x + _SIGN > RIGHT
        else:
            y = ROWS[row]
            taken[row] = max(end, x if turned else x + _SIGN + _LETTER * len(label))
        more = particulars(one, zone)
        said = f"{local(one.at, zone)}: {word(one.kind)}{', ' if more else ''}{more}"
        label_x = round(x - 3 if turned else x + 3, 2)
        anchor = "end" if turned else "start"
        signs.append(Sign(x, round(end - x, 2), y, label_x, anchor, label, said))
    return signs


def _place(taken: Sequence[float], x: float, wide: float) -> tuple[int | None, bool]:
    """A row with room for the words to the right of x, or near the edge to the left of it."""
    turned = x + wide > RIGHT
    begin = x - wide if turned else x
    return next((row for row, until in enumerate(taken) if until <= begin), None), turned


def _on(axis: Axis, at: datetime) -> float:
    return axis.x(min(max(at, axis.start), axis.end))
