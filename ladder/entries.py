"""Single entries of a plan, as TOML or JSON has them: each reader gives a value, or None and a sentence.

Nothing is raised: the sentences come together in `faults`, so that a person mends all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
YEARS = (2000, 2200)
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_CLOCK = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")


def table(
    value: Any, where: str, required: Collection[str], optional: Collection[str], faults: list[str]
) -> Mapping[str, Any]:
    """A table with these keys; an empty one for anything else."""
    keys = [*required, *optional]
    told = ", ".join(f"`{key}`" for key in keys)
    if not isinstance(value, Mapping):
        faults.append(f"{where} is a table with the keys {told}.")
        return {}
    faults.extend(
        f"{where} has the unknown key `{_short(key)}`: the keys are {told}."
        for key in value
        if key not in keys
    )
    faults.extend(f"{where} lacks `{key}`." for key in required if value.get(key) is None)
    return value


def items(value: Any, where: str, most: int, faults: list[str]) -> Sequence[Any]:
    """A list; an empty one for anything else, and for none."""
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        faults.append(f"{where} is a list.")
        return []
    if len(value) > most:
        faults.append(f"{where} has {len(value)} entries, but only {most} fit.")
        return value[:most]
    return value


def text(value: Any, where: str, most: int, faults: list[str]) -> str | None:
    """One line of text that is not blank."""
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        faults.append(f"{where} is one line of text.")
        return None
    if len(value) > most:
        faults.append(f"{where} has {len(value)} characters, but only {most} fit.")
        return None
    return value.strip()


def identifier(value: Any, where: str, faults: list[str]) -> str | None:
    """A short name for machines and people: `anna`, `nurse.night`."""
    if value is None:
        return None
    if not isinstance(value, str) or not _ID.fullmatch(value):
        faults.append(f"{where} has 1 to 64 letters, digits, dots, hyphens, @ or underscores.")
        return None
    return value


def names(value: Any, where: str, faults: list[str], known: Collection[str], kind: str) -> tuple[str, ...]:
    """Ids out of `known`, each once; none of what is unknown."""
    found = []
    for one in items(value, where, 100, faults):
        if not isinstance(one, str) or one not in known:
            faults.append(f"{where} names the unknown {kind} `{_short(one)}`.")
        elif one in found:
            faults.append(f"{where} names `{one}` twice.")
        else:
            found.append(one)
    return tuple(found)


def whole(value: Any, where: str, low: int, high: int, faults: list[str]) -> int | None:
    """A whole number in [low, high]."""
    if value is None:
        return None
    if type(value) is not int or not low <= value <= high:
        faults.append(f"{where} is a whole number from {low} to {high}.")
        return None
    return value


def share(value: Any, where: str, faults: list[str]) -> float | None:
    """A number above 0 and up to 1."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        faults.append(f"{where} is a share, above 0 and up to 1.")
        return None
    return float(value)


def clock(value: Any, where: str, faults: list[str]) -> int | None:
    """A time on the clock, `07:00` to `24:00`, as minutes after midnight."""
    if value is None:
        return None
    if isinstance(value, time) and not value.second and not value.microsecond and value.tzinfo is None:
        return value.hour * 60 + value.minute
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    minutes = int(found[1]) * 60 + int(found[2]) if found else -1
    if not 0 <= minutes <= 1440:
        faults.append(f"{where} is a time on the ward's clock like `07:00`.")
        return None
    return minutes


def calendar_day(value: Any, where: str, faults: list[str]) -> date | None:
    """A date, `2026-12-25`."""
    if value is None:
        return None
    try:
        found = (
            value if type(value) is date else date.fromisoformat(value) if isinstance(value, str) else None
        )
    except ValueError:
        found = None
    if found is None or not YEARS[0] <= found.year < YEARS[1]:
        faults.append(f"{where} is a date like `2026-12-25`.")
        return None
    return found


def wall(value: Any, where: str, faults: list[str]) -> datetime | None:
    """A date and time on the ward's clock, without an offset: `2026-12-31T19:00`."""
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if (
        not isinstance(found, datetime)
        or found.tzinfo is not None
        or found.second
        or found.microsecond
        or not YEARS[0] <= found.year < YEARS[1]
    ):
        faults.append(f"{where} is a time on the ward's clock like `2026-12-31T19:00`, without an offset.")
        return None
    return found


def weekday(value: Any, where: str, faults: list[str]) -> int | None:
    """1 for `mon` to 7 for `sun`."""
    if value is None:
        return None
    if value not in WEEKDAYS:
        faults.append(f"{where} is one of {', '.join(WEEKDAYS)}.")
        return None
    return WEEKDAYS.index(value) + 1


def _short(value: Any) -> str:
    """What somebody wrote, cut for a sentence; never an address, since no key or name has `://`."""
    told = value if isinstance(value, str) else type(value).__name__
    return "..." if "://" in told else "".join(c for c in told if c.isprintable())[:40]


def sentence(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]
