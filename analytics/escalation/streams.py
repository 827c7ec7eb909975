"""The streams of a day beside the pain score, and how likely what each saw is in each state.

Each is held against the patient's own usual, learned day by day. Where something else is known to move it (a
journey, the days after systemic therapy or a planned procedure, a new device, a watch that was not worn) it
says nothing, or begins anew. Effects are in the patient's own spreads and deliberately round.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.rows import DailyRows, Floats
from analytics.escalation.states import STATES
from analytics.escalation.usual import Counted, Habit, Usual

ANSWERS = ("average", "worst", "breakthrough", "rescue_doses")  #: what the diary tells of a day
#: After these a week of tiredness, poor nights and some more pain is expected.
SYSTEMIC = ("chemo", "chemotherapy", "immunotherapy", "targeted_therapy", "systemic_therapy")
AFTER_THERAPY_DAYS = 7
EXPECTED_SCATTER = 0.6  #: of pain on these days, on top of the own [points]
#: Planned procedures: for a week more pain, worse nights and less movement are expected. After palliative
#: radiotherapy a third of people have a pain flare within ten days (Chow et al., Lancet Oncol 16:1463-1472,
#: 2015: 35 % with placebo), most in the first five. That all others hurt for a week at most is a choice.
PROCEDURES = (
    *("radiotherapy", "brachytherapy", "nerve_block", "neurolysis", "neuromodulation", "intrathecal"),
    *("surgery", "biopsy", "ablation", "embolisation", "vertebroplasty", "kyphoplasty", "paracentesis"),
    *("thoracentesis", "drainage", "stent", "procedure"),
)
AFTER_PROCEDURE_DAYS = 8  #: the day itself and a week
#: The same again within so many days belongs to the same course (weekends lie between fractions) and makes no
#: week of its own: over three weeks of fractions nobody is to go deaf.
SAME_COURSE_DAYS = 7
TRAVEL_MIN = 90.0  #: a change of offset that is more than a change of the clocks
AFTER_TRAVEL_DAYS = 6
WORN_ENOUGH = 0.5  #: share of the day without which movement and sleep of it are not used
MORE_EPISODES = 3.0  #: a day, in a rise of breakthrough pain
LESS = 1.2  #: own spreads of movement, in a lasting decline
#: Pain keeps some people in bed and makes others restless (clinical facts: the sign is not fixed), so it is a
#: change that speaks, rather less movement than more. Own spreads, and the share of people who move less.
OTHERWISE, MOVE_LESS = 0.5, 0.65
ONE_NIGHT = 0.8  #: weight of a day: neighbouring days are not independent

_SILENT = np.array([state.silent for state in STATES])
_SLEEPLESS = np.array([state.sleepless for state in STATES])
_INACTIVE = np.array([state.inactive for state in STATES])
_EPISODES = np.array([state.breakthrough for state in STATES])
_PAINFUL = np.array([state.shift >= 2 for state in STATES])
_PAIN_ALONE = _PAINFUL & ~_SLEEPLESS


class Streams:
    """The rows of n patients as the filter asks for them."""

    WITNESSES = ("answers", "episodes", "peaks", "movement", "sleep")

    def __init__(self, rows: DailyRows) -> None:
        d = rows.shape[1]
        average, worst = rows.of("average"), rows.of("worst")
        count = rows.of("breakthrough")
        self.episodes = np.where(np.isnan(count), rows.of("rescue_doses"), count)
        self.answered = answered_days(rows)
        self.there = np.arange(d) < rows.days[:, None]
        #: (n, d) in the week after a planned procedure
        self.procedure = _within(_begun(rows, PROCEDURES, SAME_COURSE_DAYS), AFTER_PROCEDURE_DAYS)
        peaks = worst - average
        #: (n, d) worst above average pain; after a procedure it hurts to move, and that says nothing
        self.peaks = np.where(self.procedure, np.nan, peaks)
        #: (n, d) average pain; `worst` less what usually lies between them where only that is told.
        self.pain = np.where(np.isnan(average), worst - _usual_peak(peaks), average)
        therapy = _within(rows.given(*SYSTEMIC), AFTER_THERAPY_DAYS)
        self.expected_scatter = np.where(therapy, EXPECTED_SCATTER, 0.0)
        away = _within(_jumps(rows.of("utc_offset_min")), AFTER_TRAVEL_DAYS)
        worn = rows.of("wear_fraction")
        told_nothing = therapy | self.procedure | away | (worn < WORN_ENOUGH)
        moved = rows.of("steps")
        moved = np.where(np.isnan(moved), rows.of("activity"), moved)
        worn = np.where(np.isnan(worn), 1.0, np.maximum(worn, WORN_ENOUGH))
        self.movement = np.where(told_nothing | (moved <= 0), np.nan, np.log(np.maximum(moved, 1e-3) / worn))
        restless = np.log(np.maximum(100 - rows.of("io"), 0.05))
        self.nights = (
            np.where(told_nothing, np.nan, rows.of("sleep_efficiency")),
            np.where(told_nothing, np.nan, restless),
            np.where(told_nothing, np.nan, rows.of("ra")),
        )
        self.swapped = _swapped(rows.device)


@dataclass
class Learned:
    """What is usual for each of n patients, as far as the days so far tell."""

    habit: Habit
    count: Counted
    peak: Usual
    move: Usual
    night: tuple[Usual, Usual, Usual]

    @classmethod
    def nothing(cls, n: int) -> Learned:
        """Before the first day."""
        return cls(
            Habit(n), Counted(n), Usual(n, 1.0), Usual(n, 0.5), (Usual(n, 6.0), Usual(n, 0.5), Usual(n, 0.08))
        )

    def usual(self) -> dict[str, Floats]:
        """(n,) what is usual now, NaN where it is not known yet."""
        return {
            "peak": self.peak.known(),
            "episodes": self.count.mean(),
            "answers": self.habit.share(),
            "log_movement": self.move.known(),
            "sleep_efficiency": self.night[0].known(),
        }

    def likelihoods(self, seen: Streams, day: int) -> Iterator[Floats]:
        """For each of `Streams.WITNESSES` (n, states): how likely what it saw, against a usual day."""
        silence = self.habit.silence(seen.answered[:, day], seen.there[:, day])
        yield np.exp(silence[:, None] * _SILENT)
        more = self.count.more(seen.episodes[:, day], MORE_EPISODES)
        yield np.exp(more[:, None] * _EPISODES)
        yield np.exp(_shifted(self.peak, seen.peaks[:, day], (_EPISODES, 1.0)))
        yield np.exp(
            _shifted(self.move, seen.movement[:, day], (_INACTIVE, -LESS))
            + _either_way(self.move, seen.movement[:, day], _PAINFUL, OTHERWISE)
        )
        efficiency, restless, rhythm = (
            _shifted(usual, values[:, day], (_SLEEPLESS, by), (_PAIN_ALONE, slightly))
            for usual, values, by, slightly in zip(
                self.night, seen.nights, (-1.2, 1.5, -0.5), (-0.3, 0.4, -0.1), strict=True
            )
        )
        yield np.exp(efficiency + restless + rhythm)

    def learn(self, seen: Streams, day: int, states: Floats) -> None:
        """Take the day in, each stream as far as the day was a usual one for it; (n, states)."""

        def usual_but_for(which: NDArray[np.bool_]) -> Floats:
            share: Floats = np.clip(1 - states[:, which].sum(axis=1), 0.05, 1.0)
            return share

        self.habit.learn(seen.answered[:, day], usual_but_for(_SILENT), seen.there[:, day])
        self.count.learn(seen.episodes[:, day], usual_but_for(_EPISODES))
        self.peak.learn(seen.peaks[:, day], usual_but_for(_EPISODES))
        self.move.forget(seen.swapped[:, day])
        self.move.learn(seen.movement[:, day], usual_but_for(_INACTIVE))
        for usual, values in zip(self.night, seen.nights, strict=True):
            usual.learn(values[:, day], usual_but_for(_SLEEPLESS))


def answered_days(rows: DailyRows) -> NDArray[np.bool_]:
    """(n, d) the patient told something of that day: pain, episodes or rescue doses."""
    told = np.zeros(rows.shape, dtype=bool)
    for name in ANSWERS:
        told |= ~np.isnan(rows.of(name))
    return told


def _shifted(usual: Usual, value: Floats, *effects: tuple[NDArray[np.bool_], float]) -> Floats:
    """(n, states) log likelihood of a day when it is moved by so many own spreads, against a usual day."""
    z, trust = usual.departure(value)
    log = np.zeros((len(z), len(STATES)))
    for which, by in effects:
        log += (ONE_NIGHT * trust * (by * z - 0.5 * by * by))[:, None] * which
    return log


def _either_way(usual: Usual, value: Floats, which: NDArray[np.bool_], by: float) -> Floats:
    """The same for a move by so many own spreads, down in `MOVE_LESS` of people and up in the others."""
    z, trust = usual.departure(value)
    log = np.logaddexp(np.log(MOVE_LESS) - by * z, np.log(1 - MOVE_LESS) + by * z) - 0.5 * by * by
    either: Floats = (ONE_NIGHT * trust * log)[:, None] * which
    return either


def _usual_peak(peaks: Floats) -> Floats:
    """(n, d) the mean of worst less average on the days before, 1.5 where there are none."""
    known = ~np.isnan(peaks)
    total = np.cumsum(np.where(known, peaks, 0.0), axis=1) - np.where(known, peaks, 0.0)
    days = np.cumsum(known, axis=1) - known
    mean: Floats = (total + 3.0) / (days + 2.0)
    return mean


def _within(there: NDArray[np.bool_], days: int) -> NDArray[np.bool_]:
    """(n, d) on that day or fewer than `days` days before."""
    out = there.copy()
    for back in range(1, min(days, there.shape[1])):
        out[:, back:] |= there[:, :-back]
    return out


def _begun(rows: DailyRows, kinds: tuple[str, ...], apart: int) -> NDArray[np.bool_]:
    """(n, d) one of these was given that day, and the same not on the `apart` days before."""
    begun = np.zeros(rows.shape, dtype=bool)
    if not rows.treatments:
        return begun
    for kind in set().union(*rows.treatments.values()).intersection(kinds):
        given = rows.given(kind)
        again = np.zeros_like(given)
        again[:, 1:] = _within(given, apart)[:, :-1]
        begun |= given & ~again
    return begun


def _jumps(offset: Floats) -> NDArray[np.bool_]:
    """(n, d) the days on which the clock of the place is another one than last known."""
    there, last = _last_known(~np.isnan(offset))
    jumped: NDArray[np.bool_] = there & (np.abs(offset - np.take_along_axis(offset, last, 1)) >= TRAVEL_MIN)
    return jumped


def _swapped(device: NDArray[np.int32]) -> NDArray[np.bool_]:
    """(n, d) the first day of another device than the one last known."""
    there, last = _last_known(device >= 0)
    swapped: NDArray[np.bool_] = there & (device >= 0) & (device != np.take_along_axis(device, last, 1))
    return swapped


def _last_known(known: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """(n, d) whether a day before is known, and the place of the last one, 0 where none is."""
    places = np.where(known, np.arange(known.shape[1]), -1)
    last = np.full(known.shape, -1)
    last[:, 1:] = np.maximum.accumulate(places, axis=1)[:, :-1]
    return last >= 0, np.maximum(last, 0)
