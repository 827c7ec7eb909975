"""When somebody is told of a case, and how long an answer holds: the times of one severity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

#: Nobody answers for longer than this, whatever they say: then the case comes back.
LONGEST_HOLD = timedelta(days=30)
#: What one person says of an urgent case keeps everybody else from being told of it: so long at most.
#: The shortest published window for answers to symptom alerts is 48 h.
LONGEST_ALONE = timedelta(hours=48)
#: Without evidence for so long a case is one for the review queue, and no timer tells of it any more.
STALE_AFTER = timedelta(days=14)

#: People are reminded of the end of a snooze, a silence or an expected level in its last quarter, at most
#: so long before.
REMINDS_BEFORE = timedelta(days=3)


def ends_soon(begins: datetime, ends: datetime, at: datetime) -> bool:
    """Whether it is time to remind people that something ends: in the last quarter, at most three days."""
    return ends - min((ends - begins) / 4, REMINDS_BEFORE) <= at < ends


@dataclass(frozen=True, slots=True)
class Timing:
    """The times of one severity."""

    rungs: tuple[timedelta, ...]  #: when each is taken, since the ladder began
    repeats: int  #: how often the last one is taken again
    repeat_after: timedelta
    hold: timedelta  #: how long an acknowledgement holds when nobody says until when


@dataclass(frozen=True, slots=True)
class Timings:
    """The times of a ward."""

    of: Mapping[str, Timing]
    #: (severity, instant) -> the instant at which somebody may be told: later in quiet hours, never earlier.
    not_before: Callable[[str, datetime], datetime] = lambda _severity, at: at


def _every(wait: timedelta, hold: timedelta) -> Timing:
    return Timing((timedelta(0), wait, 2 * wait), 2, wait, hold)


#: Published windows for answers to symptom alerts are 48 h and 72 h; an hour for severe pain is our choice.
SHIPPED = Timings(
    {
        "high": _every(timedelta(minutes=60), timedelta(hours=4)),
        "medium": _every(timedelta(hours=24), timedelta(hours=24)),
        "low": _every(timedelta(hours=72), timedelta(hours=72)),
        "info": _every(timedelta(hours=72), timedelta(hours=72)),
    }
)
