"""Who was told of a case so far, in one line for whoever looks at it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from api.pages import words
from store.alerts.told import Told

SHOWN = 5
CHANNELS = {"log": "log file", "smtp": "mail"}
ONLY_A_FILE = "Nobody's device rang: the only channel is a log file."


def told_so_far(told: Sequence[Told], zone: tzinfo, now: datetime) -> str:
    """The newest of those who were told, each with way and time; whether a device can have rung at all."""
    if not told:
        return ""
    before = f"{len(told) - SHOWN} before, " if len(told) > SHOWN else ""
    said = ", ".join(_one(one, zone, now) for one in told[-SHOWN:])
    only = f" {ONLY_A_FILE}" if all(one.channel == "log" for one in told) else ""
    return f"Told so far: {before}{said}.{only}"


def _one(one: Told, zone: tzinfo, now: datetime) -> str:
    way, at = CHANNELS.get(one.channel, one.channel), words.short(one.at, zone, now)
    return f"{one.who} ({way}, {at})" if one.who else f"{way} ({at})"
