"""Real brokers on loopback. Other tests may use them:

from tests.broker.running import embedded_mosquitto
with embedded_mosquitto(tmp_path, {"watch-1": "secret", "ingest": "secret"}) as broker: ...
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import broker
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "deploy" / "mosquitto"
START_S = 15.0


def hashed(accounts: Mapping[str, str]) -> list[tuple[str, str]]:
    """(user name, password hash) of user name to password."""
    return [(name, broker.password_hash(password)) for name, password in accounts.items()]


@dataclass
class Running:
    """A broker that runs, and how to reach it."""

    process: subprocess.Popen[bytes]
    port: int
    accounts_directory: Path
    accounts: dict[str, str]  #: user name to password
    log: Path
    ca_file: Path | None = None
    watches_itself: bool = False

    def change_accounts(self, accounts: Mapping[str, str]) -> None:
        """Replace the accounts as `actalgia enrol` does."""
        self.accounts = dict(accounts)
        broker.write_accounts(self.accounts_directory, hashed(accounts))
        if not self.watches_itself:
            self.process.send_signal(signal.SIGHUP)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it and wait for its end."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def soon(fact: Callable[[], object], within_s: float = 20.0) -> bool:
    """Whether the fact becomes true in time: a busy machine may stand still for seconds."""
    until = time.monotonic() + within_s
    while not fact():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def start(
    argv: list[str], environment: Mapping[str, str], port: int, directory: Path, accounts: Mapping[str, str]
) -> Running:
    """Run a broker and wait until it answers."""
    log = directory / "broker.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    running = Running(process, port, directory, dict(accounts), log)
    if not soon(lambda: broker.answers(port) or process.poll() is not None, START_S) or process.poll():
        running.stop(signal.SIGKILL)
        raise AssertionError(f"the broker did not start: {log.read_text()}")
    return running


@contextmanager
def embedded(chosen: broker.Broker, directory: Path, accounts: Mapping[str, str]) -> Iterator[Running]:
    """A broker as `actalgia up` runs it."""
    port = free_port()
    command = chosen.command(directory, port, hashed(accounts))
    running = start(command.argv, command.environment, port, directory, accounts)
    try:
        yield running
    finally:
        running.stop()


@contextmanager
def embedded_mosquitto(directory: Path, accounts: Mapping[str, str]) -> Iterator[Running]:
    """The installed mosquitto as `actalgia up` runs it."""
    chosen = broker.choose(directory / "cache", allow_unpack=False, prefer="mosquitto")
    with embedded(chosen, directory, accounts) as running:
        yield running


def make_certificates(directory: Path) -> Path:
    """A certificate authority and a server certificate for 127.0.0.1, by the shipped script."""
    subprocess.run(
        [str(ROOT / "deploy" / "certificates.sh"), str(directory), "localhost", "127.0.0.1"],
        check=True,
        capture_output=True,
    )
    return directory


@contextmanager
def shipped_mosquitto(
    directory: Path, accounts: Mapping[str, str], shell: tuple[str, ...] = ("sh",)
) -> Iterator[Running]:
    """The installed mosquitto with the configuration and the start script of docker-compose.yml.

    Only paths and the port are replaced; as root, also the account (in the container it is 1883).
    """
    certificates, data = make_certificates(directory / "certificates"), directory / "data"
    data.mkdir()
    port = free_port()
    text = (SHIPPED / "mosquitto.conf").read_text()
    text = text.replace("listener 8883", f"listener {port} 127.0.0.1")
    text = text.replace("/mosquitto/certificates", str(certificates))
    text = text.replace("/mosquitto/accounts", str(directory)).replace("/mosquitto/data", str(data))
    assert not re.search(r"^[^#]*\s/mosquitto", text, re.MULTILINE), "a path was not replaced"
    if os.geteuid() == 0:
        text += "user root\n"
    configuration = directory / "shipped.conf"
    configuration.write_text(text)
    broker.write_accounts(directory, hashed(accounts))
    argv = [*shell, str(SHIPPED / "run.sh"), str(configuration), str(directory)]
    argv.append(str(certificates / "server.crt"))
    found = broker.choose(directory / "cache", allow_unpack=False, prefer="mosquitto")
    assert not isinstance(found, broker.PipBroker)
    path = f"{found.executable.parent}:{os.environ['PATH']}"
    running = start(argv, {"PATH": path}, port, directory, accounts)
    running.ca_file, running.watches_itself = certificates / "ca.crt", True
    try:
        yield running
    finally:
        running.stop()
