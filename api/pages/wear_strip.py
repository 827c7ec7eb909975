"""Worn, not worn, off or no data: as a strip beneath the chart, and as one sentence about now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

from api.pages import words
from api.pages.axis import Axis
from store.wear_runs import Stretch

#: The best word first: of several devices at once it counts, as in the minutes of a day.
ORDER = ("worn", "not_worn", "off", "no_data")
SAID = {"worn": "worn", "not_worn": "not worn", "off": "off or battery flat", "no_data": "no data"}
SILENT = ("off", "no_data")
#: What is shorter is no answer to "since when": a silence may be a slow way, wear is not known by minutes.
BRIEF, BRIEF_DATA = timedelta(hours=1), timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a patient's devices together, in [start, end)."""

    start: datetime
    end: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch on the strip, with the words that appear when a pointer rests on it."""

    x: float
    width: float
    state: str
    words: str


def together(stretches: Sequence[Stretch]) -> list[State]:
    """All devices as one, in order; time of which nothing is said is left out."""
    steps: dict[datetime, list[tuple[str, int]]] = {}
    for one in stretches:
        steps.setdefault(one.start, []).append((one.state, 1))
        steps.setdefault(one.end, []).append((one.state, -1))
    held = dict.fromkeys(ORDER, 0)
    found: list[State] = []
    edges = sorted(steps)
    for edge, following in pairwise(edges):
        for state, step in steps[edge]:
            held[state] += step
        best = next((state for state in ORDER if held[state]), None)
        if best is None:
            continue
        if found and (found[-1].end, found[-1].state) == (edge, best):
            found[-1] = replace(found[-1], end=following)
        else:
            found.append(State(edge, following, best))
    return found


def going_on(states: Sequence[State], now: datetime, moved_at: datetime | None) -> list[State]:
    """The states of somebody who wears a device; a last silence lasts to now unless data has come since."""
    if not states or states[-1].state not in SILENT or _is_over(states[-1], moved_at):
        return list(states)
    return [*states[:-1], replace(states[-1], end=max(now, states[-1].end))]


def watch_now(
    states: Sequence[State], now: datetime, moved_at: datetime | None, zone: tzinfo
) -> tuple[str, bool]:
    """`not worn since Tue 22:10`, and whether the watch is worn; the states, at least one, are of `going_on`.

    Silences of less than an hour, and other states of less than half of one, interrupt nothing. What data
    shows is as of when it was judged.
    """
    newest = states[-1]
    silent = newest.state in SILENT
    if silent and newest.end - newest.start >= BRIEF and _is_over(newest, moved_at):
        return "sends again, not judged yet", False
    last = _without_brief(states)[-1]
    said = f"{SAID[last.state]} since {_clock(last.start, now, zone)}"
    if last.state not in SILENT:
        said += f", as of {_clock(newest.start if silent else newest.end, now, zone)}"
    return said, last.state == "worn"


def bands(states: Sequence[State], axis: Axis, now: datetime, zone: tzinfo) -> list[Band]:
    """The strip on the axis of the chart."""
    placed = []
    for one in states:
        if one.end <= axis.start or one.start >= axis.end:
            continue
        x, end = axis.x(max(one.start, axis.start)), axis.x(min(one.end, axis.end))
        until = "now" if one.end >= now else words.local(one.end, zone)
        said = f"{words.sentence(SAID[one.state])}: {words.local(one.start, zone)} to {until}"
        placed.append(Band(x, round(end - x, 2), one.state, said))
    return placed


def _is_over(silence: State, moved_at: datetime | None) -> bool:
    return moved_at is not None and moved_at >= silence.start


def _without_brief(states: Sequence[State]) -> list[State]:
    told: list[State] = []
    for one in states:
        brief = one.end - one.start < (BRIEF if one.state in SILENT else BRIEF_DATA)
        if told and (brief or (told[-1].state, told[-1].end) == (one.state, one.start)):
            told[-1] = replace(told[-1], end=one.end)
        else:
            told.append(one)
    return told


def _clock(at: datetime, now: datetime, zone: tzinfo) -> str:
    """`22:10` of today, `Tue 22:10` of the last six days, else with its date."""
    there, today = at.astimezone(zone), now.astimezone(zone).date()
    if there.date() == today:
        return f"{there:%H:%M}"
    if (today - there.date()).days < 7:
        return f"{there:%a %H:%M}"
    return f"{there:%a} {there.day} {there:%b}, {there:%H:%M}"
