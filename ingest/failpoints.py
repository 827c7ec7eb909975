"""Places where a test may end, stop or slow this process: `ACTALGIA_FAULT=before_commit:3:exit`.

`name`, then at which passage (1 when left out), then what happens: `exit` (as if killed; the default),
`stop` (the process is frozen until SIGCONT), `sleep` (one second). Several are separated by commas. Unset,
`reach` is an empty function.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping

POINTS = ("after_receive", "after_decode", "before_commit", "after_commit", "after_receipt", "after_ack")
ACTIONS: Mapping[str, Callable[[], None]] = {
    "exit": lambda: os._exit(137),
    "stop": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "sleep": lambda: time.sleep(1.0),
}


def parse(text: str) -> dict[str, tuple[int, Callable[[], None]]]:
    """Which passage of which point does what. Raises `ValueError` for what is not `name[:nth[:action]]`."""
    faults = {}
    for fault in filter(None, text.split(",")):
        name, nth, action, *more = [*fault.split(":"), *("", "1", "exit")[fault.count(":") + 1 :]]
        if more or name not in POINTS or not nth.isdigit() or action not in ACTIONS:
            raise ValueError(
                f"ACTALGIA_FAULT has {fault!r}: give name:nth:action, name of {', '.join(POINTS)}"
            )
        faults[name] = (int(nth), ACTIONS[action])
    return faults


def _reach_of(text: str) -> Callable[[str], None]:
    if not text:
        return lambda _name: None
    faults, passed = parse(text), dict.fromkeys(POINTS, 0)

    def reach(name: str) -> None:
        passed[name] += 1
        if name in faults and passed[name] == faults[name][0]:
            faults[name][1]()

    return reach


reach = _reach_of(os.environ.get("ACTALGIA_FAULT", ""))
