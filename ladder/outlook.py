"""What happens next to a case, in one sentence for whoever looks at it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ladder.life import Life
from ladder.timing import STALE_AFTER, Timing

Clock = Callable[[datetime], str]  #: an instant as the reader's clock shows it
UNHEARD = "Everybody was told and nobody has answered."


def outlook(life: Life, timing: Timing, at: datetime, clock: Clock) -> str:
    """The next turn and when it comes; where none comes, why."""
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
    if life.snoozed_until is not None and at < life.snoozed_until:
        back = clock(life.next_at)
        has = f"{who} has it, and it" if life.answered else "It"
        return f"{has} is snoozed until {clock(life.snoozed_until)}; whoever is on duty is told at {back}."
    if life.answered:
        return f"{who} has it until {clock(life.next_at)}; then whoever is on duty is told again."
    if life.next_at <= at:
        return "The next step is taken now."
    if life.rung == 0:
        return f"Whoever is on duty is told at {clock(life.next_at)}."
    if life.rung < len(timing.rungs):
        return f"If nobody answers, step {life.rung + 1} is told at {clock(life.next_at)}."
    if life.rung > len(timing.rungs):  # a shorter plan was saved meanwhile
        return f"If nobody answers, the last step is told at {clock(life.next_at)}."
    if life.repeats < timing.repeats:
        return f"If nobody answers, the last step is told once more at {clock(life.next_at)}."
    return f"All steps were told; if nobody answers until {clock(life.next_at)}, nobody is told again."


def is_stale(life: Life, at: datetime) -> bool:
    """Nothing new for so long that it is one for review, unless somebody has it or has put it off."""
    if life.resolved or at - life.evidence_at <= STALE_AFTER:
        return False
    return not any(until is not None and at < until for until in (life.held_until, life.snoozed_until))
