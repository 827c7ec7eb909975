"""What follows when a message was not taken: when it is tried again, and when the next channel is. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

#: Failures after which the next channel of the person is tried, beside this one.
MOVES_ON_AFTER = {True: 1, False: 3}
#: Failures after which a channel does not reach the person, for now: of an urgent page within a minute.
GONE_AFTER = 3
LONGEST_PAUSE_S = {True: 60.0, False: 900.0}
#: An urgent page is worth a night at a dead mail server; for others the ladder comes again.
TRIED_FOR = {True: timedelta(hours=24), False: timedelta(hours=3)}
FEWEST = 5  #: what has waited while nothing was running is tried so often at least


@dataclass(frozen=True, slots=True)
class Next:
    """`again_at` None: given up."""

    again_at: datetime | None
    moves_on: bool  #: the next channel is tried now, too
    gone: bool  #: where there is no next one, the person is not reached


def pause_after(attempt: int, urgent: bool = False, chance: Callable[[], float] = random.random) -> timedelta:
    """How long to wait after the n-th failure: 2, 4, 8 ... seconds, at most a minute for an urgent page,
    else 15 minutes; a quarter more or less."""
    seconds = min(2.0 ** min(attempt, 20), LONGEST_PAUSE_S[urgent])
    return timedelta(seconds=seconds * (0.75 + chance() / 2))


def after_failure(
    attempt: int, urgent: bool, decided_at: datetime, at: datetime, shut_until: datetime | None = None
) -> Next:
    """After the n-th failure. `shut_until`: it was not tried, as its address does not answer till then."""
    moves_on = shut_until is not None or attempt >= MOVES_ON_AFTER[urgent]
    gone = shut_until is not None or attempt >= GONE_AFTER
    if attempt >= FEWEST and at - decided_at >= TRIED_FOR[urgent]:
        return Next(None, moves_on, gone)
    if shut_until is not None:
        return Next(max(shut_until, at) + timedelta(seconds=random.random()), moves_on, gone)  # noqa: S311
    return Next(at + pause_after(attempt, urgent), moves_on, gone)
