"""Activity and pain on one time axis, as geometry. Pure: numbers in, coordinates out; a template draws it.

What is missing leaves a hole, never a zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from api.pages.axis import LEFT, RIGHT, Axis, Day, axis_of, places_of
from api.pages.hours import HOUR, Hour
from api.pages.wear_strip import Band, State, bands

LABEL_ROWS = (11.0, 24.0)  #: two rows for the words of cases, so that neighbours do not overlap
LABEL_WIDTH = 128.0
PAIN_TOP, PAIN_BOTTOM = 36.0, 166.0
MOVE_TOP, MOVE_BOTTOM = 222.0, 322.0  #: above it treatments: `treatment_lane.ROWS`
STRIP_TOP, STRIP_BOTTOM = 328.0, 340.0
HEIGHT = 372.0
NRS_TICKS = (0, 4, 7, 10)  #: 4 and 7 begin moderate and severe pain (NCCN, ESMO)
JOINED = timedelta(hours=36)  #: a longer silence between two reports is a hole, not a line


@dataclass(frozen=True, slots=True)
class Answer:
    """A pain report at its time; None is not asked or not answered."""

    at: datetime
    worst: int | None
    average: int | None


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at an instant: here a case, its severity and one or two words."""

    at: datetime
    severity: str
    words: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch without activity: `no-data` or `not-worn`."""

    x: float
    width: float
    kind: str


@dataclass(frozen=True, slots=True)
class Dot:
    """One score."""

    x: float
    y: float
    score: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Flag:
    """A vertical line for a case and where its words stand."""

    x: float
    label_x: float
    label_y: float
    anchor: str
    severity: str
    words: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that the template draws."""

    days: list[Day]
    skyline: list[str]
    means: list[tuple[float, float, float]]  #: (x from, x to, y) of each daily mean
    spans: list[Span]
    strip: list[Band]
    worst: list[Dot]
    average: list[Dot]
    worst_lines: list[str]
    average_lines: list[str]
    flags: list[Flag]
    nrs_ticks: list[tuple[int, float]]
    top: float  #: activity at the upper edge
    now_x: float | None


def pain_y(score: float) -> float:
    """10 at the top, 0 at the bottom."""
    return round(PAIN_BOTTOM - score / 10 * (PAIN_BOTTOM - PAIN_TOP), 2)


def draw(
    days: Sequence[date],
    zone: tzinfo,
    hours: Sequence[Hour],
    means: dict[date, float],
    answers: Sequence[Answer],
    marks: Sequence[Mark],
    now: datetime,
    states: Sequence[State] = (),
) -> Chart:
    """The geometry of consecutive local days. Hours, answers and states are in order of time."""
    axis = axis_of(days, zone)
    shown = [hour for hour in hours if axis.holds(hour.start)]
    values = [hour.activity for hour in shown if hour.activity is not None]
    top = _nice([*values, *means.values()])
    places = places_of(days, zone)
    worst = [
        Dot(axis.x(a.at), pain_y(a.worst), a.worst, a.at)
        for a in answers
        if a.worst is not None and axis.holds(a.at)
    ]
    average = [
        Dot(axis.x(a.at), pain_y(a.average), a.average, a.at)
        for a in answers
        if a.average is not None and axis.holds(a.at)
    ]
    return Chart(
        days=places,
        skyline=_skyline(shown, axis, top),
        means=[(p.x, round(p.x + p.width, 2), _move_y(means[p.day], top)) for p in places if p.day in means],
        spans=_spans(shown, axis, min(now, axis.end)),
        strip=bands(states, axis, now, zone),
        worst=worst,
        average=average,
        worst_lines=_lines(worst),
        average_lines=_lines(average),
        flags=_flags([mark for mark in marks if axis.holds(mark.at)], axis),
        nrs_ticks=[(score, pain_y(score)) for score in NRS_TICKS],
        top=top,
        now_x=axis.x(now) if axis.holds(now) else None,
    )


def _move_y(value: float, top: float) -> float:
    return round(MOVE_BOTTOM - min(value / top, 1) * (MOVE_BOTTOM - MOVE_TOP), 2)


def _nice(values: Iterable[float]) -> float:
    """The next short number at or above the largest value."""
    highest = max(values, default=0.0)
    power = 1e-3
    while highest > power * 10:
        power *= 10
    return next(step * power for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if highest <= step * power)


def _skyline(hours: Sequence[Hour], axis: Axis, top: float) -> list[str]:
    """One closed path for each unbroken run of hours."""
    paths: list[str] = []
    steps: list[str] = []
    last: datetime | None = None
    for hour in [*(h for h in hours if h.activity is not None), None]:
        if steps and last is not None and (hour is None or hour.start != last + HOUR):
            paths.append(" ".join([*steps, f"V{MOVE_BOTTOM} Z"]))
            steps = []
        if hour is None or hour.activity is None:
            break
        if not steps:
            steps = [f"M{axis.x(hour.start)} {MOVE_BOTTOM}"]
        end = min(hour.start + HOUR, axis.end)
        steps.append(f"V{_move_y(hour.activity, top)} H{axis.x(end)}")
        last = hour.start
    return paths


def _spans(hours: Sequence[Hour], axis: Axis, until: datetime) -> list[Span]:
    """What is not activity up to `until`, neighbours of one kind joined."""
    known = {hour.start: "" if hour.activity is not None else "not-worn" for hour in hours}
    known |= {hour.start: "no-data" for hour in hours if hour.activity is None and hour.worn}
    spans: list[tuple[datetime, datetime, str]] = []
    start = axis.start.replace(minute=0, second=0, microsecond=0)
    while start < until:
        kind, end = known.get(start, "no-data"), start + HOUR
        if kind and spans and spans[-1][1:] == (start, kind):
            spans[-1] = (spans[-1][0], end, kind)
        elif kind:
            spans.append((start, end, kind))
        start = end
    placed = [(axis.x(max(a, axis.start)), axis.x(min(b, until)), kind) for a, b, kind in spans]
    return [Span(a, round(b - a, 2), kind) for a, b, kind in placed]


def _lines(dots: Sequence[Dot]) -> list[str]:
    """A line through neighbours; a long silence breaks it."""
    lines: list[list[Dot]] = []
    for dot in dots:
        if lines and dot.at - lines[-1][-1].at <= JOINED:
            lines[-1].append(dot)
        else:
            lines.append([dot])
    return [" ".join(f"{dot.x},{dot.y}" for dot in line) for line in lines if len(line) > 1]


def _flags(marks: Sequence[Mark], axis: Axis) -> list[Flag]:
    """Words to the right of the line, to the left near the edge, in the row that is free."""
    taken = [LEFT, LEFT]
    flags = []
    for mark in sorted(marks, key=lambda one: one.at):
        x = axis.x(mark.at)
        turned = x + LABEL_WIDTH > RIGHT
        begin = x - LABEL_WIDTH if turned else x
        row = 0 if begin >= taken[0] else 1
        taken[row] = x if turned else x + LABEL_WIDTH
        label_x = round(x - 4 if turned else x + 4, 2)
        flags.append(
            Flag(x, label_x, LABEL_ROWS[row], "end" if turned else "start", mark.severity, mark.words)
        )
    return flags
