"""Who is told at a ward, and when: its plan, or where it has none what the installation is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ladder.channel_address import kind_of
from ladder.plan import Plan
from ladder.plan_timing import reached_at, timings_of
from ladder.timing import SHIPPED, Timings
from ladder.usual import INSTALLATION
from store.alerts.ward_plans import UnreadablePlan, plan_of_site
from store.database import within_transaction
from store.watch.reserved import SINK, SYNTHETIC


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes: the channels of a recipient by rank, the first one first."""

    recipient: str  #: a person of the ward's plan; empty: the installation's channel
    channel: str
    rank: int = 1


@dataclass(frozen=True, slots=True)
class Ward:
    """The times of a ward, and whom each rung reaches at an instant."""

    timings: Timings
    reached: Callable[[str, int, datetime], Sequence[Address]]  #: (severity, rung, at)
    #: The same by their names, for people to read.
    names: Callable[[str, int, datetime], Sequence[str]] = lambda _severity, _rung, _at: (INSTALLATION,)


def ward_of(session: Session, site: str, channels: Sequence[str]) -> Ward:
    """The ward as it is now. Without a plan of its own, or with one that this version of the software cannot
    read (its page says so), every rung goes to all of `channels`.

    What the watchdog's synthetic patient is told of goes to its test sink, and nothing else does.
    """
    known = within_transaction(session, "wards")  # a storm asks thousands of times
    key = (site, tuple(channels))
    if key not in known:
        known[key] = _read(session, site, channels)
    ward: Ward = known[key]
    return ward


def _read(session: Session, site: str, channels: Sequence[str]) -> Ward:
    if site == SYNTHETIC:
        return Ward(SHIPPED, lambda _severity, _rung, _at: (Address("", SINK),))
    try:
        plan = plan_of_site(session, site)
    except UnreadablePlan:
        plan = None
    if plan is None:
        to = tuple(Address("", channel) for channel in channels if channel != SINK)
        return Ward(SHIPPED, lambda _severity, _rung, _at: to)
    return _planned(plan)


def _planned(plan: Plan) -> Ward:
    """By the plan: the first channel of each person whom the rung reaches. The address itself stays there."""

    def reached(severity: str, rung: int, at: datetime) -> Sequence[Address]:
        return tuple(
            Address(one.id, kind_of(one.channels[0])) for one in reached_at(plan, severity, rung, at)
        )

    def names(severity: str, rung: int, at: datetime) -> Sequence[str]:
        return tuple(one.name for one in reached_at(plan, severity, rung, at))

    return Ward(timings_of(plan), reached, names)
