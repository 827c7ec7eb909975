"""By what the pages of a ward are measured: its own plan, or what the installation is given. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from ladder.answering import first_wait
from ladder.plan import WITH_LADDER, Plan
from ladder.timing import Timings

SETTING = "the setting ACTALGIA_USEFUL_SHARE"
_MINUTE = timedelta(minutes=1)


class Times(Protocol):
    """By which times a message was to be answered; `store.alerts.plan_history.Held` is one."""

    @property
    def version(self) -> int | None:
        """Of the ward's plan; None: the installation's own times."""
        ...

    @property
    def instead_of(self) -> int | None:
        """The version that held, where it cannot be read: then these are the times that hold now."""
        ...

    @property
    def timings(self) -> Timings: ...


class WardsPlan(Protocol):
    """What a ward has by way of a plan now; `store.alerts.plan_history.PlanHistory` is one."""

    @property
    def site(self) -> str: ...
    @property
    def version(self) -> int | None:
        """None: it never saved one."""
        ...

    @property
    def plan(self) -> Plan | None:
        """None, too, where this software cannot read it."""
        ...

    @property
    def now(self) -> Times: ...


class Told(Protocol):
    """A page, and by which times it was to be answered."""

    @property
    def site(self) -> str: ...
    @property
    def times(self) -> Times: ...


@dataclass(frozen=True, slots=True)
class UsefulShare:
    """Below which share of useful pages a rule is for review, and who says so."""

    share: float
    plan_version: int | None  #: null: the setting
    said: str


@dataclass(frozen=True, slots=True)
class AnswerTimes:
    """By which times the first messages of so many pages were to be answered; quiet hours make them longer.

    `plan_version` null: the installation's own times. `instead_of`: the version that held then, and that this
    version of the software cannot read; the times are those that hold now.
    """

    site: str
    plan_version: int | None
    instead_of: int | None
    pages: int
    within_min: dict[str, float]  #: by severity of the first page
    said: str


def useful_share(wards: Sequence[WardsPlan], setting: float) -> UsefulShare:
    """What the plan of the ward states, else the setting. Rules are judged over all wards of a report; where
    it is of several, whose plans may differ, it is the setting."""
    if len(wards) > 1:
        stated = any(ward.plan is not None and ward.plan.useful_share is not None for ward in wards)
        more = "; what a ward's plan states holds in the report of that ward" if stated else ""
        return UsefulShare(setting, None, f"{SETTING}, for several wards together{more}")
    if not wards or wards[0].version is None:
        return UsefulShare(setting, None, f"{SETTING}: the ward has no plan")
    named = f"version {wards[0].version} of the ward's plan"
    if wards[0].plan is None:
        return UsefulShare(setting, None, f"{SETTING}: this software cannot read {named}")
    if wards[0].plan.useful_share is None:
        return UsefulShare(setting, None, f"{SETTING}: {named} states none")
    return UsefulShare(wards[0].plan.useful_share, wards[0].version, named)


def answer_times(paged: Sequence[Told], wards: Sequence[WardsPlan]) -> list[AnswerTimes]:
    """All times by which one of these pages was to be answered, and those that hold now, by ward and age."""
    pages = Counter((one.site, one.times.version, one.times.instead_of) for one in paged)
    timings = {(ward.site, ward.now.version, ward.now.instead_of): ward.now.timings for ward in wards}
    timings |= {(one.site, one.times.version, one.times.instead_of): one.times.timings for one in paged}
    return [
        AnswerTimes(*key, pages[key], within_min(timings[key]), _said(key[1], key[2]))
        for key in sorted(timings, key=lambda key: (key[0], key[2] or key[1] or 0))
    ]


def within_min(timings: Timings) -> dict[str, float]:
    """Minutes until the ladder goes on after its first telling, by severity."""
    return {severity: first_wait(timings.of[severity]) / _MINUTE for severity in WITH_LADDER}


def agreed(wards: Sequence[WardsPlan]) -> dict[str, float]:
    """The times that all these wards have alike now, by severity."""
    first, *others = [within_min(ward.now.timings) for ward in wards] or [{}]
    return {name: value for name, value in first.items() if all(one[name] == value for one in others)}


def _said(version: int | None, instead_of: int | None) -> str:
    name = "the installation's own times" if version is None else f"version {version} of the ward's plan"
    if instead_of is None:
        return f"{name}, without a plan" if version is None else name
    return f"{name}, as version {instead_of} cannot be read by this software"
