"""The turns of a case: time has passed, and whoever is next is told, or what was said has ended. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ladder.happenings import Effect, Said, Suppressed, Tell, Tick, Unreached
from ladder.state import Life, anew, had_it, next_of, silenced
from ladder.timing import STALE_AFTER, Timing, Timings


def tick(life: Life, passed: Tick, timings: Timings, at: datetime) -> tuple[Life, tuple[Effect, ...]]:
    """Time has passed: the next rung, the end of an answer or a snooze, or nothing where it is too early."""
    if life.next_at is None or at < life.next_at:
        return life, ()
    back = next_of(life, life.held_until)
    if back is not None and at < back:  # whoever has moved the timer: nobody is told of what somebody has
        return replace(life, next_at=back), ()
    if at - life.evidence_at > STALE_AFTER:
        # The next page begins anew, as that of a case that was only looked at.
        left = replace(
            life, paged=False, next_at=None, held_until=None, snoozed_until=None, snoozed_severity=None
        )
        return left, (Said("stale", f"nothing new for {STALE_AFTER.days} days: for review, nobody is told"),)
    said: tuple[Effect, ...] = ()
    if life.snoozed_until is not None or life.answered:
        said = (had_it(life) if life.answered else Said("snooze_ended", "its time was over"),)
        life = anew(life, timings, at)
        if life.next_at is not None and at < life.next_at:
            return life, said
    # A turn that comes late, or that something has brought forward, may have come into quiet hours.
    if (later := timings.not_before(life.severity, at)) > at:
        return replace(life, next_at=later), said
    life, told = _next_rung(life, passed, timings.of[life.severity], timings, at)
    return life, said + told


def _next_rung(
    life: Life, passed: Tick, timing: Timing, timings: Timings, at: datetime
) -> tuple[Life, tuple[Effect, ...]]:
    last = len(timing.rungs)
    # Beyond the last one: a plan with fewer was saved meanwhile, and its last one was not told yet.
    if life.rung == last and life.repeats >= timing.repeats:
        why = "everybody on the ladder was told and nobody has answered"
        return replace(life, next_at=None, unheard=True), (Said("nobody_answered", why),)
    if passed.silenced_until is not None and passed.silenced_until > at:
        # A silence may end within the quiet hours of the ward.
        again_at = timings.not_before(life.severity, passed.silenced_until)
        held = replace(life, step=life.step + 1, next_at=again_at)
        why = silenced(passed.silenced_until, passed.silenced_by)
        return held, (Suppressed(why, held.step, min(life.rung + 1, last)),)
    again = life.rung == last
    life = replace(life, step=life.step + 1, rung=min(life.rung + 1, last), repeats=life.repeats + int(again))
    # The wait counts from this telling, not from when it was due: who was told late has the same time.
    steps = [*timing.rungs, timing.rungs[-1] + timing.repeat_after]
    wait = steps[life.rung] - steps[life.rung - 1]
    life = replace(life, next_at=timings.not_before(life.severity, at + wait))
    return life, (Tell(life.step, life.rung),)


def unreached(life: Life, found: Unreached, at: datetime) -> tuple[Life, tuple[Effect, ...]]:
    """Nobody of the rung could be told: the next turn is now, unless somebody has the case."""
    if life.answered or life.snoozed_until is not None or life.rung != found.rung or life.next_at is None:
        return life, ()
    why = f"nobody could be told at step {life.step}: the next ones are told at once"
    return replace(life, next_at=at), (Said("nobody_reached", why),)
