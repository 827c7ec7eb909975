"""The ladders of a plan's document, and why one would never reach its end."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from ladder import entries
from ladder.plan import WITH_LADDER, Ladder, Rung
from ladder.timing import LONGEST_ALONE, LONGEST_HOLD, SHIPPED, STALE_AFTER

_MINUTE = timedelta(minutes=1)
_STALE_MIN = STALE_AFTER // _MINUTE


def read_ladders(
    value: Any, roles: Collection[str], persons: Collection[str], faults: list[str]
) -> dict[str, Ladder]:
    """The ladders by severity; one with a fault is left out."""
    if value is None:
        return {}
    top = entries.table(value, "`ladders`", WITH_LADDER, (), faults)
    found = {}
    for severity in WITH_LADDER:
        if severity in top:
            before = len(faults)
            ladder = _ladder(severity, top[severity], roles, persons, faults)
            if len(faults) == before:
                found[severity] = ladder
    return found


def _ladder(
    severity: str, value: Any, roles: Collection[str], persons: Collection[str], faults: list[str]
) -> Ladder:
    told, usual = f"the ladder of `{severity}`", SHIPPED.of[severity]
    entry = entries.table(
        value, entries.sentence(told), ("rungs",), ("repeats", "repeat_after_min", "hold_h"), faults
    )
    rungs = _rungs(severity, entry.get("rungs"), roles, persons, faults)
    repeats = entries.whole(entry.get("repeats"), f"`repeats` of {told}", 0, 20, faults)
    pause = entries.whole(
        entry.get("repeat_after_min"), f"`repeat_after_min` of {told}", 5, _STALE_MIN, faults
    )
    longest = LONGEST_ALONE if severity == "high" else LONGEST_HOLD
    hours = entries.whole(
        entry.get("hold_h"), f"`hold_h` of {told}", 1, longest // timedelta(hours=1), faults
    )
    ladder = Ladder(
        tuple(rungs),
        usual.repeats if repeats is None else repeats,
        usual.repeat_after if pause is None else pause * _MINUTE,
        usual.hold if hours is None else timedelta(hours=hours),
    )
    if rungs:
        if _names_nobody(entry["rungs"][-1]):
            faults.append(
                f"The last rung of `{severity}` names no person: in the end somebody by name must be told."
            )
        if rungs[-1].after < STALE_AFTER <= rungs[-1].after + ladder.repeats * ladder.repeat_after:
            faults.append(
                f"The repeats of `{severity}` go beyond 14 days: without evidence a case is for review then, "
                "and no timer pages for it. Repeat fewer times, or sooner."
            )
    elif isinstance(entry.get("rungs"), list) and not entry["rungs"]:
        faults.append(f"{entries.sentence(told)} has no rung.")
    return ladder


def _rungs(
    severity: str, value: Any, roles: Collection[str], persons: Collection[str], faults: list[str]
) -> list[Rung]:
    found: list[Rung] = []
    ended: int | None = None
    previous: tuple[int, int] | None = None  # number and minutes of the one before that could be read
    listed: Sequence[Any] = entries.items(value, f"`rungs` of `{severity}`", 20, faults)
    for number, raw in enumerate(listed, start=1):
        where, before = f"Rung {number} of `{severity}`", len(faults)
        entry = entries.table(raw, where, ("after_min",), ("roles", "persons", "last"), faults)
        after = entries.whole(entry.get("after_min"), f"`after_min` of {where}", 0, 10 * _STALE_MIN, faults)
        whose = entries.names(entry.get("roles"), where, faults, roles, "role")
        who = entries.names(entry.get("persons"), where, faults, persons, "person")
        if len(faults) == before and not whose and not who:
            faults.append(f"{where} names neither a role nor a person.")
        if after is not None:
            unreachable = _unreachable(after, previous, ended)
            if unreachable:
                faults.append(f"{where} cannot be reached: {unreachable}.")
            previous = (number, after)
        if _is_last(entry, where, faults) and ended is None:
            ended = number
        found.append(Rung((after or 0) * _MINUTE, whose, who))
    return found


def _unreachable(after: int, previous: tuple[int, int] | None, ended: int | None) -> str | None:
    if ended is not None:
        return f"rung {ended} ends the ladder (`last`)"
    if previous is not None and after <= previous[1]:
        return f"it is due after {after} minutes, and rung {previous[0]} after {previous[1]}"
    if after >= _STALE_MIN:
        return "14 days without evidence and a case is for review, no timer pages for it"
    return None


def _names_nobody(rung: Any) -> bool:
    return isinstance(rung, Mapping) and not rung.get("persons")


def _is_last(entry: Mapping[str, Any], where: str, faults: list[str]) -> bool:
    last = entry.get("last", False)
    if not isinstance(last, bool):
        faults.append(f"`last` of {where} is true or false.")
    return last is True
