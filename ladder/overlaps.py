"""Entries of a rota that contradict each other: at one time two answers to who is on duty."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from ladder.entries import WEEKDAYS
from ladder.plan import Shift, Swap

WEEK = 7 * 1440


def of_week(role: str, shifts: Sequence[tuple[int, Shift]]) -> list[str]:
    """A sentence for each two shifts (number, shift) of a role that overlap with different persons."""
    found = []
    for (first, one), (second, other) in combinations(shifts, 2):
        if set(one.persons) == set(other.persons):
            continue
        common = min(_common(one, other), default=None)
        if common is not None:
            found.append(
                f"Shifts {first} and {second} of {role} overlap, {in_week(*common)}, with different persons: "
                "if all of them are on duty then, say so in one shift."
            )
    return found


def of_day(holiday: str, shifts: Sequence[tuple[str, Shift]]) -> list[str]:
    """The same of a holiday's own shifts (role, shift)."""
    found = []
    for (role, one), (whose, other) in combinations(shifts, 2):
        start, end = max(one.start, other.start), min(one.start + one.length, other.start + other.length)
        if role == whose and start < end and set(one.persons) != set(other.persons):
            found.append(
                f"{holiday} has shifts of role `{role}` that overlap, {_clock(start)} to {_clock(end)}, with "
                "different persons: if all of them are on duty then, say so in one shift."
            )
    return found


def of_swaps(swaps: Iterable[tuple[int, Swap]]) -> list[str]:
    """The same of swaps (number, swap): two for one person, or one for all, at a time."""
    return [
        f"Swaps {first} and {second} overlap and contradict each other: who is on duty as role `{one.role}`?"
        for (first, one), (second, other) in combinations(swaps, 2)
        if one.role == other.role
        and max(one.start, other.start) < min(one.end, other.end)
        and (None in (one.instead_of, other.instead_of) or one.instead_of == other.instead_of)
    ]


def in_week(start: int, end: int) -> str:
    """Minutes since Monday 00:00 as people say it: `mon 13:30 to 14:30`, `fri 19:00 to mon 07:00`."""
    day, last = start // 1440 % 7, (end - 1) // 1440 % 7
    there = "" if day == last and end - start <= 1440 else f"{WEEKDAYS[last]} "
    return f"{WEEKDAYS[day]} {_clock(start)} to {there}{_clock(end) if end % 1440 else '24:00'}"


def _common(one: Shift, other: Shift) -> Iterable[tuple[int, int]]:
    for day in one.days:
        begin = (day - 1) * 1440 + one.start
        for another in other.days:
            for turn in (-WEEK, 0, WEEK):
                start = (another - 1) * 1440 + other.start + turn
                low, high = max(begin, start), min(begin + one.length, start + other.length)
                if low < high:
                    yield low % WEEK, low % WEEK + high - low


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
