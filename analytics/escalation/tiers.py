"""From odds to tiers: who is told of a day, and what for.

Days are walked through once; what was paged before decides what a day adds. A page belongs to an episode: the
same episode is not paged again before it is over, goes on for weeks, or steps up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.rows import DailyRows, Floats
from analytics.escalation.settings import Settings

Days = NDArray[np.bool_]
KNOWN_SHARE, KNOWN_ANSWERS = (
    0.5,
    7,
)  #: of the answers of `known_level_days`: the floor is this patient's usual


_NEVER = -10_000  #: days before the first one


class Tier(IntEnum):
    """Whom a decision reaches. NONE is a quiet day."""

    NONE = 0
    PAGE = 1  #: a clinician is told now
    REVIEW = 2  #: the worklist, nobody is woken
    CHECK_IN = 3  #: the patient is asked again, no clinician
    TECHNICAL = 4  #: device or data trouble, and days on which nothing can be judged


class Cause(IntEnum):
    """What a decision is about."""

    NOTHING = 0
    FLOOR = 1  #: the day's report is at the clinical floor
    LIKELY = 2  #: an escalation is likelier than the threshold asks
    SILENCE = 3  #: nobody answers, against the own habit
    KNOWN_LEVEL = 4  #: at the floor, as paged before or as a clinician has accepted
    LESS_MOVEMENT = 5
    BAD_NIGHTS = 6
    NOT_WORN = 7
    NO_DATA = 8  #: nothing can be judged
    NO_ANSWER = 9  #: movement alone cannot judge pain


@dataclass(frozen=True)
class Judged:
    """What the tiers are decided from, all (n, d). Scores are log10 of odds."""

    floor: Days
    answered: Days
    seen: Days  #: any data of that day
    score: Floats  #: of an escalation
    silence: Floats  #: of a silence with pain behind it
    inactive: Floats  #: probability of lasting less movement
    sleepless: Floats  #: probability of nights that are worse than usual


@dataclass(frozen=True)
class Tiers:
    """(n, d) each."""

    tier: NDArray[np.int8]
    cause: NDArray[np.int8]


@dataclass
class Told:
    """What has been told of n patients after some days, and when: all that later days need to know of it."""

    patients: int
    paged: NDArray[np.int64] = field(init=False)  #: the last day of each, as for the next two
    floor_paged: NDArray[np.int64] = field(init=False)
    reviewed: NDArray[np.int64] = field(init=False)
    average: Floats = field(init=False)  #: highest that was paged at the floor
    worst: Floats = field(init=False)
    paged_average: Floats = field(init=False)  #: highest on the days of pages of this cool-down
    paged_worst: Floats = field(init=False)
    over: NDArray[np.bool_] = field(init=False)  #: the episode that was paged
    in_vain: NDArray[np.int64] = field(init=False)  #: check-ins since the last answer
    days: int = 0  #: that have been walked through

    def __post_init__(self) -> None:
        n = self.patients
        self.paged, self.floor_paged, self.reviewed = (np.full(n, _NEVER) for _ in range(3))
        self.average, self.worst, self.paged_average, self.paged_worst = (np.zeros(n) for _ in range(4))
        self.over, self.in_vain = np.ones(n, dtype=bool), np.zeros(n, dtype=np.int64)


def decide(rows: DailyRows, judged: Judged, by: Settings, told: Told, until: int) -> Tiers:
    """The tiers of the days from `told.days` to `until` - 1; day k looks at days 0..k only.

    `told` is then what has been told after them. In pieces or at once is the same.
    """
    first = told.days
    average, worst = np.nan_to_num(rows.of("average")), np.nan_to_num(rows.of("worst"))
    level = np.maximum(average, worst)  # of what was answered: either may be missing
    accepted = np.nan_to_num(rows.of("accepted_level"), nan=-1.0)
    tier, cause = (np.zeros((told.patients, until - first), np.int8) for _ in range(2))
    window = by.known_level_days
    floors, answers = _lately(judged.floor, window), _lately(judged.answered, window)
    so_far = np.cumsum(judged.answered, axis=1)
    unworn = _unworn(rows, by.judge_days)
    blind = _lately(judged.seen, by.judge_days) == 0
    unsaid = _lately(judged.answered, by.stale_after_days + 1) == 0
    for day in range(first, until):
        said = judged.answered[:, day]
        told.in_vain[said] = 0
        told.over |= (judged.score[:, day] < min(by.rearm_score, by.page_score)) | (
            day - told.paged >= by.episode_days
        )
        cool = day - told.paged >= by.cool_down_days

        known = (day - told.floor_paged < window) | (
            (told.floor_paged > _NEVER)
            & (answers[:, day] >= KNOWN_ANSWERS)
            & (floors[:, day] >= KNOWN_SHARE * answers[:, day])
        )
        step_up = (average[:, day] >= told.average + by.step_up_points) | (
            worst[:, day] >= told.worst + by.step_up_points
        )
        at_floor = judged.floor[:, day]
        expected = level[:, day] <= accepted[:, day]
        # The floor is not kept waiting by a cool-down when it is clearly more than what was paged.
        worse = (average[:, day] >= told.paged_average + by.step_up_points) | (
            worst[:, day] >= told.paged_worst + by.step_up_points
        )
        by_floor = at_floor & (cool | worse) & (~known | step_up) & ~expected
        by_score = (judged.score[:, day] >= by.page_score) & cool & told.over & ~(at_floor & expected)
        page = by_floor | by_score

        likely = judged.silence[:, day] >= by.check_in_score
        ask = ~page & ~said & likely & cool & (told.in_vain < by.most_check_ins)
        unheard = ask & (told.in_vain == by.unanswered_check_ins)

        rest = (day - told.reviewed >= by.review_every_days) & ~page
        less = rest & (judged.inactive[:, day] >= by.review_probability)
        nights = rest & (judged.sleepless[:, day] >= by.review_probability)

        for which, whom, why in (
            (unsaid[:, day], Tier.TECHNICAL, Cause.NO_ANSWER),
            (unworn[:, day], Tier.TECHNICAL, Cause.NOT_WORN),
            ((so_far[:, day] < by.least_answers) | blind[:, day], Tier.TECHNICAL, Cause.NO_DATA),
            (nights, Tier.REVIEW, Cause.BAD_NIGHTS),
            (less, Tier.REVIEW, Cause.LESS_MOVEMENT),
            (at_floor, Tier.REVIEW, Cause.KNOWN_LEVEL),
            (ask, Tier.CHECK_IN, Cause.SILENCE),
            (unheard, Tier.REVIEW, Cause.SILENCE),
            (by_score, Tier.PAGE, Cause.LIKELY),
            (by_floor, Tier.PAGE, Cause.FLOOR),
        ):
            tier[which, day - first], cause[which, day - first] = whom, why

        # What is told anew replaces what was known of a level that has been forgotten.
        severe = page & at_floor
        fresh = severe & (day - told.floor_paged >= window)
        told.average[fresh], told.worst[fresh] = 0.0, 0.0
        told.average[severe] = np.maximum(told.average, average[:, day])[severe]
        told.worst[severe] = np.maximum(told.worst, worst[:, day])[severe]
        told.floor_paged[severe] = day
        anew = page & cool
        told.paged_average[anew], told.paged_worst[anew] = 0.0, 0.0
        told.paged_average[page] = np.maximum(told.paged_average, average[:, day])[page]
        told.paged_worst[page] = np.maximum(told.paged_worst, worst[:, day])[page]
        told.paged[page], told.over[page] = day, False
        told.in_vain[ask] += 1
        told.reviewed[(less | nights) & ~ask & ~at_floor] = day
    told.days = until
    gone = np.arange(first, until) >= rows.days[:, None]
    tier[gone], cause[gone] = Tier.NONE, Cause.NOTHING
    return Tiers(tier, cause)


def _lately(there: Days, days: int) -> NDArray[np.int64]:
    """(n, d) on how many of the last `days` days, with the day itself."""
    total = np.cumsum(there, axis=1, dtype=np.int64)
    out = total.copy()
    out[:, days:] -= total[:, :-days]
    return out


def _unworn(rows: DailyRows, days: int) -> Days:
    """The day on which a device that had been worn is not worn for `days` days; once a stretch."""
    worn = rows.of("wear_fraction")
    on = worn > 0.05
    off = _lately(on, days) == 0
    first = off.copy()
    first[:, 1:] &= ~off[:, :-1]
    once: Days = first & (np.cumsum(on, axis=1) > 0)
    return once
