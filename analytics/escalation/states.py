"""What a patient's day may be part of, and how one day follows another.

The screen weighs these states against each other. Each says what it does to pain, to answers, to sleep and
to movement, in the patient's own units; a stream that is missing says nothing about any of them. How long
states last and how often they begin are round numbers from clinical experience of weeks and fortnights, not
fitted to any cohort; only `Settings.page_score` is chosen by counting pages.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class State:
    """One way in which a day may be, against the patient's usual days."""

    name: str
    shift: float = 0.0  #: of average pain [points]
    escalation: bool = False  #: somebody should be told
    silent: bool = False  #: few answers are expected
    sleepless: bool = False
    breakthrough: bool = False  #: more episodes, the average unchanged
    inactive: bool = False
    lasts_days: float = 8.0
    begins_in_days: float = float("inf")  #: from a usual day
    expected: bool = False  #: begins on the days after a planned procedure alone


FLARES = (2.0, 3.0, 4.0)
STAGES = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5)
STAGE_DAYS = 4.0

STATES: tuple[State, ...] = (
    State("usual"),
    *(State("flare", shift, True, begins_in_days=300.0) for shift in FLARES),
    State("bad nights", 0.0, sleepless=True, lasts_days=3.0, begins_in_days=150.0),
    *(State("flare with bad nights", shift, True, sleepless=True, begins_in_days=1500.0) for shift in FLARES),
    State("breakthrough rise", 0.0, True, breakthrough=True, lasts_days=10.0, begins_in_days=400.0),
    State("silent flare", 3.0, True, silent=True, begins_in_days=300.0),
    State("silence", 0.0, silent=True, lasts_days=5.0, begins_in_days=80.0),
    State("less movement", 0.0, inactive=True, lasts_days=25.0, begins_in_days=250.0),
    *(State("slow rise", shift, shift >= 1.5, lasts_days=STAGE_DAYS) for shift in STAGES),
    State("sore after a procedure", 1.25, lasts_days=3.0, expected=True),
)
USUAL = 0
SORE = len(STATES) - 1
#: Of usual days in the week after a procedure, those that turn into a sore one: a third of people by the
#: fourth day, as after radiotherapy (`streams.PROCEDURES`). How sore and for how long are choices.
TURNS_SORE = 0.1
SHIFT: NDArray[np.float32] = np.array([s.shift for s in STATES], dtype=np.float32)
RISE_BEGINS_IN_DAYS = 250.0


def named(*names: str) -> NDArray[np.bool_]:
    """Which of the states have one of these names."""
    return np.array([state.name in names for state in STATES])


ESCALATION: NDArray[np.bool_] = np.array([state.escalation for state in STATES])
#: Groups of states that `Screened.features` tells the probability of.
GROUPS = {
    "p_flare": named("flare", "flare with bad nights"),
    "p_drift": named("slow rise"),
    "p_breakthrough": named("breakthrough rise"),
    "p_silent": named("silence", "silent flare"),
    "p_silent_flare": named("silent flare"),
    "p_sleep": named("bad nights", "flare with bad nights"),
    "p_inactive": named("less movement"),
}


def transitions() -> NDArray[np.float32]:
    """(from, to) probabilities of one day to the next; rows sum to 1."""
    k = len(STATES)
    t = np.zeros((k, k))
    for i, state in enumerate(STATES):
        if i == USUAL:
            t[i] = [0.0 if s.begins_in_days == float("inf") else 1 / s.begins_in_days for s in STATES]
            t[i, _first_stage()] += 1 / RISE_BEGINS_IN_DAYS
            t[i, USUAL] = 1 - t[i].sum()
            continue
        leave = 1 / state.lasts_days
        t[i, i] = 1 - leave
        match state.name:
            case "bad nights":
                for j in np.flatnonzero(named("flare with bad nights")):
                    t[i, j] = 0.5 * leave / len(FLARES)
                t[i, USUAL] = 0.5 * leave
            case "slow rise":
                # Onwards to the next stage, rarely back; the last stage stays for weeks.
                last = state.shift == STAGES[-1]
                t[i, i] = 0.95 if last else 1 - leave
                t[i, USUAL] = 0.05 if last else 0.25 * leave
                if not last:
                    t[i, i + 1] = 0.75 * leave
            case "silent flare":
                t[i, USUAL] = 0.6 * leave
                for j in np.flatnonzero(named("flare")):
                    t[i, j] = 0.4 * leave / len(FLARES)
            case "flare":
                t[i, np.flatnonzero(named("silent flare"))] = 0.2 * leave
                t[i, USUAL] = 0.8 * leave
            case "sore after a procedure":
                # Whatever begins on a usual day begins on a sore one as well: nobody may go deaf there.
                t[i] = t[USUAL]
                t[i, i], t[i, USUAL] = (1 - leave) * t[USUAL, USUAL], leave * t[USUAL, USUAL]
            case _:
                t[i, USUAL] = leave
    return t.astype(np.float32)


def _first_stage() -> int:
    return int(np.flatnonzero(named("slow rise"))[0])
