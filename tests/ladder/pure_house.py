"""The pure core alone: what `store.alerts.case_life` does with rows, done with values."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from ladder.happenings import (
    Acknowledged,
    Assigned,
    Cancel,
    Effect,
    Evidence,
    Happening,
    Notified,
    Reopened,
    Resolved,
    Snoozed,
    SnoozeEnded,
    Suppressed,
    Tell,
    Tick,
    Unreached,
)
from ladder.life import Life, Refused, after
from ladder.plan_timing import reached_at, timings_of
from ladder.timing import SHIPPED
from ladder.words import Outcome
from tests.ladder.machine import PLAN, Message


class PureHouse:
    """One patient."""

    def __init__(self, quiet: bool) -> None:
        self.planned = quiet
        self.timings = timings_of(PLAN) if quiet else SHIPPED
        self.cases: list[Life] = []
        self.rows: list[Message] = []
        self.silences: list[tuple[datetime, datetime, bool]] = []
        self.keys: list[str] = []
        self.died: Counter[str] = Counter()
        self.said = ""
        self.there = True

    def _happen(self, happening: Happening, at: datetime) -> bool:
        if not self.cases:
            return False
        before = self.cases[-1]
        try:
            self.cases[-1], effects = after(before, happening, self.timings, at)
        except Refused:
            return False
        for effect in effects:
            self._carry_out(effect, at)
        return self.cases[-1] != before

    def _reaches(self, rung: int, at: datetime) -> bool:
        if self.planned:
            return bool(reached_at(PLAN, self.cases[-1].severity, rung, at))
        return self.there or rung > 1

    def _carry_out(self, effect: Effect, at: datetime) -> None:
        case = len(self.cases) - 1
        match effect:
            case Tell(step, rung) if self._reaches(rung, at):
                self.rows.append(Message(case, step, f"{case} {step}", "pending", None))
                assert [row.key for row in self.rows].count(f"{case} {step}") == 1, "a key is written once"
            case Suppressed(why, step):
                self.said = why
                if step:
                    self.rows.append(Message(case, step, f"{case} {step}", "suppressed", why))
            case Cancel():
                self.rows = [
                    Message(row.case, row.step, row.key, "cancelled", None)
                    if row.case == case and row.state == "pending"
                    else row
                    for row in self.rows
                ]

    def decide(self, severity: str, untold: str, at: datetime) -> None:
        self.said = ""
        if not self.cases or self.cases[-1].resolved:
            self.cases.append(Life(severity, at))
        self._happen(Evidence(severity, untold), at)
        self.turn(at)

    def acknowledge(self, by: str, lasts: timedelta | None, at: datetime) -> bool:
        return self._happen(Acknowledged(by, None if lasts is None else at + lasts), at)

    def assign(self, by: str, to: str, at: datetime) -> bool:
        return self._happen(Assigned(by, to), at)

    def snooze(self, by: str, second: str | None, lasts: timedelta, at: datetime) -> bool:
        return self._happen(Snoozed(by, at + lasts, second), at)

    def end_snooze(self, by: str, at: datetime) -> bool:
        return self._happen(SnoozeEnded(by), at)

    def resolve(self, by: str, outcome: Outcome, at: datetime) -> bool:
        return self._happen(Resolved(by, outcome), at)

    def reopen(self, by: str, at: datetime) -> bool:
        return self._happen(Reopened(by), at)

    def silence(self, by: str, second: str | None, lasts: timedelta, at: datetime) -> None:
        self.silences.append((at, at + lasts, second not in (None, by)))

    def turn(self, at: datetime, workers: int = 1) -> None:
        while self.cases and self.cases[-1].next_at is not None and self.cases[-1].next_at <= at:
            life = self.cases[-1]
            covers = [
                ends
                for begins, ends, two in self.silences
                if begins <= at < ends and (two or life.severity != "high")
            ]
            self._happen(Tick(max(covers, default=None)), at)
            now = self.cases[-1]
            if now.step != life.step and not covers and not self._reaches(now.rung, at):
                self._happen(Unreached(now.rung), at)

    def send(self, sink: str, at: datetime) -> None:
        for i, row in enumerate(self.rows):
            if row.state == "pending":
                if sink != "refuses":
                    self.keys.append(row.key)
                if sink == "dies":
                    self.died[row.key] += 1
                if sink == "well":
                    self.rows[i] = Message(row.case, row.step, row.key, "sent", None)
                    if row.case == len(self.cases) - 1:
                        self._happen(Notified(), at)
                return

    def reachable(self, there: bool) -> None:
        self.there = there

    def open_case(self) -> tuple[int, Life] | None:
        if not self.cases or self.cases[-1].resolved:
            return None
        return len(self.cases) - 1, self.cases[-1]

    def newest_case(self) -> tuple[int, Life] | None:
        return (len(self.cases) - 1, self.cases[-1]) if self.cases else None

    def open_cases(self) -> int:
        return sum(not life.resolved for life in self.cases)

    def messages(self) -> list[Message]:
        return list(self.rows)

    def taken(self) -> list[str]:
        return self.keys

    def deaths(self) -> Counter[str]:
        return self.died

    def last_said(self) -> str:
        return self.said

    def close(self) -> None:
        pass
