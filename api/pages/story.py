"""The story of a case in plain words; the same reason for telling nobody stands there once. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from api.pages import words
from store.alerts.cases import SYSTEM, CaseEvent

KINDS = {
    "opened": "opened",
    "evidence": "more evidence",
    "notified": "a message is out",
    "suppressed": "nobody was told",
    "acknowledged": "acknowledged",
    "assigned": "handed over",
    "acknowledgement_ended": "the answer ended",
    "snooze_asked": "a snooze was asked for",
    "snooze_withdrawn": "the question for a snooze was withdrawn",
    "snoozed": "snoozed",
    "snooze_ended": "the snooze ended",
    "nobody_reached": "nobody was reached",
    "nobody_answered": "nobody answered",
    "stale": "left for review",
    "resolved": "closed",
    "reopened": "opened again",
    "level_agreed": "its expected level was agreed to",
    "level_ended": "its expected level was ended",
    "comment": "comment",
}
_BY_NOBODY = ("opened", "evidence", "suppressed", "notified")
_UTC = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d) UTC")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the story; `times` of the same since `at`, the last one at `last`."""

    at: datetime
    last: datetime
    times: int
    what: str
    by: str | None
    said: str  #: why, by the software
    quoted: str | None  #: what a person wrote


def story(events: Sequence[CaseEvent], known: str, zone: tzinfo, now: datetime) -> list[Line]:
    """In order of time. `known` is the reason of the case, which is not said again."""
    lines: list[Line] = []
    suppressed: dict[str, int] = {}  #: reason -> where it stands since the last thing that anybody did
    for event in events:
        if event.kind == "suppressed":
            place = suppressed.setdefault(event.comment or "", len(lines))
            if place < len(lines):
                lines[place] = replace(lines[place], last=event.at, times=lines[place].times + 1)
                continue
        elif event.kind not in _BY_NOBODY:
            suppressed.clear()
        lines.append(_line(event, known, zone, now))
    return lines


def _line(event: CaseEvent, known: str, zone: tzinfo, now: datetime) -> Line:
    own = event.actor == SYSTEM
    said = []
    if (to := event.evidence.get("to")) is not None:
        said.append(f"to {to}")
    if (reason := event.evidence.get("reason", known)) != known:
        said.append(str(reason))
    if outcome := event.evidence.get("outcome"):
        said.append(words.OUTCOME[outcome])
    if until := event.evidence.get("until"):
        said.append(f"until {words.short(datetime.fromisoformat(until), zone, now)}")
    if second := event.evidence.get("second"):
        said.append(f"{second} agrees")
    if own and event.comment:
        said.append(in_zone(event.comment, zone, now))
    return Line(
        at=event.at,
        last=event.at,
        times=1,
        what=KINDS.get(event.kind, event.kind.replace("_", " ")),
        by=None if own else event.actor,
        said="; ".join(said),
        quoted=None if own else event.comment,
    )


def in_zone(text: str, zone: tzinfo, now: datetime) -> str:
    """The text with its times in UTC on the reader's clock."""

    def there(found: re.Match[str]) -> str:
        return words.short(datetime.fromisoformat(found[1]).replace(tzinfo=UTC), zone, now)

    return _UTC.sub(there, text)
