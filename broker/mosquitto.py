"""mosquitto on this machine: where it is, and how to run it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from broker import files
from broker.command import Command
from broker.configuration import configuration

MOSQUITTO = "mosquitto"
UNPACKED = "mosquitto (unpacked)"
#: Where distributions put it although a user's PATH does not look there.
BESIDE_PATH = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "/opt/local/sbin")
OLDEST = (2, 0)  #: the first that takes our password format and refuses strangers by default
LEAST_QUEUE_BYTES = 256 * 1024 * 1024
ASK_S = 10.0


@dataclass(frozen=True, slots=True)
class Mosquitto:
    """One mosquitto that runs here. `libraries`: folders with what it needs and the system lacks."""

    executable: Path
    name: str = MOSQUITTO
    libraries: tuple[Path, ...] = ()
    demonstration_only = False

    def command(self, directory: Path, port: int, accounts: Iterable[tuple[str, str]]) -> Command:
        """Write configuration and accounts into `directory`; how to run it on 127.0.0.1:`port`.

        `accounts` are (user name, password hash), the complete list. Raises `ValueError` for one that
        mosquitto could not read.
        """
        directory = directory.resolve()
        self.write_accounts(directory, accounts)
        text = configuration(
            directory,
            port,
            queue_bytes=max(LEAST_QUEUE_BYTES, _memory_bytes() // 4),
            user="root" if os.geteuid() == 0 else None,
        )
        files.write_private(directory / "mosquitto.conf", text)
        return Command([str(self.executable), "-c", str(directory / "mosquitto.conf")], self.environment)

    def write_accounts(self, directory: Path, accounts: Iterable[tuple[str, str]]) -> None:
        """Replace the accounts; the running broker reads them at SIGHUP, and cuts who is not in them."""
        files.write_accounts(directory, accounts)

    @property
    def environment(self) -> dict[str, str]:
        """What it needs on top of the parent's environment."""
        if not self.libraries:
            return {}
        return {"LD_LIBRARY_PATH": os.pathsep.join(str(folder) for folder in self.libraries)}

    def version(self) -> tuple[int, int, int] | None:
        """What it says it is; None when it does not run."""
        try:
            said = subprocess.run(
                [str(self.executable), "-h"],
                capture_output=True,
                text=True,
                timeout=ASK_S,
                env={**os.environ, **self.environment},
                check=False,
            ).stdout
        except (OSError, subprocess.TimeoutExpired):
            return None
        return version_in(said)


def installed(path: str | None = None, beside: Sequence[str] = BESIDE_PATH) -> Mosquitto | None:
    """The mosquitto that is installed, if it runs and is new enough; `path` like the variable PATH."""
    for where in (path, os.pathsep.join(beside)):
        found = shutil.which("mosquitto", path=where)
        if found and new_enough(one := Mosquitto(Path(found))):
            return one
    return None


def new_enough(one: Mosquitto) -> bool:
    """Whether it runs and is at least version 2.0."""
    version = one.version()
    return version is not None and version[:2] >= OLDEST


def version_in(said: str) -> tuple[int, int, int] | None:
    """The version in mosquitto's own help; None when there is none."""
    found = re.search(r"mosquitto version (\d+)\.(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
