"""What an `up` that was killed may have left: found by pid, known by the data directory, and ended."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from supervise.layout import DataDir

GENTLE_S = 4.0


def end_leftovers(data: DataDir) -> list[int]:
    """End the processes of a former `up` on this directory; which they were.

    A pid alone proves nothing: it may belong to somebody else by now. A process is ours only when its
    command line or environment names this very directory.
    """
    pids = _recorded(data)
    ours = [pid for pid in pids if _is_ours(pid, data.root)]
    for pid in ours:
        postgres = pid == data.postgres().pid()
        _signal(pid, signal.SIGINT if postgres else signal.SIGTERM)
    until = time.monotonic() + GENTLE_S
    while time.monotonic() < until and any(_lives(pid) for pid in ours):
        time.sleep(0.05)
    for pid in ours:
        if _lives(pid):
            _signal(pid, signal.SIGKILL)
    until = time.monotonic() + GENTLE_S
    while time.monotonic() < until and any(_lives(pid) for pid in ours):
        time.sleep(0.02)
    # A server that was killed leaves its pid file, and a dead process that nobody has reaped still
    # counts as alive for PostgreSQL: it would refuse to start.
    written = data.postgres().pid()
    if written is not None and not (_lives(written) and _is_ours(written, data.root)):
        (data.root / "postgres" / "postmaster.pid").unlink(missing_ok=True)
    data.up_json.unlink(missing_ok=True)
    return ours


def _recorded(data: DataDir) -> list[int]:
    try:
        pids = data.running()["pids"]
    except Exception:  # noqa: BLE001  a torn or foreign file is no reason not to start
        pids = {}
    found: list[int] = []
    for value in pids.values():
        found += value if isinstance(value, list) else [value]
    postgres = data.postgres().pid()
    return sorted({int(pid) for pid in [*found, postgres] if pid and int(pid) != os.getpid()})


def _is_ours(pid: int, root: Path) -> bool:
    for name in ("cmdline", "environ"):
        try:
            content = Path(f"/proc/{pid}/{name}").read_bytes()
        except OSError:
            continue
        name_of_ours = os.fsencode(str(root))
        if any(w.endswith(name_of_ours) or name_of_ours + b"/" in w for w in content.split(b"\0")):
            return True
    return False


def _lives(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _signal(pid: int, what: signal.Signals) -> None:
    try:
        os.kill(pid, what)
    except ProcessLookupError:
        return
