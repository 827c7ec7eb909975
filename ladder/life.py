"""The life of a case, from the first page to a named outcome: what each happening makes of it. Pure.

`after(life, happening, timings, at)` gives the case afterwards and what is to be done about it. Whoever
carries that out does so in the transaction that stores the case, so nothing is decided without being written
down and nothing is sent that was not decided. Time enters as `Tick` alone: `life.next_at` says when the next
one is due, an earlier one changes nothing, a late one (nobody was running) is taken when it comes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ladder.happenings import (
    Acknowledged,
    Assigned,
    Cancel,
    Effect,
    Evidence,
    Happening,
    Notified,
    Reopened,
    Resolved,
    Said,
    Snoozed,
    SnoozeEnded,
    Suppressed,
    Tick,
    Unreached,
)
from ladder.state import Life, Refused, anew, clock, had_it, next_of, silenced
from ladder.timing import LONGEST_ALONE, LONGEST_HOLD, Timings
from ladder.turns import tick, unreached
from ladder.words import CaseState, is_worse


def after(
    life: Life, happening: Happening, timings: Timings, at: datetime
) -> tuple[Life, tuple[Effect, ...]]:
    """(the case afterwards, what is to be done). The same case and nothing: it changes nothing.

    Raises `Refused` where a person asks for what may not be.
    """
    if life.resolved and not isinstance(happening, Reopened):
        if isinstance(happening, Notified | Tick | Unreached | Resolved | Acknowledged):
            return life, ()  # came too late, or had been said before
        raise Refused("The case is resolved: re-open it first.")
    match happening:
        case Evidence():
            return _evidence(life, happening, timings, at)
        case Acknowledged():
            return _acknowledged(life, happening, timings, at)
        case Assigned():
            return _assigned(life, happening, timings, at)
        case Snoozed():
            return _snoozed(life, happening, at)
        case SnoozeEnded():
            if life.snoozed_until is None:
                return life, ()
            return _snooze_over(life, timings, at), ()
        case Resolved():
            return _over(life, happening), (Cancel(),)
        case Reopened():
            if not life.resolved:
                return life, ()
            held = _held(life, None, timings, at)
            back = replace(life, outcome=None, evidence_at=at)
            return _has_it(back, CaseState.ACKNOWLEDGED, happening.by, held, None), ()
        case Notified():
            state = CaseState.NOTIFIED if life.state == CaseState.OPENED else life.state
            return replace(life, state=state), ()
        case Tick():
            return tick(life, happening, timings, at)
        case Unreached():
            return unreached(life, happening, at)


def _evidence(life: Life, found: Evidence, timings: Timings, at: datetime) -> tuple[Life, tuple[Effect, ...]]:
    # What is worse and untold makes nothing more urgent that people were told of: the next page that bad
    # would not be worse any more, and they would not hear of it.
    worse = is_worse(found.severity, life.severity) and not (found.untold and life.paged)
    life = replace(life, evidence_at=at, severity=found.severity if worse else life.severity)
    if found.untold:
        return life, (Suppressed(found.untold),)
    if not life.paged or (worse and not _agreed(life)):
        said: tuple[Effect, ...] = ()
        if life.answered:
            why = "it is more severe now" if life.paged else "this one is a page, what was answered was none"
            said = (Said("acknowledgement_ended", why),)
        # The old messages say the same as the new ones: whoever is told now is told once.
        return anew(replace(life, paged=True), timings, at), (Cancel(), *said)
    if _snoozing(life, at):
        return life, (Suppressed(f"snoozed until {clock(life.snoozed_until)}"),)
    if _has_still(life, at):
        return life, (Suppressed(f"{life.acknowledged_by} has it until {clock(life.held_until)}"),)
    if life.next_at is None:  # everybody had been told, or it had been left for review
        return anew(life, timings, at), ()
    # No word of who was told: a step may wait for its time, or have been silenced.
    if found.silenced_until is not None and found.silenced_until > at:
        why = silenced(found.silenced_until, found.silenced_by)
    elif life.rung == 0:
        why = f"whoever is on duty is told at {clock(life.next_at)}"
    else:
        why = f"step {life.step} was taken; the next turn is {clock(life.next_at)}"
    return life, (Suppressed(why),)


def _acknowledged(
    life: Life, said: Acknowledged, timings: Timings, at: datetime
) -> tuple[Life, tuple[Effect, ...]]:
    if _has_still(life, at):
        return life, ()
    held = _held(life, said.until, timings, at)
    # An answer whose time is over is none, also before the turn that says so.
    over = (had_it(life),) if life.answered else ()
    return _has_it(life, CaseState.ACKNOWLEDGED, said.by, held, None), (*over, Cancel())


def _assigned(life: Life, said: Assigned, timings: Timings, at: datetime) -> tuple[Life, tuple[Effect, ...]]:
    if _has_still(life, at) and life.assigned_to == said.to and said.until is None:
        return life, ()
    held = _held(life, said.until, timings, at)
    seen = life.acknowledged_by or said.by
    return _has_it(life, CaseState.IN_PROGRESS, seen, held, said.to), (Cancel(),)


def _has_still(life: Life, at: datetime) -> bool:
    return life.answered and life.held_until is not None and at < life.held_until


def _has_it(life: Life, state: CaseState, by: str, held: datetime, to: str | None) -> Life:
    return replace(
        life,
        state=state,
        acknowledged_by=by,
        assigned_to=to,
        held_until=held,
        unheard=False,
        next_at=next_of(life, held),
    )


def _held(life: Life, until: datetime | None, timings: Timings, at: datetime) -> datetime:
    if until is None:
        return at + timings.of[life.severity].hold
    if life.severity == "high" and until > at + LONGEST_ALONE:
        hours = LONGEST_ALONE // timedelta(hours=1)
        raise Refused(
            f"Nobody has an urgent case for longer than {hours} hours alone: a snooze takes a second person."
        )
    return _not_too_long(until, at)


def _not_too_long(until: datetime, at: datetime) -> datetime:
    if until <= at:
        raise Refused("The time until which it holds has passed.")
    if until > at + LONGEST_HOLD:
        raise Refused(f"Nothing holds for longer than {LONGEST_HOLD.days} days.")
    return until


def _snoozed(life: Life, said: Snoozed, at: datetime) -> tuple[Life, tuple[Effect, ...]]:
    _not_too_long(said.until, at)
    if life.severity == "high" and (said.second is None or said.second == said.by):
        raise Refused("An urgent case is snoozed by two persons: another one has to agree.")
    life = replace(life, snoozed_until=said.until, snoozed_severity=life.severity, unheard=False)
    return replace(life, next_at=next_of(life, life.held_until)), (Cancel(),)


def _snooze_over(life: Life, timings: Timings, at: datetime) -> Life:
    life = replace(life, snoozed_until=None, snoozed_severity=None)
    if not life.paged:
        return life
    if life.answered:
        return replace(life, next_at=life.held_until)
    # As where the snooze ends by itself: whoever was told before it may be gone, and quiet hours are quiet.
    return anew(life, timings, at)


def _snoozing(life: Life, at: datetime) -> bool:
    return life.snoozed_until is not None and at < life.snoozed_until


def _agreed(life: Life) -> bool:
    """A snooze that was agreed for a severity like this one."""
    return life.snoozed_severity is not None and not is_worse(life.severity, life.snoozed_severity)


def _over(life: Life, said: Resolved) -> Life:
    return replace(
        life,
        state=CaseState.RESOLVED,
        acknowledged_by=life.acknowledged_by or said.by or None,  # who resolves has seen it
        outcome=said.outcome,
        next_at=None,
        held_until=None,
        snoozed_until=None,
        snoozed_severity=None,
        unheard=False,
    )
