"""How far a device's clock is off, from its statuses (pure).

A status says when it was sent by the device's clock, and we know when it came. `received - at` is what the
clock is behind, plus the delay on the way, which is never negative. So

- a status that came "before" it was sent proves at once that the clock is ahead;
- a status that came late is a slow clock or a slow way. Only several that agree, and that did not come in
  one burst (a queue after an outage does), are taken for a slow clock;
- a status dated before there was this protocol is a clock that lost its time: no way takes years;
- a status of a fast clock that came earlier than all before had less delay, or the clock gains. Where many in
  a row do, and no queue is running empty, it gains: what it said before is not moved by what it says now.

A run is a stretch of statuses, in the device's own order, for which one offset holds within five seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

SECOND = 1_000_000
TOLERANCE_US = 5 * SECOND  #: smaller offsets move nothing
AGREEING = 3  #: statuses that make a slow clock
GAINING = 20  #: statuses in a row, each earlier than the one before, that delay does not explain
REMEMBERED = 12  #: late statuses that are held against each other
NOT_ONE_BURST_US = 600 * SECOND  #: between the first and the last of them, by our clock
DRIFT = 100e-6  #: two true readings of one quartz differ by no more: 8.6 s a day
LONGEST_DELAY_US = 86_400 * SECOND  #: a greater step between two statuses is a clock that was set
PROTOCOL_BEGAN_US = 1_735_689_600 * SECOND  #: 2025-01-01: no device has sent a status before


@dataclass(frozen=True, slots=True)
class Seen:
    """One status. All times in microseconds since the Unix epoch."""

    boot: int
    seq: int
    at_us: int  #: by the device's clock
    received_us: int  #: by ours

    @property
    def excess_us(self) -> int:
        """What the clock is behind, plus the delay."""
        return self.received_us - self.at_us


@dataclass(slots=True)
class Run:
    """One offset (true time = device time + offset), and the statuses that it was seen in."""

    boot: int  #: of the first of these statuses
    seq: int
    offset_us: int
    since_us: int  #: device time from which it can have held
    first_us: int  #: device time of the first status
    last_us: int  #: and of the last that agrees
    heard_us: int  #: when that came, by our clock
    statuses: int
    firm: bool  #: not the word of a single status, whose delay is in the offset


def runs_of(seen: Sequence[Seen], before: Run | None = None) -> list[Run]:
    """The runs in these statuses (in order of boot and seq), after the run `before` if there was one.

    `before` comes back as the first, prolonged by what agrees with it. It rests on some of these statuses
    already: they are no evidence beside themselves, and its offset is settled. Empty: nothing is proven.
    """
    runs = [] if before is None else [replace(before)]
    late: list[int] = []  # places of statuses that came late since the last that agreed
    falling: list[int] = []  # places of statuses in a row, each earlier than the one before, of one run
    i = 0
    while i < len(seen):
        offset_us = runs[-1].offset_us if runs else 0
        excess_us = seen[i].excess_us
        known = before if len(runs) == 1 else None
        if known is not None and _rests_on(known, seen[i]):
            if excess_us <= offset_us + TOLERANCE_US:
                runs[-1].heard_us = seen[i].received_us
                late = []
        elif abs(excess_us - offset_us) <= TOLERANCE_US:
            if runs:
                _agree(runs[-1], seen[i])
            else:
                runs.append(_begin(seen[i], excess_us, None))
            late, falling = [], []
        elif excess_us < offset_us:
            delayed = runs and not runs[-1].firm and offset_us - excess_us <= LONGEST_DELAY_US
            if delayed and known is None and not _gains(seen, falling, i):
                _lower(runs[-1], seen[i])
                falling = [*falling, i]
            else:
                runs.append(_begin(seen[i], excess_us, runs[-1] if runs else None))
                falling = [i]
            late = []
        else:
            late, falling = [*late, i][-REMEMBERED:], []
            lost = seen[i].at_us < PROTOCOL_BEGAN_US
            slow = [i] if lost else _agreeing(seen, late)
            if slow:
                i = slow[0]
                lowest_us = min(seen[k].excess_us for k in slow)
                runs.append(_begin(seen[i], lowest_us, runs[-1] if runs else None, firm=not lost))
                late = []
        i += 1
    return runs


def _rests_on(run: Run, status: Seen) -> bool:
    """The run was decided with this status: what it said of the run is in it."""
    return status.received_us <= run.heard_us and status.excess_us >= run.offset_us - TOLERANCE_US


def _gains(seen: Sequence[Seen], falling: Sequence[int], i: int) -> bool:
    """The clock runs fast, rather than that each of these statuses by chance had less delay than the last.

    A queue that runs empty looks the same, but it falls by more than the time that it takes.
    """
    if len(falling) < GAINING:
        return False
    first, last = seen[falling[0]], seen[i]
    return last.received_us - first.received_us > first.excess_us - last.excess_us


def _agreeing(seen: Sequence[Seen], late: Sequence[int]) -> list[int]:
    """The late statuses that tell of one slow clock; empty as long as delay can explain them.

    The oldest are left out one by one: a few that came faster may be of yet another clock before.
    """
    for first in range(len(late)):
        lowest = min((seen[k] for k in late[first:]), key=lambda s: s.excess_us)
        found = [
            k
            for k in late[first:]
            if seen[k].excess_us - lowest.excess_us
            <= TOLERANCE_US + DRIFT * abs(seen[k].received_us - lowest.received_us)
        ]
        received = [seen[k].received_us for k in found]
        if len(found) >= AGREEING and max(received) - min(received) >= NOT_ONE_BURST_US:
            return found
    return []


def _begin(status: Seen, offset_us: int, after: Run | None, *, firm: bool = False) -> Run:
    """The run can have held since the last status of the one before, by our clock; not longer."""
    elapsed_us = 0 if after is None else max(0, status.received_us - after.heard_us)
    right = abs(offset_us) <= TOLERANCE_US
    return Run(
        status.boot,
        status.seq,
        0 if right else offset_us,
        status.at_us - elapsed_us,
        status.at_us,
        status.at_us,
        status.received_us,
        1,
        # That a delay makes a wrong clock look right within five seconds is not reckoned with.
        firm or right,
    )


def _lower(run: Run, status: Seen) -> None:
    """The same clock with less delay."""
    right = abs(status.excess_us) <= TOLERANCE_US
    run.offset_us = 0 if right else status.excess_us
    run.firm = right
    run.last_us, run.heard_us = max(run.last_us, status.at_us), status.received_us


def _agree(run: Run, status: Seen) -> None:
    run.last_us = max(run.last_us, status.at_us)
    run.heard_us = status.received_us
    run.statuses += 1
    run.firm = True
