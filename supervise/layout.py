"""The data directory: what is where, who may read it, and what is decided once for its whole life."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from store.database import StoreError
from store.embedded import EmbeddedPostgres

PREFERRED_PORTS = {"http": 8460, "mqtt": 1884, "postgres": 5460}


class AlreadyUp(StoreError):
    """Another `actalgia up` runs on this data directory."""


@dataclass(frozen=True, slots=True)
class DataDir:
    """One installation on this machine. Everything in it is readable by its owner alone."""

    root: Path

    @property
    def up_json(self) -> Path:
        """Where everything is while `up` runs."""
        return self.root / "up.json"

    @property
    def outbox(self) -> Path:
        """What the channel `log` sent."""
        return self.root / "outbox.jsonl"

    @property
    def broker(self) -> Path:
        """The broker's configuration, accounts and persistence."""
        return self.root / "broker"

    @property
    def logs(self) -> Path:
        """One log file a part."""
        return self.root / "logs"

    @property
    def ward(self) -> Path:
        """The simulated ward's credentials and state."""
        return self.root / "ward"

    def create(self) -> None:
        """Make the folders, mode 0700. Raises `StoreError` when that cannot be."""
        try:
            for folder in (self.root, self.broker, self.logs, self.ward):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                folder.chmod(0o700)
        except OSError as error:
            raise StoreError(f"The data directory {self.root} cannot be used: {error.strerror}.") from error

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the directory: one `up` at a time. Raises `AlreadyUp`."""
        with (self.root / "lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AlreadyUp(f"Actalgia is up on {self.root} already: stop that one first.") from error
            yield

    @contextmanager
    def accounts_lock(self) -> Iterator[None]:
        """Hold the broker's account files: two enrolments at once must not overwrite each other."""
        with (self.broker / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def settled(self) -> Settled:
        """The ports and secrets of this directory, chosen at the first call."""
        path = self.root / "settled.json"
        if not path.exists():
            chosen = {
                "http_port": free_port(PREFERRED_PORTS["http"]),
                "mqtt_port": free_port(PREFERRED_PORTS["mqtt"]),
                "postgres_port": free_port(PREFERRED_PORTS["postgres"]),
                "postgres_password": secrets.token_urlsafe(24),
                "ingest_password": secrets.token_urlsafe(24),
                "gateway_password": secrets.token_urlsafe(24),
            }
            write_private(path, json.dumps(chosen, indent=1))
        return Settled(**json.loads(path.read_text()))

    def postgres(self) -> EmbeddedPostgres:
        """The database server of this directory."""
        settled = self.settled()
        return EmbeddedPostgres(self.root / "postgres", settled.postgres_port, settled.postgres_password)

    def running(self) -> dict[str, Any]:
        """What `up.json` says. Raises `StoreError` when `up` does not run."""
        try:
            found: dict[str, Any] = json.loads(self.up_json.read_text())
        except (OSError, ValueError) as error:
            raise StoreError(
                f"Actalgia does not run on {self.root}: start it with `actalgia up --data-dir {self.root}`."
            ) from error
        return found


@dataclass(frozen=True, slots=True)
class Settled:
    """What stays for the life of a data directory."""

    http_port: int
    mqtt_port: int
    postgres_port: int
    postgres_password: str
    ingest_password: str
    gateway_password: str  #: of the account that publishes for any device: replays use it


def free_port(preferred: int) -> int:
    """The preferred port if nobody has it, else any free one of the loopback interface."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that was just left is free
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StoreError("There is no free port on the loopback interface.")


def write_private(path: Path, text: str) -> None:
    """Replace a file at once, mode 0600: a reader sees the old or the new, never half."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(descriptor)
    unfinished.replace(path)
