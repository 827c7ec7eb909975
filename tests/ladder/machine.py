"""Cases under every order of happenings that we can think of: what must hold, whoever carries it out.

One patient, one ward. Decisions come in, people answer, snooze, silence, resolve, re-open; workers take turns
once, twice or not at all for a while (a restart: nothing lives outside the house), the clock jumps; sinks
take messages, refuse them, or take them and the worker dies before it has written that down. `House` is the
pure core or the real database. Half of the wards have a plan, with a rota and quiet hours that end at half past
two, a time that the clocks of Rome skip in one of the nights and show twice in another.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ladder.plan import Plan
from ladder.reading import plan_of
from ladder.state import Life
from ladder.timing import SHIPPED, STALE_AFTER
from ladder.words import Outcome, is_worse
from tests.ladder.wards import document

#: Two hours before the clocks of Rome go back.
START = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)
PEOPLE = ("anna", "bruno", "carla")
NIGHTS = (START, datetime(2026, 3, 29, 0, 0, tzinfo=UTC), datetime(2026, 12, 31, 22, 30, tzinfo=UTC))

ROME = ZoneInfo("Europe/Rome")
QUIET = (timedelta(hours=22), timedelta(hours=2, minutes=30))  #: on the clock of the ward
PLAN: Plan = plan_of(document(quiet_hours={"from": "22:00", "to": "02:30"}))

severities = st.sampled_from(("high", "medium", "low"))
people = st.sampled_from(PEOPLE)
whiles = st.sampled_from(
    [timedelta(seconds=s) for s in (1, 1200, 3600, 5 * 3600)] + [timedelta(days=d) for d in (1, 4, 13, 16)]
)


@dataclass(frozen=True, slots=True)
class Message:
    """A row of the outbox, or what a sink was given."""

    case: int
    step: int
    key: str
    state: str
    why: str | None


class House(Protocol):
    """Something that carries out what happens."""

    def decide(self, severity: str, untold: str, at: datetime) -> None:
        """A decision that opens or joins the case."""

    def acknowledge(self, by: str, lasts: timedelta | None, at: datetime) -> bool:
        """False: refused, or nothing changed; as for the next five."""

    def assign(self, by: str, to: str, at: datetime) -> bool: ...
    def snooze(self, by: str, second: str | None, lasts: timedelta, at: datetime) -> bool: ...
    def end_snooze(self, by: str, at: datetime) -> bool: ...
    def resolve(self, by: str, outcome: Outcome, at: datetime) -> bool: ...
    def reopen(self, by: str, at: datetime) -> bool: ...
    def silence(self, by: str, second: str | None, lasts: timedelta, at: datetime) -> None: ...
    def turn(self, at: datetime, workers: int = 1) -> None:
        """Workers take the turns that are due, at the same time."""

    def send(self, sink: str, at: datetime) -> None:
        """A worker sends one message, to a sink that is `well`, `refuses`, or `dies` after taking it."""

    def reachable(self, there: bool) -> None:
        """Whether anybody of the first rung is on duty; where there is a plan, that says it."""

    def open_case(self) -> tuple[int, Life] | None: ...
    def newest_case(self) -> tuple[int, Life] | None: ...
    def open_cases(self) -> int: ...
    def messages(self) -> list[Message]: ...
    def taken(self) -> list[str]:
        """The keys that sinks were given, in order."""

    def deaths(self) -> Counter[str]:
        """How often a worker died after a sink took the message of that key."""

    def last_said(self) -> str:
        """Why the newest page was not told; empty where it was told or waits for its time."""

    def close(self) -> None: ...


class Cases(RuleBasedStateMachine):
    """The machine; a subclass makes the house."""

    def make_house(self, quiet: bool) -> House:
        raise NotImplementedError

    @initialize(start=st.sampled_from(NIGHTS), quiet=st.booleans())
    def begin(self, start: datetime, quiet: bool) -> None:
        self.at = start
        self.quiet = quiet
        self.house = self.make_house(quiet)
        self.silenced: list[tuple[datetime, datetime, bool]] = []
        self.has_it = False  #: somebody answered, and it was not taken back
        self.told_before = 0

    def teardown(self) -> None:
        if hasattr(self, "house"):
            self.to_the_end()
            self.house.close()

    # What happens.

    @rule(severity=severities)
    def a_page_is_decided(self, severity: str) -> None:
        before = self.house.open_case()
        told = len(self.sendable())
        self.house.decide(severity, "", self.at)
        after = self.house.open_case()
        assert after is not None, "a page is a case"
        self.noticed(before, after)
        waits = after[1].next_at is not None and after[1].next_at > self.at and not after[1].answered
        new = len(self.sendable()) > told
        if before is not None and is_worse(severity, before[1].severity):
            assert not after[1].answered, "what is worse than what was answered is told"
        held = self.quiet and after[1].severity != "high" and waits
        self.whoever_is_told_may_be(before, after[1], new)
        assert new or held or self.house.last_said(), "a page is told, or the reason is written down"

    @rule(severity=severities)
    def evidence_that_nobody_is_told_of(self, severity: str) -> None:
        told = len(self.sendable())
        due = self.house.open_case()
        was_due = due is not None and due[1].next_at is not None and due[1].next_at <= self.at
        self.house.decide(severity, "the level is expected", self.at)
        after = self.house.open_case()
        assert after is not None
        self.noticed(due, after)
        self.whoever_is_told_may_be(due, after[1], len(self.sendable()) > told)
        assert due is None or not due[1].paged or after[1].severity == due[1].severity
        assert was_due or len(self.sendable()) == told

    @rule(by=people, lasts=st.none() | whiles)
    def somebody_acknowledges(self, by: str, lasts: timedelta | None) -> None:
        if self.house.acknowledge(by, lasts, self.at):
            self.has_it = True

    @rule(by=people, to=people)
    def somebody_assigns(self, by: str, to: str) -> None:
        if self.house.assign(by, to, self.at):
            self.has_it = True

    @rule(by=people, second=st.none() | people, lasts=whiles)
    def somebody_snoozes(self, by: str, second: str | None, lasts: timedelta) -> None:
        case = self.house.open_case()
        done = self.house.snooze(by, second, lasts, self.at)
        if done and case is not None and case[1].severity == "high":
            assert second is not None and second != by, "urgent cases take two persons"

    @rule(by=people)
    def somebody_ends_the_snooze(self, by: str) -> None:
        self.house.end_snooze(by, self.at)

    @rule(by=people, outcome=st.sampled_from(Outcome))
    def somebody_resolves(self, by: str, outcome: Outcome) -> None:
        if self.house.resolve(by, outcome, self.at):
            self.has_it = False
            assert self.house.open_case() is None

    @rule(by=people)
    def somebody_opens_it_again(self, by: str) -> None:
        if self.house.reopen(by, self.at):
            self.has_it = True

    @rule(by=people, second=st.none() | people, lasts=whiles)
    def somebody_silences_the_patient(self, by: str, second: str | None, lasts: timedelta) -> None:
        second = None if second == by else second
        self.house.silence(by, second, lasts, self.at)
        self.silenced.append((self.at, self.at + lasts, second is not None))

    @rule(there=st.booleans())
    def the_first_rung_is_on_duty_or_not(self, there: bool) -> None:
        self.house.reachable(there)

    @rule(passes=whiles)
    def time_passes(self, passes: timedelta) -> None:
        self.at += passes

    @rule(back=st.sampled_from((timedelta(seconds=2), timedelta(hours=1), timedelta(days=1))))
    def the_clock_is_set_back(self, back: timedelta) -> None:
        self.at -= back

    @rule(workers=st.sampled_from((1, 2)))
    def workers_take_turns(self, workers: int) -> None:
        before, told = self.house.open_case(), len(self.sendable())
        self.house.turn(self.at, workers)
        after = self.house.open_case()
        self.noticed(before, after)
        if after is not None:
            tells = len(self.sendable()) > told
            self.whoever_is_told_may_be(before, after[1], tells)
            old = before is not None and self.at - before[1].evidence_at > STALE_AFTER
            assert not (tells and old), "no timer tells of what is old"

    @rule(sink=st.sampled_from(("well", "well", "refuses", "dies")))
    def a_worker_sends(self, sink: str) -> None:
        pending = {one.key for one in self.house.messages() if one.state == "pending"}
        taken = len(self.house.taken())
        self.house.send(sink, self.at)
        assert set(self.house.taken()[taken:]) <= pending, "only what waits is sent"

    # What must hold.

    @invariant()
    def what_must_hold(self) -> None:
        if hasattr(self, "house"):  # called before `begin`, too
            self.nothing_is_decided_for_a_case_that_somebody_has()
            self.what_waits_has_a_time()
            self.a_key_is_taken_once_but_for_crashes()
            assert self.house.open_cases() <= 1
            assert all(one.why for one in self.house.messages() if one.state == "suppressed")

    def nothing_is_decided_for_a_case_that_somebody_has(self) -> None:
        told = len(self.sendable())
        if self.has_it:
            assert told == self.told_before, "nobody is told after an answer"
            assert not any(one.state == "pending" for one in self.house.messages())
        self.told_before = told

    def what_waits_has_a_time(self) -> None:
        case = self.house.open_case()
        if case is None:
            return
        life = case[1]
        if life.next_at is None and life.paged and not life.unheard:
            assert life.held_until is None, "an answer that ends has a timer"
            assert self.stale(life), "an escalation is lost: nobody has it and no timer will tell of it"

    def a_key_is_taken_once_but_for_crashes(self) -> None:
        deaths = self.house.deaths()
        for key, times in Counter(self.house.taken()).items():
            assert times <= 1 + deaths[key], "twice only where a worker died between sending and marking"

    def to_the_end(self) -> None:
        """Nobody does anything any more, workers and sinks are well: every urgent case comes to its end."""
        case = self.house.open_case()
        if case is None or case[1].severity != "high" or not case[1].paged:
            return
        for _ in range(300):
            self.house.turn(self.at)
            found = self.house.open_case()
            assert found is not None
            life = found[1]
            if life.next_at is None:
                break
            self.at = max(self.at, life.next_at)
        assert life.unheard or self.stale(life), "an urgent case ends at the terminal step or is for review"
        if life.unheard:
            assert life.rung == len(self.timings_of_high()), "the terminal step was taken"

    def timings_of_high(self) -> tuple[timedelta, ...]:
        return SHIPPED.of["high"].rungs  # those of the plan are the same

    def whoever_is_told_may_be(self, before: tuple[int, Life] | None, after: Life, told: bool) -> None:
        """Nobody whom a silence or a snooze covers, and nobody at night of what is not urgent."""
        if not told:
            return
        assert not self.is_silenced(after.severity), "nobody is told of whom a silence covers"
        assert after.severity == "high" or not self.is_quiet(), "nobody is told in quiet hours"
        if before is not None and before[1].paged and before[1].snoozed_until is not None:
            was = before[1]
            assert self.at >= was.snoozed_until or is_worse(after.severity, was.severity), "it was snoozed"

    def is_quiet(self) -> bool:
        """By the latest time that the clock on the wall has shown: set back, it stands still till then."""
        if not self.quiet:
            return False
        shown = max(_on_the_wall(self.at - timedelta(minutes=m)) for m in range(0, 61, 2))
        since_midnight = shown - shown.replace(hour=0, minute=0, second=0, microsecond=0)
        return since_midnight >= QUIET[0] or since_midnight < QUIET[1]

    def sendable(self) -> list[Message]:
        return [one for one in self.house.messages() if one.state != "suppressed"]

    def is_silenced(self, severity: str) -> bool:
        return any(
            begins <= self.at < ends and (two or severity != "high") for begins, ends, two in self.silenced
        )

    def stale(self, life: Life) -> bool:
        return self.at - life.evidence_at > STALE_AFTER - timedelta(hours=3)  # the clock was set back

    def noticed(self, before: tuple[int, Life] | None, after: tuple[int, Life] | None) -> None:
        """An answer ends by its time, or by what is more severe than it was given for; and by nothing else. A
        case is left for review when nothing was heard for so long, and not before."""
        if before is not None and after is not None and before[1].paged and not after[1].paged:
            assert self.at - before[1].evidence_at > STALE_AFTER, "left for review too early"
        if not self.has_it or after is None or after[1].answered:
            return
        assert before is not None
        was, now = before[1], after[1]
        assert before[0] == after[0]
        time_over = was.held_until is not None and was.held_until <= self.at
        worse = ("high", "medium", "low").index(now.severity) < ("high", "medium", "low").index(was.severity)
        assert time_over or worse or not was.paged, "an answer was taken back without a reason"
        self.has_it = False
        self.told_before = len(self.sendable())


def _on_the_wall(at: datetime) -> datetime:
    return at.astimezone(ROME).replace(tzinfo=None, fold=0)
