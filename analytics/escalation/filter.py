"""How likely each state is on each day, given the rows up to that day.

A hidden Markov filter over (manner, usual level of pain, state). Pain is a daily number around the usual
level plus the shift of the state. How far a patient's days scatter and how much a departure is carried to the
next day (the manner), and the usual level, are unknown and kept as a distribution: a first week with few
answers says little instead of something wrong, and days in a row that resemble each other are not counted as
so many witnesses. Every other stream multiplies in how likely what it saw is in each state; one that is
missing multiplies by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import gamma
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.rows import DailyRows, Floats
from analytics.escalation.states import ESCALATION, SHIFT, SORE, STATES, TURNS_SORE, USUAL, transitions
from analytics.escalation.streams import Learned, Streams

LEVELS = np.arange(0.0, 10.01, 0.5, dtype=np.float32)
#: The manners: scatter of a day about what the day before lets expect [points], and the part of a departure
#: that is carried on. Within people daily pain has a standard deviation of 0.4 to 1.8 and a lag-1
#: autocorrelation of 0.3 to 0.7 (Schneider et al., Psychol Assess 24:817-827, 2012: lasting differences).
SCATTER = np.array([0.5, 0.6, 0.9, 1.0, 1.5, 2.2], dtype=np.float32)
CARRIED = np.array([0.7, 0.3, 0.7, 0.3, 0.5, 0.4], dtype=np.float32)
COMMON = np.array([0.15, 0.2, 0.2, 0.25, 0.15, 0.05], dtype=np.float32)
TAIL = 4  #: a far answer is as rare as in Student's t with 2 TAIL - 1 degrees of freedom
ANYTHING = 0.01  #: share of answers that are anything from 0 to 10: slips, somebody else's thumb
ROUNDING = 1 / 12  #: variance of a whole number about what it stands for
FIRST_LEVEL, FIRST_SPREAD = 3.0, 2.0  #: of the usual level among people, before any answer
WANDERS_EVERY = 4  #: days: what moves slowly need not be moved daily
LEVEL_WANDERS = 0.01 * WANDERS_EVERY  #: probability that the usual level moves by half a point, each way
NEW_LEVEL = WANDERS_EVERY / 60  #: probability that an escalation has become what is usual
AT_ONCE = 96  #: patients: the arrays of one step stay in the cache

Probabilities = NDArray[np.float32]

#: What a decision may be traced to: `Filtered.spoke` has one column for each.
WITNESSES = ("pain", *Streams.WITNESSES)


@dataclass(frozen=True)
class Filtered:
    """All (n, d); NaN nowhere: where nothing was seen, what was known before goes on."""

    states: Probabilities  #: (n, d, states)
    level: Floats  #: expected usual average pain
    spread: Floats  #: expected scatter of a day
    spoke: Probabilities  #: (n, d, witnesses) log10 of how much each stream moved the odds that day
    usual: dict[str, Floats]  #: what was usual in each other stream, as known at the end of that day


@dataclass
class Belief:
    """What is believed of n patients after some days: all that later days need to know of them."""

    p: Probabilities  #: (states, n, manners, levels)
    before: NDArray[np.float32]  #: (n,) pain of the last day, NaN where unknown
    learned: Learned
    days: int = 0  #: that have been walked through

    @classmethod
    def at_first(cls, n: int) -> Belief:
        """Before the first day."""
        return cls(_before_any_answer(n), np.full(n, np.nan, dtype=np.float32), Learned.nothing(n))


def filter_states(rows: DailyRows) -> Filtered:
    """Walk through the days once; day k sees rows 0..k."""
    n, d = rows.shape
    # Of no patients there is one part, too: it has the shapes and no rows.
    parts = [rows.part(start, min(start + AT_ONCE, n)) for start in range(0, max(n, 1), AT_ONCE)]
    walked = [walk(Streams(part), Belief.at_first(part.shape[0]), d) for part in parts]
    return combined(walked, np.concatenate)


def combined(parts: Sequence[Filtered], how: Callable[[Sequence[NDArray[Any]]], NDArray[Any]]) -> Filtered:
    """One made of several, each array by `how` of the arrays of that name."""
    return Filtered(
        how([part.states for part in parts]),
        how([part.level for part in parts]),
        how([part.spread for part in parts]),
        how([part.spoke for part in parts]),
        {name: how([part.usual[name] for part in parts]) for name in parts[0].usual},
    )


def walk(streams: Streams, belief: Belief, until: int) -> Filtered:
    """The days from `belief.days` to `until` - 1; `belief` is then what is believed after them.

    In pieces or at once is the same to the last bit. The belief of one day is (states, patients, manners,
    levels): sums over states are products of matrices, and everything else runs along levels.
    """
    n, first = len(belief.before), belief.days
    d = until - first
    manners_by_levels = len(SCATTER) * len(LEVELS)
    k, cells = len(STATES), n * manners_by_levels
    step = transitions()
    # Yesterday to today, and the shift of yesterday weighted with it, in one product.
    steps = np.concatenate([step.T, (SHIFT[:, None] * step).T])
    states = np.empty((n, d, k), dtype=np.float32)
    spoke = np.zeros((n, d, len(WITNESSES)), dtype=np.float32)
    level, spread = np.empty((n, d)), np.empty((n, d))
    learned = belief.learned
    usual = {name: np.empty((n, d)) for name in learned.usual()}
    p, before = belief.p, belief.before
    for at in range(d):
        day = first + at
        both = steps @ p.reshape(k, cells)
        p = both[:k].reshape(p.shape)
        came = both[k:].reshape(p.shape)
        _after_procedures(p, came, streams.procedure[:, day])
        p += np.float32(1e-30)
        if day % WANDERS_EVERY == 0:
            p = _wander(p)
        expected = p.reshape(k, n, manners_by_levels).sum(axis=2).T
        seen = streams.pain[:, day].astype(np.float32)
        if not np.isnan(seen).all():
            came /= p
            p *= _of_pain(seen, before, came, streams.expected_scatter[:, day])
        now = p.reshape(k, n, manners_by_levels).sum(axis=2).T
        spoke[:, at, 0] = _log_odds(now) - _log_odds(expected)
        now /= now.sum(axis=1, keepdims=True)
        weight = np.ones((n, k))
        for j, factor in enumerate(learned.likelihoods(streams, day)):
            spoke[:, at, j + 1] = _log_odds(now * factor) - _log_odds(now)
            weight *= factor
        now = now * weight
        total = now.sum(axis=1, keepdims=True)
        states[:, at] = now / total
        weight /= total * p.sum(axis=(0, 2, 3))[:, None]
        p *= weight.T.astype(np.float32)[:, :, None, None]
        # Sums, no products of BLAS: these round by how many patients stand beside one another.
        manners_levels = p.sum(axis=0)
        level[:, at] = (manners_levels.sum(axis=1) * LEVELS).sum(axis=1)
        spread[:, at] = (manners_levels.sum(axis=2) * SCATTER).sum(axis=1)
        learned.learn(streams, day, states[:, at].astype(float))
        for name, values in learned.usual().items():
            usual[name][:, at] = values
        before = seen
    belief.p, belief.before, belief.days = p, before, until
    return Filtered(states, level, spread, spoke, usual)


def _before_any_answer(n: int) -> Probabilities:
    people = np.exp(-0.5 * ((LEVELS - FIRST_LEVEL) / FIRST_SPREAD) ** 2)
    p = np.zeros((len(STATES), n, len(SCATTER), len(LEVELS)), dtype=np.float32)
    p[USUAL] = COMMON[:, None] * people / people.sum()
    return p


def _of_pain(
    seen: NDArray[np.float32], before: NDArray[np.float32], came: Probabilities, expected: Floats
) -> Probabilities:
    """(states, n, manners, levels) likelihood of an answer; 1 where there is none.

    Writes over `came`, the shift of the day before.
    """
    alone = np.isnan(before)  # nothing from the day before: the scatter is that of days on their own
    carried = np.where(alone[:, None], np.float32(0), CARRIED)[:, :, None]
    own = SCATTER**2 * np.where(alone[:, None], 1 / (1 - CARRIED**2), 1.0)
    var = (own + expected[:, None] ** 2 + ROUNDING).astype(np.float32)
    freedom = 2 * TAIL - 1
    scale = (1 / np.sqrt(freedom * var)).astype(np.float32)[:, :, None]
    yesterday = np.where(alone, np.float32(0), before)[:, None, None] - LEVELS
    rest = (seen[:, None, None] - LEVELS - carried * yesterday) * scale
    gap = came
    gap *= carried * scale
    gap += rest
    gap -= SHIFT[:, None, None, None] * scale
    gap *= gap
    gap += 1
    gap *= gap
    gap *= gap  # to the power TAIL
    height = (1 - ANYTHING) * gamma(TAIL) / gamma(freedom / 2) / np.sqrt(np.pi) * scale
    like: Probabilities = np.divide(height.astype(np.float32), gap, out=gap)
    like += np.float32(ANYTHING / 11)
    like[:, np.isnan(seen)] = 1
    return like


def _after_procedures(p: Probabilities, came: Probabilities, who: NDArray[np.bool_]) -> None:
    """A usual day may turn into a sore one in the week after a procedure; when it is over nobody is sore as
    expected any more. Changes both arrays."""
    for values in (p, came):
        sore = np.float32(TURNS_SORE) * values[USUAL]
        np.copyto(sore, -values[SORE], where=~who[:, None, None])
        values[USUAL] -= sore
        values[SORE] += sore


def _wander(p: Probabilities) -> Probabilities:
    """The usual level moves a little; an escalation that stays becomes the usual level."""
    moved = p * np.float32(1 - 2 * LEVEL_WANDERS)
    a_little = p * np.float32(LEVEL_WANDERS)
    moved[..., 1:] += a_little[..., :-1]
    moved[..., :-1] += a_little[..., 1:]
    moved[..., 0] += a_little[..., 0]
    moved[..., -1] += a_little[..., -1]
    for j, state in enumerate(STATES):
        if state.escalation and state.shift and not state.silent:
            up = round(state.shift / 0.5)
            part = np.float32(NEW_LEVEL) * moved[j, ..., :-up]
            moved[j, ..., :-up] -= part
            moved[USUAL, ..., up:] += part
    return moved


def _log_odds(weights: NDArray[np.floating]) -> NDArray[np.floating]:
    """log10 of the odds of an escalation among (n, states) weights that need not sum to 1."""
    told = np.where(ESCALATION, weights, 0).sum(axis=1)
    rest = np.where(ESCALATION, 0, weights).sum(axis=1)
    odds: NDArray[np.floating] = np.log10(np.maximum(told, 1e-30) / np.maximum(rest, 1e-30))
    return odds
