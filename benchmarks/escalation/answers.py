"""What a screen does when check-ins are answered and the answers are entered, as they would be on a ward.

Daily rows alone cannot show it: in them a check-in is always in vain. Here the first check-in of a patient
that would be answered is, its answer becomes that day's entry, and the patient is screened again from there
on, until no more are sent that would be answered. Nothing before an answer changes: no day sees a later one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.rows import DailyRows
from analytics.escalation.screening import Screened, Tier, screen
from benchmarks.escalation.tally import Calls, calls
from benchmarks.escalation.trials import Trial


def with_answers(made: Trial, screened: Screened) -> tuple[Trial, Calls]:
    """The trial with its answers entered, and what the screen does then.

    A day may have a check-in and, upon its answer, another decision.
    """
    n = made.rows.shape[0]
    numbers = {name: values.copy() for name, values in made.rows.numbers.items()}
    rows = replace(made.rows, numbers=numbers)
    tier, asked = screened.tier.copy(), np.zeros(made.rows.shape, dtype=bool)
    waiting = np.arange(n)
    while len(waiting):
        first = (tier[waiting] == Tier.CHECK_IN) & made.would_reply[waiting] & ~asked[waiting]
        there = first.any(axis=1)
        waiting, day = waiting[there], first.argmax(axis=1)[there]
        asked[waiting, day] = True
        for name, reply in (("average", made.reply_average), ("worst", made.reply_worst)):
            numbers[name][waiting, day] = reply[waiting, day]
        if len(waiting):
            tier[waiting] = screen(_part(rows, waiting), screened.settings).tier
    done = calls(replace(screened, tier=tier))
    return replace(made, rows=rows), replace(done, check_in=done.check_in | asked)


def _part(rows: DailyRows, who: NDArray[np.int64]) -> DailyRows:
    """These patients alone."""
    place = {int(old): new for new, old in enumerate(who)}
    return replace(
        rows,
        patients=tuple(rows.patients[i] for i in who),
        first_day=tuple(rows.first_day[i] for i in who),
        days=rows.days[who],
        numbers={name: values[who] for name, values in rows.numbers.items()},
        device=rows.device[who],
        treatments={(place[i], day): kinds for (i, day), kinds in rows.treatments.items() if i in place},
    )
