"""What operators are told: when a trouble begins, each hour that it lasts, and when it is over. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from patrol.legs import Round
from store.watch.waits import Refused

AGAIN_AFTER = timedelta(hours=1)
NAMED_CASES = 5  #: cases that nobody answers are a trouble each up to here, the others one together
_ALARMS = uuid.UUID("0f2f8a52-3b38-5a0e-9d55-0c3f0f6e7b41")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong now. Nothing clinical, no patient."""

    key: str  #: the same for as long as it is the same trouble
    text: str
    over: str  #: what is said when it is over
    link: str | None = None
    since: datetime | None = None  #: where that is known better than by when it was found
    nobody_told: bool = False  #: of a page: then the heartbeat outside stays away, too


@dataclass(frozen=True, slots=True)
class Known:
    """A trouble that was seen before; told at, None where no channel has taken it yet."""

    trouble: Trouble
    since: datetime
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """One message to the operators."""

    trouble: Trouble
    kind: str  #: begins, lasts, over
    since: datetime
    at: datetime

    @property
    def idempotency_key(self) -> uuid.UUID:
        """The same however often it is sent: an hour's repetition is a message of its own."""
        hours = 0 if self.kind != "lasts" else (self.at - self.since) // AGAIN_AFTER
        return uuid.uuid5(_ALARMS, f"{self.trouble.key} {self.since.isoformat()} {self.kind} {hours}")

    @property
    def subject(self) -> str:
        """One line that may be read on a locked screen."""
        return f"Actalgia: {'trouble is over' if self.kind == 'over' else 'technical alarm'}"

    @property
    def text(self) -> str:
        """The whole message."""
        said = self.trouble.over if self.kind == "over" else self.trouble.text
        lasts = f" This has lasted since {clock(self.since)}." if self.kind == "lasts" else ""
        link = f"\n{self.trouble.link}" if self.trouble.link else ""
        return f"{said}{lasts}{link}"

    def as_json(self) -> dict[str, object]:
        """The same for programs."""
        found: dict[str, object] = {
            "trouble": self.trouble.key,
            "kind": self.kind,
            "time": self.at.isoformat(),
            "since": self.since.isoformat(),
            "text": self.text,
            "idempotency_key": str(self.idempotency_key),
        }
        return found | ({"link": self.trouble.link} if self.trouble.link else {})


def news(
    known: Mapping[str, Known], present: Sequence[Trouble], at: datetime
) -> tuple[dict[str, Known], list[Alarm]]:
    """(what is known now, what is to be told). An alarm is due again until `told` says that it was taken."""
    there = {trouble.key: trouble for trouble in present}
    after: dict[str, Known] = {}
    alarms = []
    for key, trouble in there.items():
        before = known.get(key)
        one = after[key] = replace(before, trouble=trouble) if before else Known(trouble, at)
        if one.told_at is None:
            alarms.append(Alarm(trouble, "begins", one.since, at))
        elif at - one.told_at >= AGAIN_AFTER or at < one.told_at:  # the clock was put back
            alarms.append(Alarm(trouble, "lasts", one.since, at))
    for key, one in known.items():
        if key not in there and one.told_at is not None:
            after[key] = one
            alarms.append(Alarm(one.trouble, "over", one.since, at))
    return after, alarms


def told(known: Mapping[str, Known], alarm: Alarm) -> dict[str, Known]:
    """What is known once a channel has taken the alarm."""
    key = alarm.trouble.key
    if alarm.kind == "over":
        return {name: one for name, one in known.items() if name != key}
    return {**known, key: replace(known[key], told_at=alarm.at)}


def longest_ago(by_clock: datetime, passed: timedelta, at: datetime) -> datetime:
    """When something was, by the clock of then and by the time that has `passed`: whichever is longer ago.

    A clock that was put back would have it in the future, and a machine that slept counts no time.
    """
    return min(by_clock, at - passed)


def of_road(last_good: datetime, newest: Round | None, every: timedelta, at: datetime) -> list[Trouble]:
    """The road is shut when nobody got through for two periods."""
    if at - last_good <= 2 * every:
        return []
    why = newest.detail if newest is not None and newest.detail else "no round comes to an end"
    text = f"Nothing is monitored since {clock(last_good)}: {why}. Pages and messages may be missing."
    return [Trouble("road", text, "The whole road is open again: what was late is being worked through.")]


def of_database(away_since: datetime | None, patience: timedelta, at: datetime) -> list[Trouble]:
    """The database is away longer than a restart takes."""
    if away_since is None or at - away_since < patience:
        return []
    text = f"The database does not answer since {clock(away_since)}: nothing is stored, judged or told."
    return [Trouble("database", text, "The database answers again.")]


@dataclass(frozen=True, slots=True)
class Held:
    """What is the first in its queue, and since when it has been."""

    what: object
    since: datetime


def still_first(before: Mapping[str, Held], first: Mapping[str, object], at: datetime) -> dict[str, Held]:
    """How long the first of each queue has been the same; a queue with None is empty.

    By the watchdog's own looking: a row may be of before the part that works it off was started.
    """
    found = {}
    for queue, what in first.items():
        known = before.get(queue)
        if known is not None and known.what == what and known.since <= at:
            found[queue] = known
        elif what is not None:
            found[queue] = Held(what, at)
    return found


def of_answers(
    since: datetime | None, looked_since: datetime, every: timedelta, at: datetime
) -> list[Trouble]:
    """Somebody's answer is not judged for two periods; time in which nobody could have judged it is none."""
    if since is None or at - max(since, looked_since) <= 2 * every:
        return []
    text = f"An answer of a patient waits to be judged since {clock(since)}: look at analytics."
    return [Trouble("answers", text, "All answers are judged.", since=since)]


def of_messages(
    since: datetime | None, looked_since: datetime, every: timedelta, at: datetime
) -> list[Trouble]:
    """Somebody's message is due for two periods, and nobody takes it in hand."""
    if since is None or at - max(since, looked_since) <= 2 * every:
        return []
    text = f"A message is due since {clock(since)} and nobody sends it: look at alerting."
    return [Trouble("messages", text, "All messages that were due are taken in hand.", since=since)]


def of_channel(held: Held | None, refused: Refused | None, every: timedelta, at: datetime) -> list[Trouble]:
    """A message is tried again and again for two periods, and its channel does not take it."""
    if held is None or refused is None or at - held.since <= 2 * every:
        return []
    vain = ", and nobody is told of its case" if refused.nobody_told else ""
    text = (
        f"A message of site {refused.site} is tried since {clock(held.since)} or longer, and the channel "
        f"{refused.channel} does not take it{vain}: look at that channel."
    )
    over = "No message is refused any more."
    return [Trouble("channel", text, over, since=held.since, nobody_told=refused.nobody_told)]


def of_audit(held: Held | None, head_waits: timedelta, every: timedelta, at: datetime) -> list[Trouble]:
    """What was written down gets no seal for two periods, or no place outside takes the head."""
    found = []
    if held is not None and at - held.since > 2 * every:
        text = (
            f"The audit is not sealed since {clock(held.since)}: {held.what} waits. What is removed from it "
            "now is not missed. Look at alerting."
        )
        found.append(Trouble("audit", text, "The audit is sealed again.", since=held.since))
    if head_waits > 2 * every:
        text = (
            f"The head of the audit is published nowhere since {clock(at - head_waits)}: look at "
            "ACTALGIA_AUDIT_HEAD_FILE and ACTALGIA_AUDIT_HEAD_URL, and at the log of alerting."
        )
        found.append(
            Trouble("head", text, "The head of the audit is published again.", since=at - head_waits)
        )
    return found


def of_parts(held: Mapping[str, Held], every: timedelta, at: datetime) -> list[Trouble]:
    """A part lives, and a thread of it has ended: nobody starts it again."""
    return [
        Trouble(
            f"part {part}", f"{part} is alive, but a part of it has ended: restart it.", f"{part} is well."
        )
        for part, one in held.items()
        if at - one.since > 2 * every
    ]


def of_unheard(cases: Sequence[int], base_url: str) -> list[Trouble]:
    """Cases of which everybody on the ladder was told and that nobody has answered."""
    url = base_url.rstrip("/")
    found = [
        Trouble(
            f"case {number}",
            f"Case {number}: the whole ladder was told and nobody has answered.",
            f"Case {number} is answered.",
            f"{url}/cases/{number}",
        )
        for number in cases[:NAMED_CASES]
    ]
    if more := len(cases) - NAMED_CASES if len(cases) > NAMED_CASES else 0:
        text = f"{more} further cases: the whole ladder was told and nobody has answered."
        found.append(Trouble("cases", text, "No further case is unanswered.", f"{url}/"))
    return found


def clock(at: datetime) -> str:
    """An instant for operators."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
