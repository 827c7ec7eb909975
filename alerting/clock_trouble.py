"""Which wrong clocks are trouble, and the sentence that says what to do about it. Pure.

A clock that is wrong by an offset that statuses prove is corrected, and is no trouble. Trouble is what the
correction cannot mend: messages that were refused, an offset that nothing proves any more, and one that will
not stay. Why: docs/decisions/0042-clocks-and-days-not-judged.md.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta, tzinfo

from alerting import trouble
from alerting.trouble import CLOCK, SILENCE, Key, Reason
from store.alerts.worn_clocks import MOST_REFUSED, Look, WornClock
from store.clocks import length, offset_in_words
from store.gaps import clock

REFUSED, UNPROVEN, UNSTEADY = "refused", "unproven", "unsteady"


def what_to_look_at(at: datetime) -> Look:
    """The times since which anything of a clock counts at `at`."""
    return Look(
        refused_since=at - trouble.CLOCK_REFUSED_WITHIN,
        unproven_since=at - trouble.CLOCK_UNPROVEN_AFTER,
        proven_within=trouble.CLOCK_PROVEN_WITHIN,
        changed_since=at - trouble.CLOCK_CALM_AFTER,
        changes_since=at - trouble.CLOCK_CHANGES_WITHIN,
        followed_by=trouble.CLOCK_CHANGED_BY,
    )


def clock_reasons(one: WornClock, at: datetime, had: Collection[Key], zone: tzinfo) -> list[Reason]:
    """What is wrong with the clock of a worn device; `had` are the reasons that the patient's case has.

    What is there already stays by the milder limit of the two, so that a case does not come and go.
    """

    def known(rule: str) -> bool:
        return Reason(CLOCK, one.device, "", rule=rule).key in had

    found = []
    if one.refused >= (1 if known(REFUSED) else trouble.CLOCK_REFUSED):
        found.append((REFUSED, _refused(one, zone)))
    # A device that comes back from a silence says its time first of all, or soon after.
    comes_back = Reason(SILENCE, one.device, "").key in had
    within = trouble.CLOCK_UNPROVEN_AFTER if known(UNPROVEN) else trouble.CLOCK_DATA_WITHIN
    sends = one.data_at is not None and one.data_at > at - within
    if not one.proven and sends and (known(UNPROVEN) or not comes_back):
        found.append((UNPROVEN, _unproven(one, zone)))
    moved = sum((abs(change.by) for change in one.changes), timedelta())
    lately = [abs(c.by) for c in one.changes if c.at > at - trouble.CLOCK_CALM_AFTER]
    calm = sum(lately, timedelta()) < trouble.CLOCK_CALM_BY
    often = len(one.changes) >= trouble.CLOCK_CHANGES and moved >= trouble.CLOCK_CHANGED_BY
    if not calm and (often or known(UNSTEADY)):
        found.append((UNSTEADY, _unsteady(one, moved)))
    return [Reason(CLOCK, one.device, text, rule=rule) for rule, text in found]


def _refused(one: WornClock, zone: tzinfo) -> str:
    many = f"{MOST_REFUSED} or more" if one.refused >= MOST_REFUSED else str(one.refused)
    messages = "1 message was" if one.refused == 1 else f"{many} messages were"
    since = "" if one.refused_from is None else f" since {clock(one.refused_from, zone)}"
    if one.dated is None:
        how = "of no possible time"
    else:
        how = f"dated {length(abs(one.dated))} {'ahead' if one.dated > timedelta() else 'back'}"
    return (
        f"Sync the clock of {one.device}: {messages} refused for their time{since}, the last one {how}; "
        "they are kept in quarantine, where an administrator can date them anew"
    )


def _unproven(one: WornClock, zone: tzinfo) -> str:
    days = trouble.CLOCK_UNPROVEN_AFTER.days
    last = "" if one.status_at is None else f"; its last status came on {clock(one.status_at, zone)}"
    return (
        f"Check the clock of {one.device}, and that it sends its status: for {days} days nothing has shown "
        f"whether its times are right{last}"
    )


def _unsteady(one: WornClock, moved: timedelta) -> str:
    days, times = trouble.CLOCK_CHANGES_WITHIN.days, len(one.changes)
    changed = f"changed {times} time{'' if times == 1 else 's'} in {days} days, by {length(moved)} in all"
    now = f", and is {offset_in_words(one.offset)} now" if one.offset else ""
    return (
        f"Have {one.device} checked or exchanged: its clock {changed}{now}; "
        "times are corrected, but near each change they may be wrong"
    )
