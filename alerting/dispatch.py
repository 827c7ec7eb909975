"""The outbox, sent: one thread claims and writes down, each send has a thread of its own.

A send that takes longer than ten seconds is given up: its connection is closed, nobody waits for its thread.
"""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
import structlog

from alerting.addresses import Ways
from alerting.lanes import Lane
from alerting.sending import TOO_LONG, said_of, send
from alerting.settling import Back, NotTaken, Result, Taken, settle_past_what_breaks
from alerting.time_limit import TIMEOUT_S, TimeLimit
from alerting.turns import Turn, Turns
from store.alerts import outbox_claims
from store.database import now, transaction

log = structlog.get_logger()

MOST_AT_ONCE = 200  #: sends, whatever the lanes would allow
FOR_URGENT = 50  #: of these that what is not urgent leaves free
IDLE_S = 0.5
BUSY_S = 0.02
SETTLED_AT_ONCE = 100  #: results; each locks its cases
#: The look at what is not urgent counts all of it: it may take this share of the time.
SHARE_OF_LOOKING = 0.1
CLOCK_LOOK_S = 30.0  #: between looks for what a clock that was set back keeps waiting


@dataclass(eq=False, slots=True)
class _Attempt:
    turn: Turn
    lane: Lane
    limit: TimeLimit
    ends_at: float  #: by the clock that only goes forward


@dataclass(slots=True)
class Dispatch:
    """Sends what is due. `wake` it when there is something new."""

    engine: sa.Engine
    ways: Ways
    base_url: str
    timeout_s: float = TIMEOUT_S
    counts: dict[str, int] = field(default_factory=lambda: {"deliveries": 0})
    wake: threading.Event = field(default_factory=threading.Event)
    turns: Turns = field(init=False)
    _running: set[_Attempt] = field(default_factory=set)
    _given_up: set[_Attempt] = field(default_factory=set)
    _ended: queue.SimpleQueue[tuple[_Attempt, Result | None]] = field(default_factory=queue.SimpleQueue)
    _results: list[Result] = field(default_factory=list)
    _look_again: float = 0.0
    _look_at_clock: float = 0.0

    def __post_init__(self) -> None:
        self.turns = Turns(self.ways)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Losing the database pauses the work; it goes on when it is back."""
        while not stop.is_set():
            self.wake.clear()
            try:
                busy = self.round(now())
            except sa.exc.OperationalError:
                log.warning("the database is away", action="database_away")
                busy = False
            except Exception as error:  # noqa: BLE001  one that cannot be sent must not keep the others back
                log.error("a round failed", action="dispatch_failed", error=type(error).__name__)
                busy = False
            self.wake.wait(BUSY_S if busy else IDLE_S)
        self._finish(now())

    def round(self, at: datetime) -> bool:
        """Give up on what takes too long, write down what has ended, begin what is due.

        Whether there was any. Called by one thread only.
        """
        self._collect(at)
        written = self._settle(at)
        began = self._begin(at)
        return bool(written or began)

    def wait(self, seconds: float) -> None:
        """Until nothing is being sent any more, or that has passed."""
        until = time.monotonic() + seconds
        while self._running and time.monotonic() < until:
            self._collect(now())
            time.sleep(0.005)

    def _collect(self, at: datetime) -> None:
        while not self._ended.empty():
            attempt, result = self._ended.get_nowait()
            if attempt in self._given_up:
                self._given_up.discard(attempt)
                attempt.lane.given_up -= 1
                if isinstance(result, Taken):  # late, but the person has it: no need to tell again
                    self._results.append(result)
                continue
            self._running.discard(attempt)
            asked = isinstance(result, Taken | NotTaken)
            attempt.lane.ended(isinstance(result, Taken) if asked else None, at)
            if result is not None:
                self._results.append(result)
        clock = time.monotonic()
        for attempt in [one for one in self._running if clock >= one.ends_at]:
            self._running.discard(attempt)
            self._given_up.add(attempt)
            attempt.lane.gave_up(at)
            attempt.limit.over()
            self._results.append(NotTaken(attempt.turn.deliveries, TOO_LONG))

    def _settle(self, at: datetime) -> int:
        results = self._results[:SETTLED_AT_ONCE]
        if not results:
            return 0
        left = settle_past_what_breaks(self.engine, results, self.ways, at)
        self._results = self._results[SETTLED_AT_ONCE:] + left
        for result in results:
            if isinstance(result, Taken):
                self.counts["deliveries"] += len(result.deliveries)
            said_of(result)
        return len(results) - len(left)

    def _begin(self, at: datetime) -> int:
        room = MOST_AT_ONCE - len(self._running)
        if room <= 0:
            return 0
        clock = time.monotonic()
        with transaction(self.engine) as session:
            if clock >= self._look_at_clock:
                outbox_claims.bring_back(session, at)
                self._look_at_clock = clock + CLOCK_LOOK_S
            outbox_claims.keep(session, self._in_hand(at), at)
            turns, failed = self.turns.urgent(session, at, room)
        self._results += failed
        self._start(turns)
        began = time.monotonic()
        if began < self._look_again:
            return len(turns) + len(failed)
        with transaction(self.engine) as session:
            others, also = self.turns.others(session, at, room - len(turns) - FOR_URGENT)
        took = time.monotonic() - began
        self._look_again = began + took / SHARE_OF_LOOKING if took > BUSY_S else 0.0
        self._results += also
        self._start(others)
        return len(turns) + len(failed) + len(others) + len(also)

    def _start(self, turns: list[Turn]) -> None:
        for turn in turns:
            lane = self.turns.lanes[turn.place.lane]
            attempt = _Attempt(turn, lane, TimeLimit(), time.monotonic() + self.timeout_s)
            lane.began()
            self._running.add(attempt)
            try:
                threading.Thread(target=self._send, args=(attempt,), name="sender", daemon=True).start()
            except RuntimeError:  # the machine has no thread left: it was not sent, and is due as before
                self._ended.put((attempt, Back(turn.deliveries)))

    def _send(self, attempt: _Attempt) -> None:
        result: Result | None = Back(attempt.turn.deliveries)
        try:
            channel = attempt.turn.place.channel
            assert channel is not None
            result = send(self.engine, attempt.turn.deliveries, channel, self.base_url, attempt.limit)
        finally:
            self._ended.put((attempt, result))
            self.wake.set()

    def _in_hand(self, at: datetime) -> list[int]:
        """What is being sent here, or was and is not written down yet, though its claim has run out."""
        turns = [one.turn.deliveries for one in self._running] + [one.deliveries for one in self._results]
        return [one.id for deliveries in turns for one in deliveries if one.next_attempt_at <= at]

    def _finish(self, at: datetime) -> None:
        """What is being sent has two seconds to end; what has ended is written down."""
        self.wait(2.0)
        try:
            while self._results and self._settle(at):
                pass
        except sa.exc.SQLAlchemyError:
            log.warning("the database is away", action="database_away")
