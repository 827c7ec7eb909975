"""The watchdog's process: one thread walks, one looks whether it gets through and tells the operators."""

from __future__ import annotations

import threading
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from patrol import troubles
from patrol.channels import Send, open_and_close
from patrol.in_time import InTime
from patrol.legs import Round
from patrol.telling import Teller
from patrol.traveller import Traveller
from patrol.troubles import Held, Trouble
from simulate.connection import Address
from store import heartbeat
from store.database import now, transaction
from store.watch.rounds import add_round
from store.watch.waits import Waits, waits

log = structlog.get_logger()

LONGEST_LOOK_S = 5.0
#: Troubles that pages and `/readyz` tell beside the road: patients wait, or what is done leaves no proof.
SHOWN = ("answers", "messages", "audit")
DATABASE_AWAY = timedelta(seconds=60)  #: a restart of the server takes less


@dataclass(slots=True)
class Watchdog:
    """What one walks and tells with, and how the last rounds went."""

    engine: sa.Engine
    to: Address
    operators: Mapping[str, Send]
    heartbeat_url: str | None
    every_s: float
    base_url: str
    last_good: datetime
    newest: Round | None = None
    rounds: int = 0
    good: int = 0
    _good_mono: float = field(
        default_factory=time.monotonic
    )  #: the same instant for a clock that cannot jump
    _looks_since: datetime | None = None  #: since when the database is seen without a break
    _held: dict[str, Held] = field(default_factory=dict)
    _present: list[Trouble] = field(default_factory=list)
    _tellers: list[Teller] = field(default_factory=list)
    _outside: InTime = field(default_factory=InTime)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Raises `RuntimeError` when the walking thread has died: start again."""
        walker = threading.Thread(target=self._walk, args=(stop,), name="walker", daemon=True)
        walker.start()
        self._tellers = [Teller(name, send) for name, send in self.operators.items()]
        away_since: datetime | None = None
        while not stop.wait(min(LONGEST_LOOK_S, self.every_s / 5)):
            if not walker.is_alive():
                raise RuntimeError("the watchdog's walking thread has died")
            at = now()
            found = self._look(at)
            away_since = None if found is not None else away_since or at
            if found is None:
                # What became of the rest is not known now: what was told stands.
                still = [trouble for trouble in self._present if trouble.key != "database"]
                patience = min(DATABASE_AWAY, timedelta(seconds=2 * self.every_s))
                self._present = still + troubles.of_database(away_since, patience, at)
                self._looks_since = None
            else:
                self._looks_since = min(self._looks_since or at, at)
                self._present = self._troubles(found, self._looks_since, at)
            for teller in self._tellers:
                teller.tell(self._present, at)
        walker.join(timeout=2)

    def _troubles(self, found: Waits, looks_since: datetime, at: datetime) -> list[Trouble]:
        every = timedelta(seconds=self.every_s)
        passed = timedelta(seconds=time.monotonic() - self._good_mono)
        first = {"seal": found.unsealed, "message": found.refused}
        self._held = troubles.still_first(self._held, {**first, **dict.fromkeys(found.ended, True)}, at)
        parts = {part: self._held[part] for part in found.ended}
        head_waits = timedelta(seconds=found.head_waits_s)
        return [
            *troubles.of_road(troubles.longest_ago(self.last_good, passed, at), self.newest, every, at),
            *troubles.of_answers(found.answer_since, looks_since, every, at),
            *troubles.of_messages(found.message_since, looks_since, every, at),
            *troubles.of_channel(self._held.get("message"), found.refused, every, at),
            *troubles.of_audit(self._held.get("seal"), head_waits, every, at),
            *troubles.of_parts(parts, every, at),
            *troubles.of_unheard(found.unheard, self.base_url),
        ]

    def _look(self, at: datetime) -> Waits | None:
        """What waits; None: the database is away."""
        shown = [
            {"key": one.key, "since": (one.since or at).isoformat()}
            for one in self._present
            if one.key in SHOWN
        ]
        counts = {"rounds": self.rounds, "good": self.good, "troubles": len(self._present), "shown": shown}
        try:
            with transaction(self.engine) as session:
                heartbeat.beat(session, "watchdog", at, True, counts)
                return waits(session)
        except sa.exc.SQLAlchemyError as error:
            log.warning("the database is away", action="database_away", error=type(error).__name__)
            return None

    def _walk(self, stop: threading.Event) -> None:
        traveller = Traveller(self.engine, self.to, self.every_s)
        while not stop.is_set():
            began = time.monotonic()
            made = traveller.round(stop)
            if stop.is_set():
                return
            self._note(made)
            stop.wait(max(0.5, self.every_s - (time.monotonic() - began)))

    def _note(self, made: Round) -> None:
        self.rounds += 1
        self.newest = made
        log.info(
            "a round",
            action="round",
            good=made.good,
            missing=made.missing,
            seconds=round((made.ended_at - made.started_at).total_seconds(), 3),
        )
        try:
            with transaction(self.engine) as session:
                add_round(
                    session,
                    made.started_at,
                    made.ended_at,
                    self.every_s,
                    made.legs,
                    made.missing,
                    made.detail,
                )
        except sa.exc.SQLAlchemyError:
            log.warning("the database is away", action="database_away")
            return
        if made.good:
            self.good += 1
            self.last_good, self._good_mono = made.ended_at, time.monotonic()
            self._heartbeat()

    def _heartbeat(self) -> None:
        """Tell an address outside that all is well; whoever hears nothing raises the alarm."""
        nobody_told = any(one.key == "channel" and one.nobody_told for one in self._present)
        if self.heartbeat_url is None or nobody_told:
            return
        try:
            request = urllib.request.Request(self.heartbeat_url, headers={"User-Agent": "actalgia"})  # noqa: S310
            self._outside(lambda: open_and_close(request))
        except OSError as error:
            log.warning("the heartbeat was not taken", action="heartbeat_failed", error=str(error))
