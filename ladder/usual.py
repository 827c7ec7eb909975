"""What holds where a ward has saved no plan, in words: all goes to the channels of the installation."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from ladder.in_words import ladders_in_words
from ladder.plan import WITH_LADDER, Ladder, Person, Plan, Rung
from ladder.timing import SHIPPED, Timing

INSTALLATION = "the channels of this installation"


def usual_in_words() -> dict[str, list[str]]:
    """The shipped ladders rung by rung."""
    installation = Person("installation", INSTALLATION, ("log",))
    ladders = {severity: _ladder(SHIPPED.of[severity], installation.id) for severity in WITH_LADDER}
    return ladders_in_words(Plan(ZoneInfo("UTC"), (installation,), (), ladders))


def _ladder(timing: Timing, person: str) -> Ladder:
    rungs = tuple(Rung(after, (), (person,)) for after in timing.rungs)
    return Ladder(rungs, timing.repeats, timing.repeat_after, timing.hold)
