"""What a part costs: processor time and memory of a process and all its children, from /proc."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Process:
    """One line of /proc/PID/stat."""

    pid: int
    parent: int
    seconds: float  #: of its own and of children that have ended


def processes() -> dict[int, Process]:
    """All that run now."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):  # it ended meanwhile
                one = _process(int(folder.name))
                found[one.pid] = one
    return found


def seconds(roots: dict[str, int]) -> dict[str, float]:
    """Processor seconds until now of each part: its process and everything below it.

    A child that ends is counted by its parent from then on, so that differences lose nothing.
    """
    there = processes()
    children: dict[int, list[int]] = {}
    for one in there.values():
        children.setdefault(one.parent, []).append(one.pid)

    def of(pid: int) -> float:
        own = there[pid].seconds if pid in there else 0.0
        return own + sum(of(child) for child in children.get(pid, []))

    return {name: of(pid) for name, pid in roots.items()}


def forget_peak(pid: int) -> None:
    """Begin a new measurement of the most memory."""
    with contextlib.suppress(OSError):  # not allowed in every container: the peak is then since its start
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_mb(pid: int) -> float:
    """The most resident memory of one process [MB]; 0 when it has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def _process(pid: int) -> Process:
    # The name may hold blanks and brackets: the fields are counted from its last bracket.
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return Process(pid, int(fields[1]), sum(map(int, fields[11:15])) * _TICK_S)
