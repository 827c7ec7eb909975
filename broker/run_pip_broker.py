"""The pip broker as a process: `python -m broker.run_pip_broker DIRECTORY PORT`.

Takes connections on 127.0.0.1:PORT with the accounts in DIRECTORY, reads them again at SIGHUP, ends at
SIGTERM. What it keeps (sessions, retained messages) ends with it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import signal
import socket
import sys
import tempfile
from pathlib import Path

from iotcore.iotcore import IotCoreBroker

from broker.access import parse_password_file
from broker.configuration import MAX_PACKET_BYTES
from broker.connect import answers
from broker.door import Door
from broker.files import PASSWORDS
from broker.pip_broker import inner_configuration

INNER_NAME = "door"
READY_S = 10.0


async def _run(directory: Path, port: int) -> None:
    loop = asyncio.get_running_loop()
    door = Door(_free_ports((4, 5)), INNER_NAME, secrets.token_hex(16))
    _start_inner(door)
    until = loop.time() + READY_S
    while not all(answers(inner) for inner in door.inner_ports.values()):
        if loop.time() > until:
            raise SystemExit("The pip broker did not start.")
        await asyncio.sleep(0.05)

    def read_accounts() -> None:
        door.change_accounts(parse_password_file((directory / PASSWORDS).read_text()))

    read_accounts()
    loop.add_signal_handler(signal.SIGHUP, read_accounts)
    async with await door.open(port) as server:
        await server.serve_forever()


def _start_inner(door: Door) -> None:
    """Start rumqttd in threads of this process. Its password lives for this process only."""
    # It reports every packet as an error.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    text = inner_configuration(
        door.inner_ports, door.inner_name, door.inner_password, max_payload=MAX_PACKET_BYTES
    )
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:  # mode 0600, gone when it is read
        file.write(text)
        file.flush()
        IotCoreBroker(config_path=file.name).start()


def _free_ports(versions: tuple[int, ...]) -> dict[int, int]:
    probes = {version: socket.socket() for version in versions}
    try:
        for probe in probes.values():
            probe.bind(("127.0.0.1", 0))
        return {version: int(probe.getsockname()[1]) for version, probe in probes.items()}
    finally:
        for probe in probes.values():
            probe.close()


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]), int(sys.argv[2])))
