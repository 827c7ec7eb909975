"""A whole installation in a temporary folder: PostgreSQL, broker and parts as the product runs them."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

import broker
from benchmarks import cpu
from benchmarks.plan import device_name
from store import people, schema
from store.database import engine_for, transaction
from store.embedded import EmbeddedPostgres
from supervise.process import Part, stop_all

SHIPPED = Path(__file__).resolve().parent.parent / "deploy"
ENROL_AT_ONCE = 5_000  #: PostgreSQL takes 65,535 values in one statement
PATIENCE_S = 60.0


@dataclass
class House:
    """One installation that runs. `gateway` publishes for every device."""

    root: Path
    workers: int
    gateway: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    ingest: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    device_password: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    mqtt_port: int = 0
    ca_file: Path | None = None  #: with encryption only
    channels: str = "log"  #: of alerting
    parts: dict[str, Part] = field(default_factory=dict)
    postgres: EmbeddedPostgres = field(init=False)

    def __post_init__(self) -> None:
        self.postgres = EmbeddedPostgres(self.root / "postgres", free_port(), secrets.token_urlsafe(18))

    def start(self, devices: int, *, encrypted: bool = False) -> None:
        """PostgreSQL with `devices` enrolled and worn, and the broker; encrypted, they have accounts."""
        self.start_database(devices)
        self.mqtt_port = free_port()
        accounts = [
            (n, broker.password_hash(p)) for n, p in (("ingest", self.ingest), ("gateway", self.gateway))
        ]
        if encrypted:
            self._encrypted_broker(accounts, devices)
        else:
            folder = self.root / "broker"
            folder.mkdir(mode=0o700)
            chosen = broker.choose(self.root / "cache", allow_unpack=False, prefer="mosquitto")
            command = chosen.command(folder, self.mqtt_port, accounts)
            self.run("broker", command.argv, command.environment)
        self.wait(lambda: broker.answers(self.mqtt_port))

    def start_database(self, devices: int) -> None:
        """PostgreSQL alone, with `devices` enrolled and worn."""
        self.postgres.initialise()
        self.run("postgres", self.postgres.command(), {}, signal.SIGINT)
        self.wait(self.postgres.answers)
        schema.upgrade(self.postgres.url)
        self.enrol(devices)

    def _encrypted_broker(self, accounts: list[tuple[str, str]], devices: int) -> None:
        """mosquitto with the configuration of docker-compose.yml, which encrypts everything."""
        certificates, data, folder = (self.root / n for n in ("certificates", "data", "accounts"))
        for made in (data, folder):
            made.mkdir(mode=0o700)
        script = [str(SHIPPED / "certificates.sh"), str(certificates), "localhost", "127.0.0.1"]
        subprocess.run(script, check=True, capture_output=True)
        text = (SHIPPED / "mosquitto" / "mosquitto.conf").read_text()
        text = text.replace("listener 8883", f"listener {self.mqtt_port} 127.0.0.1")
        text = text.replace("/mosquitto/certificates", str(certificates))
        text = text.replace("/mosquitto/accounts", str(folder)).replace("/mosquitto/data", str(data))
        if os.geteuid() == 0:
            text += "user root\n"
        (self.root / "mosquitto.conf").write_text(text)
        one = broker.password_hash(self.device_password)
        broker.write_accounts(folder, [*accounts, *((device_name(i), one) for i in range(devices))])
        found = broker.choose(self.root / "cache", allow_unpack=False, prefer="mosquitto")
        assert isinstance(found, broker.Mosquitto)
        self.ca_file = certificates / "ca.crt"
        self.run(
            "broker", [str(found.executable), "-c", str(self.root / "mosquitto.conf")], found.environment
        )

    def enrol(self, devices: int) -> None:
        """Devices with a patient each, who wears it since a year ago."""
        hashed = broker.password_hash(self.device_password)
        since = datetime.now(UTC) - timedelta(days=365)
        engine = engine_for(self.postgres.url)
        for first in range(0, devices, ENROL_AT_ONCE):
            lines = [
                people.Enrolment(device_name(i), hashed, f"P-{i:06d}", "UTC", since)
                for i in range(first, min(first + ENROL_AT_ONCE, devices))
            ]
            with transaction(engine) as session:
                people.enrol_many(session, lines)
        engine.dispose()
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute("ANALYZE")

    def environment(self) -> dict[str, str]:
        """Where a part finds everything."""
        scheme = "mqtts" if self.ca_file else "mqtt"
        found = {
            "ACTALGIA_DATA_DIR": str(self.root),
            "ACTALGIA_DATABASE_URL": self.postgres.url,
            "ACTALGIA_MQTT_URL": f"{scheme}://ingest:{self.ingest}@127.0.0.1:{self.mqtt_port}",
            "ACTALGIA_CHANNELS": self.channels,
            "OPENBLAS_NUM_THREADS": "1",
        }
        if self.ca_file:
            found["ACTALGIA_MQTT_CA_FILE"] = str(self.ca_file)
        return found

    def start_parts(self, *names: str) -> None:
        """Ingest, and of `analytics` and `alerting` what is named; returns when ingest hears the broker."""
        environment = self.environment()
        for number in range(1, self.workers + 1):
            shard = ["--shard", f"{number}/{self.workers}"] if self.workers > 1 else []
            name = "ingest" if self.workers == 1 else f"ingest {number}/{self.workers}"
            self.run(name, [sys.executable, "-m", "actalgia", "ingest", *shard], environment)
        for name in names:
            self.run(name, [sys.executable, "-m", "actalgia", name], environment)

    def run(
        self, name: str, command: list[str], environment: dict[str, str], how: signal.Signals = signal.SIGTERM
    ) -> None:
        """Run one program as a part: it is measured, and stopped in the end."""
        log = self.root / f"{name.replace('/', ' of ')}.log"
        self.parts[name] = part = Part(name, command, log, environment, how)
        part.start()

    def wait(self, ready: Callable[[], object], within_s: float = PATIENCE_S) -> float:
        """Seconds until it is so. Exits with the reason when a part dies or patience is over."""
        began = time.monotonic()
        while not ready():
            dead = [part for part in self.parts.values() if part.pid is None]
            if dead:
                sys.exit(f"{dead[0].name} ended: {dead[0].log.read_text()[-2000:]}")
            if time.monotonic() - began > within_s:
                sys.exit(f"not within {within_s:.0f} s: the machine is too busy, or something is wrong")
            time.sleep(0.02)
        return time.monotonic() - began

    @property
    def pids(self) -> dict[str, int]:
        """The processes that are measured."""
        return {name: part.pid for name, part in self.parts.items() if part.pid is not None}

    def cpu_s(self) -> dict[str, float]:
        """Processor seconds of each part until now."""
        return cpu.seconds(self.pids)

    def forget_peaks(self) -> None:
        """Measure the most memory from here on."""
        for pid in self.pids.values():
            cpu.forget_peak(pid)

    def peaks_mb(self) -> dict[str, float]:
        """The most resident memory of each part; of PostgreSQL its first process only."""
        return {name: cpu.peak_mb(pid) for name, pid in self.pids.items()}

    def one(self, query: str, values: Sequence[object] = ()) -> Any:
        """The first value of a query."""
        with psycopg.connect(self.postgres.url) as connection:
            row = connection.execute(query.encode(), values).fetchone()
        return row[0] if row else None

    def restart_broker(self) -> float:
        """Stop the broker cleanly and start it again; seconds until it answers."""
        began = time.monotonic()
        part = self.parts["broker"]
        stop_all([part], 60)
        part.start()
        self.wait(lambda: broker.answers(self.mqtt_port))
        return time.monotonic() - began

    def stop_parts(self) -> None:
        """Stop everything but PostgreSQL and the broker."""
        names = [name for name in self.parts if name not in ("postgres", "broker")]
        stop_all([self.parts.pop(name) for name in names], 10)

    def stop(self) -> None:
        """Stop everything, in order."""
        self.stop_parts()
        for name in ("broker", "postgres"):
            if name in self.parts:
                stop_all([self.parts.pop(name)], 20)


@contextmanager
def house(devices: int, workers: int, *, encrypted: bool = False) -> Iterator[House]:
    """An installation with so many devices; it and its folder are gone afterwards."""
    root = Path(tempfile.mkdtemp(prefix="actalgia-benchmark-"))
    built = House(root, workers)
    try:
        built.start(devices, encrypted=encrypted)
        yield built
    finally:
        built.stop()
        shutil.rmtree(root, ignore_errors=True)


def free_port() -> int:
    """A port of the loopback interface that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
