"""From odds to tiers: who is told of a day, and what for.

Days are walked through once; what was paged before decides what a day adds. A page belongs to an episode: the
same episode is not paged again before it is over, goes on for weeks, or steps up.
"""

from __future__ import annotations

from dataclasses import dataclass
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


def decide(rows: DailyRows, judged: Judged, by: Settings) -> Tiers:
    """The tier of every day; day k looks at days 0..k only."""
    n, d = rows.shape
    average, worst = np.nan_to_num(rows.of("average")), np.nan_to_num(rows.of("worst"))
    level = np.maximum(average, worst)  # of what was answered: either may be missing
    accepted = np.nan_to_num(rows.of("accepted_level"), nan=-1.0)
    tier, cause = np.zeros((n, d), np.int8), np.zeros((n, d), np.int8)
    never = -10_000
    paged, floor_paged, reviewed = (np.full(n, never) for _ in range(3))
    told_average, told_worst = np.zeros(n), np.zeros(n)
    paged_average, paged_worst = np.zeros(n), np.zeros(n)  # highest on the days of pages of this cool-down
    over, in_vain = np.ones(n, dtype=bool), np.zeros(n, dtype=np.int64)
    window = by.known_level_days
    floors, answers = _lately(judged.floor, window), _lately(judged.answered, window)
    so_far = np.cumsum(judged.answered, axis=1)
    unworn = _unworn(rows, by.judge_days)
    blind = _lately(judged.seen, by.judge_days) == 0
    for day in range(d):
        said = judged.answered[:, day]
        in_vain[said] = 0
        over |= (judged.score[:, day] < min(by.rearm_score, by.page_score)) | (day - paged >= by.episode_days)
        cool = day - paged >= by.cool_down_days

        known = (day - floor_paged < window) | (
            (floor_paged > never)
            & (answers[:, day] >= KNOWN_ANSWERS)
            & (floors[:, day] >= KNOWN_SHARE * answers[:, day])
        )
        step_up = (average[:, day] >= told_average + by.step_up_points) | (
            worst[:, day] >= told_worst + by.step_up_points
        )
        at_floor = judged.floor[:, day]
        expected = level[:, day] <= accepted[:, day]
        # The floor is not kept waiting by a cool-down when it is clearly more than what was paged.
        worse = (average[:, day] >= paged_average + by.step_up_points) | (
            worst[:, day] >= paged_worst + by.step_up_points
        )
        by_floor = at_floor & (cool | worse) & (~known | step_up) & ~expected
        by_score = (judged.score[:, day] >= by.page_score) & cool & over & ~(at_floor & expected)
        page = by_floor | by_score

        likely = judged.silence[:, day] >= by.check_in_score
        ask = ~page & ~said & likely & cool & (in_vain < by.most_check_ins)
        unheard = ask & (in_vain == by.unanswered_check_ins)

        rest = (day - reviewed >= by.review_every_days) & ~page
        less = rest & (judged.inactive[:, day] >= by.review_probability)
        nights = rest & (judged.sleepless[:, day] >= by.review_probability)

        for which, whom, why in (
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
            tier[which, day], cause[which, day] = whom, why

        # What is told anew replaces what was known of a level that has been forgotten.
        told = page & at_floor
        fresh = told & (day - floor_paged >= window)
        told_average[fresh], told_worst[fresh] = 0.0, 0.0
        told_average[told] = np.maximum(told_average, average[:, day])[told]
        told_worst[told] = np.maximum(told_worst, worst[:, day])[told]
        floor_paged[told] = day
        anew = page & cool
        paged_average[anew], paged_worst[anew] = 0.0, 0.0
        paged_average[page] = np.maximum(paged_average, average[:, day])[page]
        paged_worst[page] = np.maximum(paged_worst, worst[:, day])[page]
        paged[page], over[page] = day, False
        in_vain[ask] += 1
        reviewed[(less | nights) & ~ask & ~at_floor] = day
    gone = np.arange(d) >= rows.days[:, None]
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
