"""What the risk of the coming days is computed from: daily rows against the patient's own past.

Every feature of day k rests on rows up to day k alone. The usual level of a patient is the median of the
five weeks that ended a week ago (of what is there three days ago while it is new), so that an episode of a
week does not become its own yardstick. NaN where a feature cannot be told: it then adds nothing to the risk.

Left out on purpose is what would tell a model fitted to simulated cohorts in which story it is: how long
a patient has been observed, the usual level of pain, and treatments that the simulator gives mostly in one
story.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analytics.escalation.rows import DailyRows, Floats
from analytics.escalation.windows import (
    carried,
    days_since,
    last_of,
    leaky_mean,
    raised_sum,
    trailing_count,
    trailing_max,
    trailing_mean,
    trailing_median,
)

LAG_DAYS, USUAL_DAYS, LEAST_USUAL = 7, 35, 5
EARLY_LAG_DAYS, EARLY_DAYS, LEAST_EARLY = 3, 14, 3
FIRST_DAYS = 21  #: the level a patient came with: what a slow drift is held against
#: One point of a rating, half a unit of a logarithm: a spread that few days cannot be trusted to undercut.
PAIN_SPREAD, LOG_SPREAD = 1.0, 0.5
_FEWEST_WEAR = 0.3
_MOST_DAYS = 14  #: of these days the most that streams departed at once


def row_features(rows: DailyRows, last: int | None = None) -> dict[str, Floats]:
    """Each feature by name, (n, d); with `last`, of that many last days alone, (n, last).

    Those are to the last bit what they are among all days, at a tenth of the cost for one patient: only what
    sums over a whole life (how long pain has been raised) is computed for all days.
    """
    found: dict[str, Floats] = {}
    seen = None if last is None else last + _MOST_DAYS - 1
    pain = [_Pain(rows.of(name)) for name in ("average", "worst")]
    for name, one in zip(("average", "worst"), pain, strict=True):
        found |= one.features(name, seen)
    for name in ("breakthrough", "rescue_doses"):
        found |= _counted(name, rows.of(name), seen)
    wear = rows.of("wear_fraction")
    worn_hours = np.where(np.isnan(wear), 1.0, np.where(wear >= _FEWEST_WEAR, wear, np.nan))
    with np.errstate(divide="ignore", invalid="ignore"):
        streams = {
            "steps": np.log1p(rows.of("steps") / worn_hours),
            "activity": np.log1p(rows.of("activity")),
            "sleep_efficiency": rows.of("sleep_efficiency") / 10,
            "io": np.log(np.clip(100 - rows.of("io"), 0.1, None)),
            "ra": np.log(np.clip(1 - rows.of("ra"), 0.005, None)),
        }
    found |= _departed(streams, seen)
    found |= _silence(rows, found, seen)
    found |= _treated(rows)
    found |= _together(found)
    found |= _lasting(pain, rows.of("breakthrough"))
    return {name: last_of(values, last) for name, values in found.items()}


def _usual(x: Floats, spread: float, last: int | None = None) -> tuple[Floats, Floats]:
    """(usual level, spread about it); the spread is held up by `spread` as if five days had had it."""
    level, away = trailing_median(x, USUAL_DAYS, LAG_DAYS, least=LEAST_USUAL, last=last)
    new = np.isnan(level)
    early, early_away = _early(x, new, last)
    known = trailing_count(~np.isnan(x), USUAL_DAYS, LAG_DAYS, last=last)
    robust = 1.4826 * np.where(new, early_away, away)  # to a standard deviation, if the days were normal
    held = np.sqrt((5 * spread**2 + known * robust**2) / (5 + known))
    return np.where(new, early, level), np.asarray(held)


def _early(x: Floats, new: NDArray[np.bool_], last: int | None) -> tuple[Floats, Floats]:
    """The same of the first weeks, NaN from the last of the days on that are `new`: there nobody asks."""
    days = np.flatnonzero(new.any(axis=0))
    until = int(days[-1]) + 1 if len(days) else 0
    early, away = (np.full(new.shape, np.nan) for _ in range(2))
    if until:
        known = x[:, : x.shape[1] - new.shape[1] + until]
        early[:, :until], away[:, :until] = trailing_median(
            known, EARLY_DAYS, EARLY_LAG_DAYS, least=LEAST_EARLY, last=None if last is None else until
        )
    return early, away


def _first_level(x: Floats) -> Floats:
    """Median of the first three weeks, from their end on."""
    first = np.full(x.shape, np.nan)
    if x.shape[1] > FIRST_DAYS:
        middle, _ = trailing_median(x[:, :FIRST_DAYS], FIRST_DAYS, least=LEAST_USUAL, last=1)
        first[:, FIRST_DAYS:] = middle
    return first


class _Pain:
    """One question about pain, and the levels that it is held against."""

    def __init__(self, x: Floats) -> None:
        self.x = x
        self.usual, self.spread = _usual(x, PAIN_SPREAD)
        self.first = _first_level(x)
        weeks, _ = trailing_median(x, FIRST_DAYS, LAG_DAYS, least=LEAST_USUAL)
        self.best = np.fmin.accumulate(weeks, axis=1)  #: the lowest median of three weeks, until a week ago

    def features(self, name: str, last: int | None) -> dict[str, Floats]:
        x, usual, spread = self.x, last_of(self.usual, last), last_of(self.spread, last)
        answers = trailing_count(~np.isnan(x), 3, last=last)
        rise = trailing_mean(x, 3, last=last) - usual
        week = trailing_mean(x, 7, last=last)
        return {
            f"{name}_last": carried(x, LAG_DAYS, last=last) - usual,
            f"{name}_rise_3": rise,
            f"{name}_rise_7": week - usual,
            f"{name}_z_3": np.clip(rise * np.sqrt(np.maximum(answers, 1)) / spread, -6, 6),
            f"{name}_high_7": trailing_max(x, 7, last=last) - usual,
            f"{name}_since_first": trailing_mean(x, 10, last=last) - last_of(self.first, last),
            f"{name}_trend": trailing_mean(x, 5, last=last) - trailing_mean(x, 9, 5, last=last),
            f"{name}_week_before": trailing_mean(x, 7, 7, last=last) - usual,
            f"{name}_spread": spread,
        }

    def over(self, level: Floats) -> Floats:
        """Each day's answer, in own spreads above a level."""
        return (self.x - level) / self.spread


def _counted(name: str, x: Floats, last: int | None) -> dict[str, Floats]:
    """On square roots, on which counts scatter alike whatever their level."""
    usual = np.sqrt(trailing_mean(x, USUAL_DAYS, LAG_DAYS, least=LEAST_USUAL, last=last))
    new = np.sqrt(trailing_mean(x, EARLY_DAYS, EARLY_LAG_DAYS, least=LEAST_EARLY, last=last))
    usual = np.where(np.isnan(usual), new, usual)
    few, week = (np.sqrt(trailing_mean(x, days, last=last)) for days in (3, 7))
    return {
        f"{name}_rise_3": few - usual,
        f"{name}_rise_7": week - usual,
    }


def _departed(streams: dict[str, Floats], last: int | None) -> dict[str, Floats]:
    # All at once, one below the other: of one patient a call costs more than its numbers.
    x = np.concatenate(list(streams.values()))
    usual, spread = _usual(x, LOG_SPREAD, last)
    z = {
        days: np.split(np.clip((trailing_mean(x, days, last=last) - usual) / spread, -4, 4), len(streams))
        for days in (3, 7)
    }
    return {f"{name}_z_{days}": z[days][k] for k, name in enumerate(streams) for days in (3, 7)}


def _silence(rows: DailyRows, found: dict[str, Floats], last: int | None) -> dict[str, Floats]:
    """Answers that fail to come, more than this patient's usually do, and what movement does meanwhile."""
    said = ~(np.isnan(rows.of("average")) & np.isnan(rows.of("worst")))
    observed = last_of(np.arange(1.0, rows.shape[1] + 1)[None, :], last)
    usual = trailing_count(said, USUAL_DAYS, LAG_DAYS, last=last)
    days = np.clip(observed - LAG_DAYS, 0, USUAL_DAYS)
    usual_share = (usual + 3.0) / (days + 4.0)  # a new patient is taken to answer three days in four
    silent = np.minimum(last_of(days_since(said, 14), last), observed)
    missed_3 = usual_share - trailing_count(said, 3, last=last) / np.minimum(observed, 3)
    missed_7 = usual_share - trailing_count(said, 7, last=last) / np.minimum(observed, 7)
    worn = rows.of("wear_fraction")
    # Surprise of so long a silence, if days were alike: what it is worth as evidence [nats].
    surprise = -silent * np.log(np.clip(1 - usual_share, 0.02, 1))
    return {
        "silent_surprise": np.clip(surprise, 0, 12),
        "missed_3": missed_3,
        "missed_7": missed_7,
        "silent_and_still": np.clip(missed_3, 0, 1) * np.clip(-np.nan_to_num(found["steps_z_3"]), 0, 4),
        "silent_and_restless": np.clip(missed_3, 0, 1) * np.clip(np.nan_to_num(found["io_z_3"]), 0, 4),
        "silent_after_rise": np.clip(missed_3, 0, 1) * np.clip(np.nan_to_num(found["worst_high_7"]), 0, 5),
        "usual_share": usual_share,
        "worn_7": trailing_mean(worn, 7, last=last),
    }


def _treated(rows: DailyRows) -> dict[str, Floats]:
    """What is left of the week after systemic therapy: 1 on its day, 0 when it is over."""
    since = days_since(rows.given("chemo", "immunotherapy"), 7)
    return {"after_systemic": 1 - since / 7}


def _together(found: dict[str, Floats]) -> dict[str, Floats]:
    """Streams that depart at once say more than their sum; what is missing adds nothing."""
    sleep = np.zeros(found["worst_z_3"].shape)
    for name, worse in (("io_z_3", 1), ("ra_z_3", 1), ("sleep_efficiency_z_3", -1)):
        sleep += np.clip(worse * np.nan_to_num(found[name]), -1, 4)
    pain = np.clip(np.nan_to_num(found["worst_z_3"]) + np.nan_to_num(found["average_z_3"]), -4, 8)
    moved = np.clip(-np.nan_to_num(found["steps_z_3"]), -1, 4)
    all_ = pain + sleep + moved
    return {
        "sleep_departs": np.clip(sleep, 0, None),
        "departs": all_,
        "departed_most_14": trailing_max(all_, _MOST_DAYS),
        "pain_and_sleep": np.sqrt(np.clip(pain, 0, None) * np.clip(sleep, 0, None)),
    }


def _lasting(pain: list[_Pain], breakthrough: Floats) -> dict[str, Floats]:
    """How much pain of both questions lies above the usual, above the first level and above the best one.

    Leaky means forget by and by, sums hold what was raised; a day without an answer adds nothing.
    """
    over = {
        "usual": [one.over(one.usual) for one in pain],
        "first": [one.over(one.first) for one in pain],
        "best": [one.over(one.best) for one in pain],
    }
    found: dict[str, Floats] = {}
    for name, parts in over.items():
        both = np.clip(_mean_known(parts), -3, 4)
        found[f"pain_over_{name}_4"] = leaky_mean(both, 0.75)
        found[f"pain_over_{name}_20"] = leaky_mean(both, 0.95)
        found[f"pain_over_{name}_sum"] = raised_sum(both - 0.75, 12.0)
    episodes = np.sqrt(breakthrough)
    level, _ = _usual(episodes, LOG_SPREAD)
    found["episodes_sum"] = raised_sum(np.clip(episodes - level - 0.4, -2, 2), 8.0)
    return found


def _mean_known(parts: list[Floats]) -> Floats:
    known = np.sum([~np.isnan(part) for part in parts], axis=0)
    total = np.sum([np.nan_to_num(part) for part in parts], axis=0)
    return np.asarray(np.where(known > 0, total / np.maximum(known, 1), np.nan))
