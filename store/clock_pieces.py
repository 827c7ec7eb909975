"""Which offset holds at which instant of a device's clock (pure).

Stored samples have a device time and no boot, so the offsets have to be laid out on the device's own time
line. Where a clock was set back, two runs claim the same device times: what a status has proven stays
proven, so there the older run keeps what lies between its first and last status; everywhere else the newer
run wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from store.clock_runs import Run

EVER = -(2**62)  #: before all device times [microseconds]
NEVER = 2**62


@dataclass(frozen=True, slots=True)
class Piece:
    """In [start, end) of device time, true time = device time + offset. Microseconds."""

    start_us: int
    end_us: int
    offset_us: int


RIGHT = [Piece(EVER, NEVER, 0)]


def pieces_of(runs: Sequence[Run]) -> list[Piece]:
    """The whole of device time in order, neighbours with different offsets. `runs` in the device's order."""
    if not runs:
        return RIGHT
    pieces = [Piece(EVER, NEVER, runs[0].offset_us)]
    for i, run in enumerate(runs[1:], 1):
        for start_us, end_us in _claims(run, runs[:i]):
            pieces = _painted(pieces, Piece(start_us, end_us, run.offset_us))
    return _joined(pieces)


def moved(before: Sequence[Piece], after: Sequence[Piece]) -> list[tuple[int, int]]:
    """The stretches [start, end) of device time whose offset differs."""
    edges = sorted({p.start_us for p in (*before, *after)} | {NEVER})
    found: list[tuple[int, int]] = []
    for start_us, end_us in pairwise(edges):
        if _offset_at(before, start_us) != _offset_at(after, start_us):
            if found and found[-1][1] == start_us:
                start_us = found.pop()[0]
            found.append((start_us, end_us))
    return found


def _claims(run: Run, older: Sequence[Run]) -> list[tuple[int, int]]:
    """The free stretches between older statuses that the run reached, from where it began."""
    taken = _united([(min(o.since_us, o.first_us), o.last_us + 1) for o in older])
    last_us = next((end for start, end in taken if start <= run.last_us < end), run.last_us)
    found = []
    for low_us, high_us in zip((EVER, *(e for _, e in taken)), (*(s for s, _ in taken), NEVER), strict=True):
        if run.since_us >= high_us or last_us < low_us:
            continue
        # Below all older statuses nothing older is known to have been; above, up to the middle of the way
        # to the next older status, since both runs have data beyond their own statuses.
        start_us = EVER if low_us == EVER else max(low_us, run.since_us)
        end_us = high_us if high_us == NEVER or last_us >= high_us else (last_us + high_us) // 2
        if start_us < end_us:
            found.append((start_us, end_us))
    return found


def _united(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping spans as one, in order."""
    united: list[tuple[int, int]] = []
    for start_us, end_us in sorted(spans):
        if united and start_us <= united[-1][1]:
            united[-1] = (united[-1][0], max(end_us, united[-1][1]))
        else:
            united.append((start_us, end_us))
    return united


def _painted(pieces: Sequence[Piece], new: Piece) -> list[Piece]:
    """The new piece over the others."""
    below = [Piece(p.start_us, min(p.end_us, new.start_us), p.offset_us) for p in pieces]
    above = [Piece(max(p.start_us, new.end_us), p.end_us, p.offset_us) for p in pieces]
    kept = [p for p in (*below, *above) if p.start_us < p.end_us]
    return sorted([*kept, new], key=lambda p: p.start_us)


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].offset_us == piece.offset_us:
            piece = Piece(joined.pop().start_us, piece.end_us, piece.offset_us)
        joined.append(piece)
    return joined


def _offset_at(pieces: Sequence[Piece], at_us: int) -> int:
    return next(p.offset_us for p in pieces if p.start_us <= at_us < p.end_us)
