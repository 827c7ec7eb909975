"""What holds where a ward has saved no plan: everything goes to the channels of the installation."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from ladder.in_words import ladders_in_words
from ladder.ladder_reading import USUAL_HOLD, USUAL_REPEATS, USUAL_WAIT
from ladder.plan import SEVERITIES, Ladder, Person, Plan, Rung

INSTALLATION = "the channels of this installation"


def usual_plan(channels: Mapping[str, str]) -> Plan:
    """Rungs at once, after one wait and after two, to every channel (name, address), each as a person."""
    persons = tuple(Person(name, name, (address,)) for name, address in channels.items())
    everybody = tuple(one.id for one in persons)
    ladders = {
        severity: Ladder(
            tuple(Rung(number * USUAL_WAIT[severity], (), everybody) for number in range(3)),
            USUAL_REPEATS[severity],
            USUAL_WAIT[severity],
            USUAL_HOLD[severity],
        )
        for severity in SEVERITIES
    }
    return Plan(ZoneInfo("UTC"), persons, (), ladders)


def usual_in_words() -> dict[str, list[str]]:
    """Those ladders rung by rung, for who does not know the channels."""
    return ladders_in_words(usual_plan({INSTALLATION: "log"}))
