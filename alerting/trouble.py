"""Device and data trouble of a patient: what is there now, against what the open case stands for. Pure.

A case that a person closed stays closed for the reasons that it had until the patient's next local day;
other reasons open the next one at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, tzinfo

from days.cut import day_of
from store.alerts.technical import CANNOT_JUDGE, ClosedByHand, StandingCase
from store.alerts.worn_devices import WornDevice
from store.gaps import Missing, clock, said

GAP, SILENCE, BATTERY, CLOCK = "gap", "silence", "battery", "clock"
#: All kinds, in the order in which a case tells them: first what concerns the patient, then the devices.
KINDS = (CANNOT_JUDGE, GAP, SILENCE, BATTERY, CLOCK)
BATTERY_LOW_PCT = 10.0
BATTERY_WELL_PCT = 20.0  #: a low battery stays a reason up to here, or a case would open and close all day
# What is trouble of a clock, and why these figures: docs/decisions/0042-clocks-and-days-not-judged.md.
CLOCK_REFUSED = 3  #: messages refused for their time make a case; a single one is a slip
CLOCK_REFUSED_WITHIN = timedelta(hours=24)  #: and it stays while one was refused within this time
CLOCK_UNPROVEN_AFTER = timedelta(days=3)  #: so long no status showed whether the clock is right
CLOCK_PROVEN_WITHIN = timedelta(hours=1)  #: a status proves it that came no later than so much
CLOCK_DATA_WITHIN = timedelta(hours=24)  #: only who sends data can have them dated wrongly
CLOCK_CHANGES, CLOCK_CHANGED_BY = 3, timedelta(minutes=15)  #: so often, and by so much in all,
CLOCK_CHANGES_WITHIN = timedelta(days=7)  #: within this time is no clock to rely on
CLOCK_CALM_AFTER, CLOCK_CALM_BY = timedelta(hours=48), timedelta(minutes=1)  #: until it is steady so long
JUDGED_LATE = timedelta(hours=24)  #: a second day must have ended without a judgement: data may be late
WARM_UP = timedelta(days=14)  #: of whoever is watched for less, nobody expects enough data
_TOLD = 5  #: at most so many reasons are told one by one
Key = tuple[str, str, str | None, int | None, str | None]  #: kind, device, stream, boot, rule


@dataclass(frozen=True, slots=True)
class Limits:
    """How long trouble may last before it becomes a case."""

    gap: timedelta = timedelta(hours=6)
    silence: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Reason:
    """One trouble of one device: the same one while kind, device, stream, boot and rule are the same."""

    kind: str  #: one of `KINDS`
    device: str  #: empty where a patient cannot be judged: that is about no device
    text: str
    stream: str | None = None  #: of a gap
    boot: int | None = None
    rule: str | None = None  #: of a clock: what is wrong with it

    @property
    def key(self) -> Key:
        """What makes it this reason and no other; the words may change."""
        return self.kind, self.device, self.stream, self.boot, self.rule


@dataclass(frozen=True, slots=True)
class Open:
    """A case is to be opened for these reasons."""

    patient_id: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """An open case stands for other reasons than before, or for the same in other words (both empty)."""

    case_id: int
    reasons: tuple[Reason, ...]
    added: tuple[Reason, ...]
    gone: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Close:
    """An open case has no reason left."""

    case_id: int
    gone: tuple[Reason, ...]


Step = Open | Change | Close


def decide(
    present: Sequence[tuple[int, Reason]],
    looked_at: Collection[str],
    standing: Sequence[StandingCase],
    hushed: Collection[tuple[int, Key]],
) -> list[Step]:
    """What is to be done, for `present`: (patient, reason), as it is now.

    `looked_at` are the kinds of trouble that were looked for; of other kinds a case keeps what it has.
    `hushed` are reasons that a person closed today: they open nothing and join nothing.
    """
    now: dict[int, list[Reason]] = {}
    for patient_id, reason in present:
        now.setdefault(patient_id, []).append(reason)
    steps: list[Step] = []
    for case in standing:
        had = [Reason(**reason) for reason in case.reasons]
        keys = {reason.key for reason in had}
        kept = [reason for reason in had if reason.kind not in looked_at]
        found = [
            reason
            for reason in now.pop(case.patient_id, [])
            if reason.key in keys or (case.patient_id, reason.key) not in hushed
        ]
        reasons = _in_order(kept + found)
        there = {reason.key for reason in reasons}
        gone = tuple(reason for reason in had if reason.key not in there)
        added = tuple(reason for reason in found if reason.key not in keys)
        if not reasons:
            steps.append(Close(case.case_id, gone))
        # Words that were not looked at again may be older than those that stand: only a full look compares.
        elif added or gone or (not kept and in_words(reasons) != case.text):
            steps.append(Change(case.case_id, reasons, added, gone))
    for patient_id, found in now.items():
        left = [reason for reason in found if (patient_id, reason.key) not in hushed]
        if left:
            steps.append(Open(patient_id, _in_order(left)))
    return steps


def hushed_today(
    closed: Iterable[ClosedByHand], at: datetime, zones: dict[int, tzinfo]
) -> set[tuple[int, Key]]:
    """The reasons of cases that people closed on the local day of their patient that `at` lies in."""
    return {
        (case.patient_id, Reason(**reason).key)
        for case in closed
        if day_of(case.at, zones[case.patient_id]) == day_of(at, zones[case.patient_id])
        for reason in case.reasons
    }


def gap_reason(missing: Missing, zone: tzinfo) -> Reason:
    """Messages that never came."""
    text = said(missing.device, missing.stream, missing.ranges, missing.more, missing.since, zone)
    return Reason(GAP, missing.device, text, missing.stream, missing.boot)


def device_reasons(
    device: WornDevice, at: datetime, silence: timedelta, had: Collection[Key], zone: tzinfo
) -> list[Reason]:
    """Silence and a low battery; `had` are the reasons that the patient's case has already."""
    reasons = []
    if at - device.heard_at >= silence:
        text = f"Nothing was heard of {device.device} since {clock(device.heard_at, zone)}"
        reasons.append(Reason(SILENCE, device.device, text))
    known = Reason(BATTERY, device.device, "").key in had
    enough = BATTERY_WELL_PCT if known else BATTERY_LOW_PCT
    if device.battery_pct is not None and device.battery_pct < enough:
        text = f"The battery of {device.device} ran low: below {BATTERY_LOW_PCT:.0f} %"
        reasons.append(Reason(BATTERY, device.device, text))
    return reasons


def in_words(reasons: Sequence[Reason]) -> str:
    """The reasons as one text; of very many, how many there are beside the first."""
    told = [reason.text for reason in reasons[:_TOLD]]
    more = len(reasons) - len(told)
    return ". ".join(told) + (f". {more} more of this kind" if more else "")


def news_of(change: Change) -> str:
    """What changed in a case, in words."""
    ended = [f"no longer: {reason.text}" for reason in change.gone[:_TOLD]]
    return ". ".join([reason.text for reason in change.added[:_TOLD]] + ended)


def why_closed(close: Close) -> str:
    """Why a case has no reason left, in words. A device that is worn no more owes nothing either."""
    kinds = {reason.kind for reason in close.gone}
    ended = {
        GAP: "what was missing has come, was refused, or is owed no more",
        SILENCE: "the device was heard again or is worn no more",
        BATTERY: "the battery is charged or the device is worn no more",
        CLOCK: "the clock is steady and proven again, or the device is worn no more",
        CANNOT_JUDGE: "a day could be judged again, or the patient is asked no more or wears no device",
    }
    return "; ".join(words for kind, words in ended.items() if kind in kinds)


def as_json(reasons: Iterable[Reason]) -> list[dict[str, object]]:
    """As the story of a case keeps them."""
    return [asdict(reason) for reason in reasons]


def _in_order(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    def place(reason: Reason) -> tuple[int, str, str, int, str]:
        return (
            *(KINDS.index(reason.kind), reason.device, reason.stream or ""),
            *(reason.boot or 0, reason.rule or ""),
        )

    return tuple(sorted(reasons, key=place))
