"""The report on pages as geometry: pages by hour, useful shares, waiting times. Pure; a template draws it.

Narrow, so that they can be read on a phone without scrolling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log10

from groups.alert_report import Group
from groups.in_words import share_in_words, span, times_in_words

WIDTH, LEFT, RIGHT = 340.0, 8.0, 332.0
BARS_TOP, BARS_BOTTOM, BARS_HEIGHT = 18.0, 118.0, 138.0
ROW, ROWS_TOP = 44.0, 6.0
_GAP = 0.2  #: of the place of a bar
#: Minutes at the ends of the logarithmic axis of waiting times, and where it has a tick.
_SHORTEST, _LONGEST = 1.0, 14 * 1440.0
_TICKS = ((1, "1 min"), (10, "10 min"), (60, "1 h"), (600, "10 h"), (4320, "3 d"), (20160, "14 d"))


@dataclass(frozen=True, slots=True)
class Bar:
    """The pages of one hour or weekday."""

    x: float
    width: float
    y: float
    height: float
    middle: float
    label: str  #: under it; "" where there is no room
    count: int
    words: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Pages counted side by side."""

    bars: list[Bar]
    top: int  #: pages at the upper edge
    description: str


@dataclass(frozen=True, slots=True)
class Row:
    """One rule or severity: a dot with a line, or words instead."""

    name: str
    words: str
    y: float  #: of the line; the name stands above
    x: float | None  #: of the dot
    line: tuple[float, float] | None
    limit: float | None  #: where this row's limit stands


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows over one axis."""

    rows: list[Row]
    ticks: list[tuple[str, float]]
    bottom: float
    height: float
    description: str


def bars(groups: Sequence[Group], labels: Mapping[str, str], what: str) -> Bars:
    """Pages of each of these groups, in order; `labels` under the bars that have one."""
    top = max([group.figures.pages for group in groups] + [1])
    place = (RIGHT - LEFT) / len(groups)
    found = []
    for k, group in enumerate(groups):
        height = round(group.figures.pages / top * (BARS_BOTTOM - BARS_TOP), 2)
        x = round(LEFT + k * place, 2)
        found.append(
            Bar(
                round(x + place * _GAP / 2, 2),
                round(place * (1 - _GAP), 2),
                round(BARS_BOTTOM - height, 2),
                height,
                round(x + place / 2, 2),
                labels.get(group.value, ""),
                group.figures.pages,
                f"{what} {group.value}: {group.figures.pages} pages",
            )
        )
    pages = sum(group.figures.pages for group in groups)
    most = max(groups, key=lambda group: group.figures.pages)
    if not pages:
        return Bars(found, top, "No pages.")
    said = f"{pages} pages; most of them, {most.figures.pages}, at {what} {most.value}."
    return Bars(found, top, f"{said} The table below has every one.")


def shares(groups: Sequence[Group], limit: float) -> Rows:
    """The share of useful pages of each rule with its interval, and from where on it is not for review."""
    rows = []
    for k, group in enumerate(groups):
        useful = group.figures.useful
        rows.append(
            Row(
                _name(group),
                share_in_words(useful),
                _row_y(k),
                None if useful.share is None else _share_x(useful.share),
                None if useful.ci is None else (_share_x(useful.ci[0]), _share_x(useful.ci[1])),
                None if useful.share is None else _share_x(limit),
            )
        )
    ticks = [(f"{percent} %", _share_x(percent / 100)) for percent in (0, 25, 50, 75, 100)]
    return _rows(rows, ticks)


def waits(groups: Sequence[Group], within_min: Mapping[str, float], names: Mapping[str, str]) -> Rows:
    """From the page until somebody acknowledged: median and ninetieth percentile of each severity, beside the
    ward's time."""
    rows = []
    for k, group in enumerate(groups):
        waited = group.figures.acknowledged
        median, most, limit = waited.median_min, waited.p90_min, within_min.get(group.value)
        within = "" if limit is None else f" (wanted: {span(limit)})"
        rows.append(
            Row(
                names.get(group.value, group.value) + within,
                times_in_words(waited),
                _row_y(k),
                None if median is None else _wait_x(median),
                None if median is None else (_wait_x(median), RIGHT if most is None else _wait_x(most)),
                None if limit is None else _wait_x(limit),
            )
        )
    return _rows(rows, [(label, _wait_x(minutes)) for minutes, label in _TICKS])


def _rows(rows: list[Row], ticks: list[tuple[str, float]]) -> Rows:
    bottom = ROWS_TOP + ROW * max(1, len(rows))
    said = "; ".join(f"{row.name}: {row.words}" for row in rows) or "Nothing yet"
    return Rows(rows, ticks, bottom, bottom + 18, f"{said}.")


def _name(group: Group) -> str:
    return group.value if group.version is None else f"{group.value} ({group.version})"


def _row_y(k: int) -> float:
    return ROWS_TOP + ROW * k + 32


def _share_x(share: float) -> float:
    return round(LEFT + 10 + share * (RIGHT - LEFT - 28), 2)


def _wait_x(minutes: float) -> float:
    shown = min(max(minutes, _SHORTEST), _LONGEST)
    return round(LEFT + 10 + log10(shown / _SHORTEST) / log10(_LONGEST / _SHORTEST) * (RIGHT - LEFT - 28), 2)
