"""Everything on this machine: PostgreSQL, broker, ingest, analytics, alerting, API, and the ward if asked.

One process, one thread: it starts the parts in order, looks at them ten times a second, and stops them in
the opposite order. All listen on loopback only.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import broker
from broker import Broker
from store import schema
from store.database import StoreError, engine_for, now, refuse_unsafe_server, transaction
from store.people import broker_accounts
from supervise import ward, watchdog
from supervise.accounts import own_accounts
from supervise.hearing import ingest_hears
from supervise.layout import DataDir, write_private
from supervise.leftovers import end_leftovers
from supervise.process import Part, stop_all

ADMINISTRATOR = "admin"
READY_S = 60.0
HEARS_S = 30.0
STOP_S = 3.0  #: for each of the three waves: all of it within 10 s
CONFIGURE_EVERY_S = 60.0
ANSWER_EVERY_S = 3.0

Say = Callable[[str], None]


@dataclass(slots=True)
class Up:
    """A running installation."""

    data: DataDir
    demonstration: bool
    prefer_broker: str | None
    channels: str
    say: Say
    watched: bool = True  #: a watchdog travels the whole road
    postgres: Part | None = None
    broker: Part | None = None
    parts: list[Part] = field(default_factory=list)
    stopping: bool = False
    to_answer: bool = False  #: the simulated nurse has not answered a case yet

    def run(self) -> None:
        """Start, watch until SIGINT or SIGTERM, stop. Raises `StoreError` in one sentence."""
        for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(which, self._stop)
        self.data.create()
        with self.data.lock():
            left = end_leftovers(self.data)
            if left:
                self.say(f"Ended {len(left)} processes that a former start had left.")
            try:
                self._start()
                self._watch()
            finally:
                self._end()

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def _start(self) -> None:
        settled = self.data.settled()
        http = f"http://127.0.0.1:{settled.http_port}"
        chosen = broker.choose(self.data.root / "cache", prefer=self.prefer_broker)
        self._chosen = chosen
        environment = self._environment(http, chosen)
        # The pages take longest to load and need nothing to begin with: they load while the database starts.
        api = self._part("api", [sys.executable, "-m", "actalgia", "api"], environment)
        self.parts.append(api)
        api.start()
        self._start_postgres()
        if self.stopping:
            return
        if self.demonstration:
            self.to_answer = ward.prepare(self.data)
        if self.watched:
            door = watchdog.prepare(self.data)
        else:
            watchdog.do_without(self.data)
        self._start_broker(chosen)
        self._wait("The API", lambda: _answers(http), api)
        for name in ("ingest", "analytics", "alerting"):
            self.parts.append(self._part(name, [sys.executable, "-m", "actalgia", name], environment))
        if self.demonstration:
            command = [sys.executable, "-m", "simulate.run_ward", str(self.data.ward / "ward.json")]
            self.parts.append(self._part("ward", command, {"OPENBLAS_NUM_THREADS": "1"}))
        if self.watched:
            command = [sys.executable, "-m", "actalgia", "watchdog"]
            given = {**environment, "ACTALGIA_WATCHDOG_MQTT_URL": door}
            self.parts.append(self._part("watchdog", command, given))
        if self.stopping:
            return
        started = now()
        for part in self.parts:
            if part is not api:
                part.start()
        self._wait_for_ingest(started)
        if self.stopping:
            return
        self._write_up_json()
        self.say("")
        self.say(f"  Pages     {http}/")
        self.say(f"  MQTT      127.0.0.1:{settled.mqtt_port}  ({chosen.name})")
        self.say(f"  Data      {self.data.root}")
        if chosen.demonstration_only:
            self.say("  This broker cannot keep devices apart: only demonstration data is accepted.")
        self.say("")
        self.say("Actalgia is up. Ctrl-C stops it. Not for emergencies.")

    def _environment(self, http: str, chosen: Broker) -> dict[str, str]:
        settled = self.data.settled()
        return {
            "ACTALGIA_DATA_DIR": str(self.data.root),
            "ACTALGIA_DATABASE_URL": self.data.postgres().url,
            "ACTALGIA_MQTT_URL": f"mqtt://ingest:{settled.ingest_password}@127.0.0.1:{settled.mqtt_port}",
            "ACTALGIA_HTTP_HOST": "127.0.0.1",
            "ACTALGIA_HTTP_PORT": str(settled.http_port),
            "ACTALGIA_BASE_URL": http,
            "ACTALGIA_CHANNELS": self.channels,
            "ACTALGIA_BROKER_DEMONSTRATION_ONLY": str(chosen.demonstration_only).lower(),
            # One thread a part: four parts with two BLAS threads each fight over two cores.
            "OPENBLAS_NUM_THREADS": "1",
        }

    def _start_postgres(self) -> None:
        server = self.data.postgres()
        first = not (server.folder / "PG_VERSION").exists()
        self.say("Setting up PostgreSQL ..." if first else "Starting PostgreSQL ...")
        server.initialise()
        self.postgres = self._part("postgres", server.command(), {}, signal.SIGINT)
        self.postgres.start()
        self._wait("PostgreSQL", server.answers, self.postgres)
        if self.stopping:
            return
        schema.upgrade(server.url)
        engine = engine_for(server.url)
        with engine.connect() as connection:
            refuse_unsafe_server(connection)
        password = ward.first_administrator(engine, ADMINISTRATOR)
        engine.dispose()
        if password:
            self.say("")
            self.say(f"  Log in as {ADMINISTRATOR} with the password {password}")
            self.say("  (shown this once; it is stored nowhere)")
            self.say("")

    def _start_broker(self, chosen: Broker) -> None:
        self.say(f"Starting the broker ({chosen.name}) ...")
        settled = self.data.settled()
        command = chosen.command(self.data.broker, settled.mqtt_port, self._accounts())
        self.broker = self._part("broker", command.argv, command.environment)
        self.broker.start()
        self._wait("The broker", lambda: broker.answers(settled.mqtt_port), self.broker)

    _chosen: Broker | None = None

    def _accounts(self) -> list[tuple[str, str]]:
        engine = engine_for(self.data.postgres().url)
        try:
            with transaction(engine) as session:
                accounts = list(broker_accounts(session))
        finally:
            engine.dispose()
        return [*own_accounts(self.data.settled()), *accounts]

    def _wait_for_ingest(self, since: datetime) -> None:
        """Until ingest hears the devices; where that takes long, the pages are there meanwhile."""
        engine = engine_for(self.data.postgres().url)
        until = time.monotonic() + HEARS_S
        try:
            while not self.stopping and not ingest_hears(engine, since):
                if time.monotonic() > until:
                    self.say(f"Ingest does not hear the devices yet: see {self.data.logs / 'ingest.log'}.")
                    self.say("They keep what they have until it does.")
                    return
                for part in self._all():
                    part.tend()
                time.sleep(0.05)
        finally:
            engine.dispose()

    def _part(
        self,
        name: str,
        command: list[str],
        environment: dict[str, str],
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> Part:
        return Part(name, command, self.data.logs / f"{name}.log", environment, stop_signal)

    def _wait(self, what: str, ready: Callable[[], bool], part: Part) -> None:
        until = time.monotonic() + READY_S
        while not ready():
            if self.stopping:
                return
            died = part.child is not None and part.child.poll() is not None
            if died or time.monotonic() > until:
                raise StoreError(f"{what} did not start: see {part.log}.")
            time.sleep(0.02)

    def _all(self) -> list[Part]:
        return [part for part in (self.postgres, self.broker, *self.parts) if part is not None]

    def _watch(self) -> None:
        trimmed = asked = time.monotonic()
        while not self.stopping:
            changed = [part.name for part in self._all() if part.tend()]
            if changed:
                self.say(f"Started again: {', '.join(changed)} (see {self.data.logs}).")
                self._write_up_json()
            if time.monotonic() - trimmed > CONFIGURE_EVERY_S:
                trimmed = time.monotonic()
                for part in self._all():
                    part.trim_log()
            if self.to_answer and time.monotonic() - asked > ANSWER_EVERY_S:
                asked = time.monotonic()
                self.to_answer = not ward.answer_one(self.data)
            time.sleep(0.1)

    def _end(self) -> None:
        stop_all(self.parts, STOP_S)
        stop_all([part for part in (self.broker,) if part is not None], STOP_S)
        stop_all([part for part in (self.postgres,) if part is not None], STOP_S)
        self.data.up_json.unlink(missing_ok=True)
        self.say("Actalgia has stopped.")

    def _write_up_json(self) -> None:
        settled = self.data.settled()
        pids: dict[str, Any] = {"up": os.getpid()}
        pids |= {part.name: part.pid for part in self._all() if part.pid is not None}
        document = {
            "http": f"http://127.0.0.1:{settled.http_port}",
            "mqtt": {"host": "127.0.0.1", "port": settled.mqtt_port, "tls": False},
            "database": self.data.postgres().url,
            "demonstration": self.demonstration,
            "broker": self._chosen.name if self._chosen else None,
            "pids": pids,
        }
        write_private(self.data.up_json, json.dumps(document, indent=1))


def _answers(http: str) -> bool:
    """Whether the API process serves requests."""
    try:
        with urlopen(f"{http}/healthz", timeout=2) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except OSError:
        return False


def data_dir_of(path: Path) -> DataDir:
    """The data directory at `path`, absolute."""
    return DataDir(path.expanduser().resolve())
