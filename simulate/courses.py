"""Twelve ways in which things go: what pain, movement, sleep and diary do from day to day.

Days count from the day the ward was first opened, which is day 0; the 28 days before it are its past.
Sizes follow published cohorts where there are any (daily pain, dips after chemotherapy, diary answers);
none of it says anything about how well a detector works on people.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PAST_DAYS = 28

#: Tiredness on the days after an infusion, 1 at its worst; infusions are three weeks apart.
_AFTER_INFUSION = (0.3, 1.0, 1.0, 0.9, 0.6, 0.3)
_INFUSION_DAY = -10


class Course(StrEnum):
    """One patient's story."""

    STABLE = "stable"
    CHEMO_DIPS = "tired for some days after each infusion"
    FLARE = "a flare since yesterday"
    DRIFT = "worse and worse for two weeks"
    BREAKTHROUGH = "breakthrough episodes over a calm background"
    SLEEP_LED = "bad nights, then more pain"
    DROP_OUT = "stopped answering the diary"
    IN_A_DRAWER = "neither watch nor diary for a week"
    LOW_BATTERY = "steady, and the watch is nearly empty"
    DECLINE = "moves less and less, pain as ever"
    RELIEF = "better since the opioid was raised"
    NOISY = "answers all over the scale"


@dataclass(frozen=True, slots=True)
class Today:
    """What one day is about for one patient, before chance."""

    worst: float = 3.0  #: worst pain, 0 to 10
    worst_sd: float = 0.5
    background: float = 1.6  #: how far average pain lies below the worst
    episodes: float = 0.2  #: expected breakthrough episodes
    answers: float = 0.88  #: probability of a diary entry
    movement: float = 1.0  #: times the usual
    restless: float = 0.06  #: share of the night's minutes with movement
    worn: bool = True
    morphine_mg: float | None = None  #: the day's slow-release dose, where the diary tells


def today(course: Course, day: int) -> Today:
    """The day of a course; `day` 0 is the day the ward was opened."""
    # Who has something to show now has answered on the last days.
    answers = 1.0 if -2 <= day <= 0 else 0.88
    match course:
        case Course.CHEMO_DIPS:
            since = (day - _INFUSION_DAY) % 21
            tired = _AFTER_INFUSION[since] if since < len(_AFTER_INFUSION) else 0.0
            return Today(worst=3.0 + 0.7 * tired, movement=1.0 - 0.38 * tired, answers=answers)
        case Course.FLARE:
            extra = {-2: 1.0, -1: 3.6}.get(day, 5.2 if 0 <= day < 9 else 0.0)
            sd = 0.3 if extra else 0.5
            return Today(worst=3.2 + extra, worst_sd=sd, movement=1.0 - 0.08 * extra, answers=answers)
        case Course.DRIFT:
            extra = 3.2 * min(max(day + 14, 0) / 12, 1.0)
            return Today(worst=2.7 + extra, worst_sd=0.2, movement=1.0 - 0.06 * extra, answers=answers)
        case Course.BREAKTHROUGH:
            return Today(worst=5.6, worst_sd=0.3, background=3.6, episodes=2.6, answers=answers)
        case Course.SLEEP_LED:
            bad_nights, flare = -4 <= day < 7, -1 <= day < 7
            return Today(
                worst=5.7 if flare else 2.9,
                worst_sd=0.25 if flare else 0.4,
                restless=0.28 if bad_nights else 0.06,
                answers=answers,
            )
        case Course.DROP_OUT:
            return Today(answers=0.0 if day >= -6 else 0.9 - 0.5 * (day + PAST_DAYS) / PAST_DAYS)
        case Course.IN_A_DRAWER:
            away = day >= -7
            return Today(answers=0.0 if away else 0.88, worn=not away)
        case Course.LOW_BATTERY:
            return Today(worst=2.4, worst_sd=0.3, answers=answers)
        case Course.DECLINE:
            return Today(movement=1.0 - 0.5 * min(max(day + 21, 0) / 14, 1.0), answers=answers)
        case Course.RELIEF:
            raised = day >= -10
            return Today(worst=2.9 if raised else 5.9, answers=answers, morphine_mg=60.0 if raised else 30.0)
        case Course.NOISY:
            # Not on the last days, so that the ward's first page is about the others.
            if -2 <= day <= 0:
                return Today(worst=3.2, worst_sd=0.4, answers=answers)
            return Today(worst=3.8, worst_sd=1.9, answers=answers)
        case Course.STABLE:
            return Today(answers=answers)
