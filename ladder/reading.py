"""A plan out of TOML or JSON, or every reason why it cannot be one."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ladder import entries, overlaps
from ladder.channel_address import wrong_with
from ladder.ladder_reading import read_ladders
from ladder.plan import Holiday, Person, Plan, Quiet, Role, Shift, Swap

LONGEST_TEXT = 500
LONGEST_FILE = 500_000  #: bytes


class BadPlan(ValueError):
    """Why a document is no plan: one sentence for each fault."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = tuple(sentences)


def read_plan(path: Path) -> Plan:
    """The plan in a TOML file. Raises `BadPlan`."""
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST_FILE + 1)
        if len(raw) > LONGEST_FILE:
            raise BadPlan([f"The file is larger than {LONGEST_FILE // 1000} kB."])
        document = tomllib.loads(raw.decode())
    except FileNotFoundError as error:
        raise BadPlan(["There is no such file; docs/plan.example.toml is one to begin with."]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadPlan(["The file cannot be read as text."]) from error
    except tomllib.TOMLDecodeError as error:
        raise BadPlan([f"The file is not TOML: {error}."]) from error
    return plan_of(document)


def plan_of(document: Any) -> Plan:
    """The plan in a document, times as text or as TOML has them. Raises `BadPlan` with all that is wrong."""
    faults: list[str] = []
    top = entries.table(
        document,
        "The plan",
        ("zone", "persons", "ladders"),
        ("roles", "holidays", "swaps", "quiet_hours", "after_hours", "useful_share"),
        faults,
    )
    zone = _zone(top.get("zone"), faults)
    persons = _persons(top.get("persons"), faults)
    known = {one.id for one in persons}
    roles = _roles(top.get("roles"), known, faults)
    role_ids = {one.id for one in roles}
    holidays = _holidays(top.get("holidays"), role_ids, known, faults)
    swaps = _swaps(top.get("swaps"), role_ids, known, faults)
    _somebody_ever(top, roles, faults)
    ladders = read_ladders(top.get("ladders"), role_ids, known, faults)
    quiet = _quiet(top.get("quiet_hours"), faults)
    after_hours = _after_hours(top.get("after_hours"), faults)
    useful = entries.share(top.get("useful_share"), "`useful_share`", faults)
    if faults or zone is None:
        raise BadPlan(list(dict.fromkeys(faults)))
    return Plan(zone, persons, roles, ladders, holidays, swaps, quiet, after_hours, useful)


def _zone(value: Any, faults: list[str]) -> ZoneInfo | None:
    if value is None:
        return None
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError, TypeError):
        faults.append("`zone` is no time zone: give an IANA name such as `Europe/Rome`.")
        return None


def _persons(value: Any, faults: list[str]) -> tuple[Person, ...]:
    found: list[Person] = []
    for number, raw in enumerate(entries.items(value, "`persons`", 500, faults), start=1):
        where = f"Person {number}"
        entry = entries.table(raw, where, ("id", "name", "channels"), (), faults)
        who = entries.identifier(entry.get("id"), f"`id` of person {number}", faults)
        where = f"Person `{who}`" if who else where
        name = entries.text(
            entry.get("name"), f"`name` of {where.lower() if not who else where}", 100, faults
        )
        channels = []
        for place, address in enumerate(
            entries.items(entry.get("channels"), f"`channels` of {where}", 10, faults), 1
        ):
            if wrong := wrong_with(address):
                faults.append(f"Channel {place} of {where} {wrong}.")
            channels.append(str(address))
        if not channels and "channels" in entry:
            faults.append(f"{where} has no channel, and so could never be told.")
        if len(set(channels)) < len(channels):
            faults.append(f"{where} has the same channel twice.")
        if who is None:
            continue
        if any(one.id == who for one in found):
            faults.append(f"Two persons have the id `{who}`.")
        elif name is not None and any(one.name == name for one in found):
            faults.append(f"Two persons have the name `{name}`: tell them apart.")
        found.append(Person(who, name or who, tuple(channels)))
    if isinstance(value, list) and not value:
        faults.append("`persons` is empty: somebody must be told.")
    return tuple(found)


def _shift(
    raw: Any, where: str, more: str, known: Collection[str], faults: list[str]
) -> tuple[Shift | None, Mapping[str, Any]]:
    """A shift with its own days or none, and the table as it came. `more` is the key beside the times."""
    before = len(faults)
    entry = entries.table(raw, where, (more, "from", "to", "persons"), (), faults)
    start = entries.clock(entry.get("from"), f"`from` of {where}", faults)
    end = entries.clock(entry.get("to"), f"`to` of {where}", faults)
    persons = entries.names(entry.get("persons"), where, faults, known, "person")
    if not persons and len(faults) == before:
        faults.append(f"{where} names no person.")
    if start == 1440:
        faults.append(f"{where} begins at 24:00: that is 00:00 of the next day.")
    days: list[int] = []
    if more == "days":
        for one in entries.items(entry.get("days"), f"`days` of {where}", 7, faults):
            day = entries.weekday(one, f"each of `days` of {where}", faults)
            if day is not None and day not in days:
                days.append(day)
        if not days and len(faults) == before:
            faults.append(f"{where} is on no day.")
    if len(faults) > before or start is None or end is None:
        return None, entry
    return Shift(tuple(sorted(days)), start, end, persons), entry


def _roles(value: Any, known: Collection[str], faults: list[str]) -> tuple[Role, ...]:
    found: list[Role] = []
    for number, raw in enumerate(entries.items(value, "`roles`", 100, faults), start=1):
        entry = entries.table(raw, f"Role {number}", ("id",), ("name", "shifts"), faults)
        role = entries.identifier(entry.get("id"), f"`id` of role {number}", faults)
        told = f"role `{role}`" if role else f"role {number}"
        name = entries.text(entry.get("name"), f"`name` of {told}", 100, faults)
        shifts = []
        for place, one in enumerate(
            entries.items(entry.get("shifts"), f"`shifts` of {told}", 200, faults), 1
        ):
            shift, _ = _shift(one, f"Shift {place} of {told}", "days", known, faults)
            if shift is not None:
                shifts.append((place, shift))
        faults.extend(overlaps.of_week(told, shifts))
        if role is None:
            continue
        if any(one.id == role for one in found):
            faults.append(f"Two roles have the id `{role}`.")
        found.append(Role(role, name or role, tuple(shift for _, shift in shifts)))
    return tuple(found)


def _holidays(
    value: Any, roles: Collection[str], known: Collection[str], faults: list[str]
) -> tuple[Holiday, ...]:
    found: list[Holiday] = []
    for number, raw in enumerate(entries.items(value, "`holidays`", 1000, faults), start=1):
        where = f"Holiday {number}"
        entry = entries.table(raw, where, ("date",), ("name", "like", "shifts"), faults)
        day = entries.calendar_day(entry.get("date"), f"`date` of holiday {number}", faults)
        where = f"Holiday {day}" if day else where
        name = entries.text(entry.get("name"), f"`name` of {where}", 100, faults)
        like = entries.weekday(entry.get("like"), f"`like` of {where}", faults)
        shifts: list[tuple[str, Shift]] = []
        for place, one in enumerate(
            entries.items(entry.get("shifts"), f"`shifts` of {where}", 200, faults), 1
        ):
            shift, said = _shift(one, f"Shift {place} of {where}", "role", known, faults)
            role = entries.names([said.get("role")], f"Shift {place} of {where}", faults, roles, "role")
            if shift is not None and role:
                shifts.append((role[0], shift))
        faults.extend(overlaps.of_day(where, shifts))
        if day is None:
            continue
        if any(one.day == day for one in found):
            faults.append(f"{day} is a holiday twice.")
        found.append(Holiday(day, name or "holiday", like or 7, tuple(shifts)))
    return tuple(found)


def _swaps(value: Any, roles: Collection[str], known: Collection[str], faults: list[str]) -> tuple[Swap, ...]:
    found: list[tuple[int, Swap]] = []
    for number, raw in enumerate(entries.items(value, "`swaps`", 1000, faults), start=1):
        where, before = f"Swap {number}", len(faults)
        entry = entries.table(raw, where, ("role", "from", "to", "persons"), ("instead_of",), faults)
        role = entries.names([entry["role"]] if "role" in entry else [], where, faults, roles, "role")
        start = entries.wall(entry.get("from"), f"`from` of {where}", faults)
        end = entries.wall(entry.get("to"), f"`to` of {where}", faults)
        persons = entries.names(entry.get("persons"), where, faults, known, "person")
        whose = entry.get("instead_of")
        instead = entries.names([] if whose is None else [whose], where, faults, known, "person")
        if not persons and len(faults) == before:
            faults.append(f"{where} names no person.")
        if start is not None and end is not None and end <= start:
            faults.append(f"{where} ends before it starts, or at once: check `from` and `to`.")
        if len(faults) == before and start is not None and end is not None:
            found.append((number, Swap(role[0], start, end, persons, instead[0] if instead else None)))
    faults.extend(overlaps.of_swaps(found))
    return tuple(swap for _, swap in found)


def _somebody_ever(top: Mapping[str, Any], roles: Sequence[Role], faults: list[str]) -> None:
    """A role that nobody ever has; what was refused already counts as somebody."""

    def listed(value: Any) -> list[Mapping[str, Any]]:
        return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []

    some = {str(one.get("id")) for one in listed(top.get("roles")) if one.get("shifts")}
    some |= {str(one.get("role")) for one in listed(top.get("swaps"))}
    for holiday in listed(top.get("holidays")):
        some |= {str(one.get("role")) for one in listed(holiday.get("shifts"))}
    faults.extend(
        f"Nobody is ever on duty as role `{one.id}`: give it a shift." for one in roles if one.id not in some
    )


def _quiet(value: Any, faults: list[str]) -> Quiet | None:
    if value is None:
        return None
    entry = entries.table(value, "`quiet_hours`", ("from", "to"), (), faults)
    start = entries.clock(entry.get("from"), "`from` of `quiet_hours`", faults)
    end = entries.clock(entry.get("to"), "`to` of `quiet_hours`", faults)
    if start is None or end is None:
        return None
    if start % 1440 == end % 1440:
        faults.append("`quiet_hours` never end: `from` and `to` are the same time.")
    return Quiet(start % 1440, end)


def _after_hours(value: Any, faults: list[str]) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        faults.append("`after_hours` is a table of texts by language, such as `en` and `it`.")
        return {}
    found = {}
    for code, said in value.items():
        if not (
            isinstance(code, str)
            and code.isascii()
            and code.isalpha()
            and code.islower()
            and len(code) in (2, 3)
        ):
            faults.append("A key of `after_hours` is a language of two or three letters, such as `en`.")
            continue
        told = entries.text(said, f"`after_hours.{code}`", LONGEST_TEXT, faults)
        if told is not None:
            found[code] = told
    return found
