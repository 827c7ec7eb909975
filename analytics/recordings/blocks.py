"""Blocks of samples, each with the time of its first sample, to stretches that are unbroken.

Devices write samples in blocks (Axivity: sectors, GENEActiv: pages) and their sample clock is not the clock
of the stamps. Rules:

* blocks belong together where nothing is missing between them and the next stamp lies where the samples of
  the block before end, within `slack_us`;
* where the clock steps back, two parts of the file claim the same time: the one that has fewer samples in
  it is left out, the later one if equal;
* each run of blocks is cut into the fewest straight lines found (Douglas and Peucker, Cartographica
  10(2):112-122, 1973) that stay within `fit_us` of every stamp. A line has one true rate and begins where
  the one before ends, so that times rise strictly and no sample is moved by more than `fit_us`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.recordings.naive_clock import written

Micros = NDArray[np.int64]


@dataclass(frozen=True)
class Blocks:
    """Readable blocks in the order of the file; all arrays have one value for each."""

    start_us: Micros  #: clock of the device at the first sample
    samples: NDArray[np.int64]  #: at least 1
    hz: NDArray[np.float64]  #: the rate that the device was set to
    follows: NDArray[np.bool_]  #: False: the file says that this block does not continue the one before
    slack_us: NDArray[np.float64]  #: how far the next stamp may lie from the end of this block's samples


class Stretch(NamedTuple):
    """Unbroken samples of the kept blocks `first` to `end` (exclusive): one rate from one instant."""

    first: int
    end: int
    t0_us: int
    hz: float


class Timeline(NamedTuple):
    kept: NDArray[np.int64]  #: numbers of the blocks that have a place in time, in order
    stretches: list[Stretch]  #: over positions in `kept`
    notes: list[str]


class _Run(NamedTuple):
    first: int
    end: int  #: exclusive
    end_us: int  #: where the samples of the last block end


def timeline(blocks: Blocks, fit_us: int, name: str) -> Timeline:
    """Where the samples of each block lie in time; `name` is the plural of what the device calls a block."""
    runs = _runs(blocks)
    kept, stepped_back = _each_time_once(blocks, runs)
    stretches: list[Stretch] = []
    done = 0
    for i, run in enumerate(kept):
        end_us = run.end_us
        if i + 1 < len(kept):
            # Of the time that rounding gives to both, none is left to the first.
            end_us = min(end_us, int(blocks.start_us[kept[i + 1].first]))
        stretches += _straight(blocks, run, end_us, fit_us, done)
        done += run.end - run.first
    numbers = [np.arange(run.first, run.end) for run in kept]
    order = np.concatenate(numbers) if numbers else np.zeros(0, np.int64)
    notes = []
    if stepped_back:
        notes.append(_steps_back(blocks, stepped_back, len(blocks.start_us) - len(order), name))
    gaps = [
        (run.end_us, int(blocks.start_us[after.first]))
        for run, after in itertools.pairwise(kept)
        if blocks.start_us[after.first] - run.end_us > blocks.slack_us[run.end - 1]
    ]
    if gaps:
        notes.append(_gaps(gaps))
    return Timeline(order, stretches, notes)


def _runs(blocks: Blocks) -> list[_Run]:
    span = blocks.samples * 1e6 / blocks.hz
    step = np.diff(blocks.start_us)
    joined = blocks.follows[1:] & (np.abs(step - span[:-1]) <= blocks.slack_us[:-1])
    # However generous the slack: no rate is off by half.
    joined &= (step > span[:-1] / 2) & (step < span[:-1] * 2)
    usual = float(np.median(step[joined] / span[:-1][joined])) if joined.any() else 1.0
    edges = np.flatnonzero(np.r_[True, ~joined, True]).tolist()
    last = blocks.start_us + np.rint(span * usual).astype(np.int64)
    return [_Run(a, b, int(last[b - 1])) for a, b in itertools.pairwise(edges)]


def _each_time_once(blocks: Blocks, runs: Sequence[_Run]) -> tuple[list[_Run], list[tuple[int, int]]]:
    """Runs in order of time, and the clocks (from, to) of each step back."""
    kept: list[_Run] = []
    stepped_back: list[tuple[int, int]] = []
    for new in runs:
        run = new
        start_us = int(blocks.start_us[run.first])
        if kept and start_us < _earliest_next(blocks, kept[-1]):
            stepped_back.append((kept[-1].end_us, start_us))
            trimmed = _from(blocks, run, _earliest_next(blocks, kept[-1]))
            lost = _count(blocks, run) - _count(blocks, trimmed)
            if not _cut_back(blocks, kept, start_us, lost):
                run = trimmed
        if run.end > run.first:
            kept.append(run)
    return kept, stepped_back


def _earliest_next(blocks: Blocks, run: _Run) -> int:
    last = run.end - 1
    return run.end_us - int(min(blocks.slack_us[last], (run.end_us - blocks.start_us[last]) / 2))


def _from(blocks: Blocks, run: _Run, t_us: int) -> _Run:
    gone = int(np.searchsorted(blocks.start_us[run.first : run.end], t_us))
    return _Run(run.first + gone, run.end, run.end_us)


def _cut_back(blocks: Blocks, kept: list[_Run], t_us: int, below: int) -> bool:
    """End the runs at an instant if that loses fewer samples than `below`; whether it was done."""
    count, lost, cut = len(kept), 0, None
    while count and cut is None and lost < below and _earliest_next(blocks, kept[count - 1]) > t_us:
        run = kept[count - 1]
        ends = np.r_[blocks.start_us[run.first + 1 : run.end], _earliest_next(blocks, run)]
        stays = int(np.searchsorted(ends, t_us, side="right"))
        lost += int(blocks.samples[run.first + stays : run.end].sum())
        if stays:
            cut = _Run(run.first, run.first + stays, int(ends[stays - 1]))
        count -= 1
    if lost >= below:
        return False
    kept[count:] = [cut] if cut else []
    return True


def _count(blocks: Blocks, run: _Run) -> int:
    return int(blocks.samples[run.first : run.end].sum())


def _straight(blocks: Blocks, run: _Run, end_us: int, fit_us: int, before: int) -> list[Stretch]:
    t_us = np.r_[blocks.start_us[run.first : run.end], end_us]
    at = np.r_[0, np.cumsum(blocks.samples[run.first : run.end])]
    knots, waiting = [0], [(0, len(t_us) - 1)]
    while waiting:
        a, b = waiting.pop()
        slope = (t_us[b] - t_us[a]) / (at[b] - at[a])
        away = np.abs(t_us[a + 1 : b] - t_us[a] - (at[a + 1 : b] - at[a]) * slope)
        worst = int(np.argmax(away)) if len(away) else 0
        if len(away) and away[worst] > fit_us:
            waiting += [(a + 1 + worst, b), (a, a + 1 + worst)]
        else:
            knots.append(b)
    return [
        Stretch(before + a, before + b, int(t_us[a]), float((at[b] - at[a]) * 1e6 / (t_us[b] - t_us[a])))
        for a, b in itertools.pairwise(knots)
    ]


def _steps_back(blocks: Blocks, steps: list[tuple[int, int]], lost: int, name: str) -> str:
    first, last = steps[0], steps[-1]
    said = f"from {written(first[0])} to {written(first[1])}"
    if len(steps) > 1:
        said = f"{said} and at last from {written(last[0])} to {written(last[1])}"
    times = "once" if len(steps) == 1 else f"{len(steps)} times, first"
    return (
        f"The clock steps back {times} {said}; of parts that claim the same time the one with fewer samples "
        f"is left out, {lost} of {len(blocks.start_us)} {name} in all."
    )


def _gaps(gaps: list[tuple[int, int]]) -> str:
    start_us, end_us = max(gaps, key=lambda gap: gap[1] - gap[0])
    total_s = sum(end - start for start, end in gaps) / 1e6
    where = f"from {written(start_us)} to {written(end_us)}"
    if len(gaps) == 1:
        return f"There is a gap of {total_s:.1f} s without samples, {where}."
    return f"There are {len(gaps)} gaps without samples, {total_s:.1f} s in all, the longest {where}."
