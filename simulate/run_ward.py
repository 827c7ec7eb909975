"""The simulated ward as a process of its own: `python -m simulate.run_ward CONFIG`; SIGTERM ends it.

CONFIG is JSON and holds passwords, so it belongs to its owner alone (mode 0600): `host`, `port`, `zone`,
`state_file`, and `credentials`, a list of `{patient, watch: {username, password}, phone: {...}}`.
"""

from __future__ import annotations

import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from simulate.ward import Logins, run_ward


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Where the ward publishes, where it is, and with which credentials."""

    host: str
    port: int
    zone: str
    state_file: str
    credentials: list[Logins]


def main(arguments: list[str]) -> int:
    """Run until SIGTERM or SIGINT; 2 where there is no configuration to be read."""
    try:
        (path,) = arguments
        config = msgspec.json.decode(Path(path).read_bytes(), type=Config)
    except (ValueError, OSError, msgspec.MsgspecError) as error:
        print(f"run_ward needs one readable configuration file: {type(error).__name__}", file=sys.stderr)  # noqa: T201
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    run_ward(
        config.host,
        config.port,
        config.credentials,
        config.zone,
        Path(config.state_file),
        stop,
        datetime.now(UTC),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
