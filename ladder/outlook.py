"""What happens next to a case, in one sentence for whoever looks at it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from ladder.state import Life
from ladder.timing import STALE_AFTER, Timing

Clock = Callable[[datetime], str]  #: an instant as the reader's clock shows it
Whom = Callable[[int, datetime], Sequence[str]]  #: (rung, at) -> the names of those whom it reaches
UNHEARD = "Everybody was told and nobody has answered."


def outlook(
    life: Life, timing: Timing, at: datetime, clock: Clock, whom: Whom = lambda _rung, _at: ()
) -> str:
    """The next turn, when it comes and whose it is; where none comes, why."""
    if life.resolved:
        return "It is closed: nobody is told any more."
    if life.unheard:
        return UNHEARD
    if is_stale(life, at):
        return f"Nothing new for {STALE_AFTER.days} days: for review, nobody is told of it any more."
    who = life.assigned_to or life.acknowledged_by
    if life.next_at is None:
        if life.answered:
            return f"{who} has it."
        return "Nobody is told of it: it is here to be looked at."
    first = _named(whom, 1, timing, life.next_at)
    if life.snoozed_until is not None and at < life.snoozed_until:
        until = clock(life.snoozed_until)
        has = f"{who} has it, and it" if life.answered else "It"
        then = "then" if life.next_at == life.snoozed_until else f"at {clock(life.next_at)}"
        return f"{has} is snoozed until {until}; {then} whoever is on duty is told{first}."
    if life.answered:
        held = life.held_until or life.next_at
        then = "then" if held >= life.next_at else f"at {clock(life.next_at)}"
        return f"{who} has it until {clock(held)}; {then} whoever is on duty is told again{first}."
    if life.next_at <= at:
        return "The next step is taken now."
    if life.rung == 0:
        return f"Whoever is on duty is told at {clock(life.next_at)}{first}."
    coming = _named(whom, min(life.rung + 1, len(timing.rungs)), timing, life.next_at)
    if life.rung < len(timing.rungs):
        return f"If nobody answers, step {life.rung + 1} is told at {clock(life.next_at)}{coming}."
    if life.rung > len(timing.rungs):  # a shorter plan was saved meanwhile
        return f"If nobody answers, the last step is told at {clock(life.next_at)}{coming}."
    if life.repeats < timing.repeats:
        return f"If nobody answers, the last step is told once more at {clock(life.next_at)}{coming}."
    return f"All steps were told; if nobody answers until {clock(life.next_at)}, nobody is told again."


def _named(whom: Whom, rung: int, timing: Timing, at: datetime) -> str:
    """`: Anna, Carla`; of a rung that reaches nobody at that time, whom the next one reaches at once."""
    for one in range(rung, len(timing.rungs) + 1):
        if names := ", ".join(whom(one, at)):
            return (
                f": {names}" if one == rung else f": nobody is on duty then, so at once step {one}, {names}"
            )
    return ""


def is_stale(life: Life, at: datetime) -> bool:
    """Nothing new for so long that it is one for review, unless somebody has it or has put it off."""
    if life.resolved or at - life.evidence_at <= STALE_AFTER:
        return False
    return not any(until is not None and at < until for until in (life.held_until, life.snoozed_until))
