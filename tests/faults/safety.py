"""Before anything is broken: it is ours. Only what this run started, by its recorded pid, is ever ended."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psycopg


class NotOurs(Exception):
    """What answers there was not started by this run: nothing is broken."""


def our_server(url: str, folder: Path, pid: int) -> None:
    """Raise `NotOurs` unless the server at `url` has its data in `folder` and runs as `pid`."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    written = (folder / "postmaster.pid").read_text().splitlines()[0]
    if Path(row[0]).resolve() != folder.resolve() or int(written) != pid:
        raise NotOurs(f"the database has its data in {row[0]} and the pid {written}")


def our_backend(pid: int, postmaster: int) -> None:
    """Raise `NotOurs` unless `pid` is a child of our own server."""
    parent = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    if parent != postmaster:
        raise NotOurs(f"the process {pid} belongs to {parent}")


def our_listener(port: int, pid: int, folder: Path) -> None:
    """Raise `NotOurs` unless it is `pid`, started on `folder`, that listens on this port of loopback."""
    command = Path(f"/proc/{pid}/cmdline").read_bytes().decode()
    if str(folder.resolve()) not in command:
        raise NotOurs(f"the process {pid} does not work in {folder}")
    here = f"0100007F:{port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {f"socket:[{line[9]}]" for line in lines if line[1] == here and line[3] == "0A"}
    if not inodes & _sockets(pid):
        raise NotOurs(f"the process {pid} does not listen on port {port}")


def _sockets(pid: int) -> set[str]:
    found = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            found.add(str(entry.readlink()))
    return found
