"""The watchdog's process: one thread walks, one looks whether it gets through and tells the operators."""

from __future__ import annotations

import threading
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from patrol import troubles
from patrol.channels import Send, open_and_close
from patrol.legs import Round
from patrol.traveller import Traveller
from patrol.troubles import Alarm, Known, Trouble
from simulate.connection import Address
from store import heartbeat
from store.database import now, transaction
from store.watch_rounds import add_round
from store.watch_waits import Waits, waits

log = structlog.get_logger()

LONGEST_LOOK_S = 5.0
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
    nobody_told: bool = False  #: of some case: no channel works

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Raises `RuntimeError` when the walking thread has died: start again."""
        walker = threading.Thread(target=self._walk, args=(stop,), name="walker", daemon=True)
        walker.start()
        known: dict[str, Known] = {}
        away_since: datetime | None = None
        while not stop.wait(min(LONGEST_LOOK_S, self.every_s / 5)):
            if not walker.is_alive():
                raise RuntimeError("the watchdog's walking thread has died")
            at = now()
            found = self._look(at)
            away_since = None if found is not None else away_since or at
            if found is None:
                # What became of the rest is not known now: what was told stands.
                still = [one.trouble for key, one in known.items() if key != "database"]
                patience = min(DATABASE_AWAY, timedelta(seconds=2 * self.every_s))
                present = still + troubles.of_database(away_since, patience, at)
            else:
                present = self._present(found, at)
            known, alarms = troubles.news(known, present, at)
            for alarm in alarms:
                if self._tell(alarm):
                    known = troubles.told(known, alarm)
        walker.join(timeout=2)

    def _present(self, found: Waits, at: datetime) -> list[Trouble]:
        every = timedelta(seconds=self.every_s)
        unsent = troubles.of_channels(found.untaken_since, every, at)
        self.nobody_told = bool(unsent)
        return [
            *troubles.of_road(self.last_good, self.newest, every, at),
            *troubles.of_waits(found.answer_since, found.message_since, every, at),
            *unsent,
            *troubles.of_unheard(found.unheard, self.base_url),
        ]

    def _look(self, at: datetime) -> Waits | None:
        """What waits; None: the database is away."""
        try:
            with transaction(self.engine) as session:
                counts = {"rounds": self.rounds, "good": self.good}
                heartbeat.beat(session, "watchdog", at, True, counts)
                return waits(session)
        except sa.exc.SQLAlchemyError:
            log.warning("the database is away", action="database_away")
            return None

    def _tell(self, alarm: Alarm) -> bool:
        """Through every channel; whether one of them took it."""
        taken = False
        for name, send in self.operators.items():
            try:
                send(alarm)
                taken = True
            except OSError as error:
                log.warning("an alarm was not taken", action="alarm_failed", channel=name, error=str(error))
        log.warning("alarm", action="alarm", trouble=alarm.trouble.key, kind=alarm.kind, taken=taken)
        return taken

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
            self.last_good = made.ended_at
            self._heartbeat()

    def _heartbeat(self) -> None:
        """Tell an address outside that all is well; whoever hears nothing raises the alarm."""
        if self.heartbeat_url is None or self.nobody_told:
            return
        request = urllib.request.Request(self.heartbeat_url, headers={"User-Agent": "actalgia"})  # noqa: S310
        try:
            open_and_close(request)
        except OSError as error:
            log.warning("the heartbeat was not taken", action="heartbeat_failed", error=str(error))
