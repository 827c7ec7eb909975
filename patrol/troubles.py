"""What operators are told: when a trouble begins, each hour that it lasts, and when it is over. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from patrol.legs import Round

AGAIN_AFTER = timedelta(hours=1)
_ALARMS = uuid.UUID("0f2f8a52-3b38-5a0e-9d55-0c3f0f6e7b41")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong now. Nothing clinical, no patient."""

    key: str  #: the same for as long as it is the same trouble
    text: str
    over: str  #: what is said when it is over
    link: str | None = None


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
        elif at - one.told_at >= AGAIN_AFTER:
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


def of_waits(
    answer_since: datetime | None, message_since: datetime | None, every: timedelta, at: datetime
) -> list[Trouble]:
    """Somebody's answer is not judged, or somebody's message not sent, for two periods."""
    found = []
    if answer_since is not None and at - answer_since > 2 * every:
        text = f"An answer of a patient waits to be judged since {clock(answer_since)}: look at analytics."
        found.append(Trouble("answers", text, "All answers are judged."))
    if message_since is not None and at - message_since > 2 * every:
        text = f"A message is due since {clock(message_since)} and nobody sends it: look at alerting."
        found.append(Trouble("messages", text, "All messages that were due are taken in hand."))
    return found


def of_channels(untaken_since: datetime | None, every: timedelta, at: datetime) -> list[Trouble]:
    """Every channel of everybody who was to be told of a case has failed for two periods."""
    if untaken_since is None or at - untaken_since <= 2 * every:
        return []
    text = (
        f"A message of {clock(untaken_since)} is tried in vain by every channel, nobody is told of its case: "
        "look at the worklist, at ACTALGIA_CHANNELS and at the addresses of the plans."
    )
    return [Trouble("channels", text, "Of every case somebody has been told.")]


def of_unheard(cases: Sequence[int], base_url: str) -> list[Trouble]:
    """Cases of which everybody on the ladder was told and that nobody has answered."""
    return [
        Trouble(
            f"case {number}",
            f"Case {number}: the whole ladder was told and nobody has answered.",
            f"Case {number} is answered.",
            f"{base_url.rstrip('/')}/cases/{number}",
        )
        for number in cases
    ]


def clock(at: datetime) -> str:
    """An instant for operators."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
