"""By when a message is to be answered: before the ladder goes on. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from ladder.timing import Timing, Timings


def first_wait(timing: Timing) -> timedelta:
    """From the first telling until the ladder goes on: to the next rung, or where there is one rung alone to
    its repeat."""
    steps = (*timing.rungs, timing.rungs[-1] + timing.repeat_after)
    return steps[1] - steps[0]


def answer_by(timings: Timings, severity: str, told_at: datetime) -> datetime:
    """When the ladder goes on that told somebody at `told_at` for the first time, as `ladder.life` has it.

    Quiet hours that put the next step off give whoever was told so much longer.
    """
    return timings.not_before(severity, told_at + first_wait(timings.of[severity]))
