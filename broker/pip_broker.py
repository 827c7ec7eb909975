"""The broker from the package `iotcore`: for demonstration data, where no mosquitto can be had.

It has no access control by topic: whoever has an account can read every diary. Hence
`demonstration_only`. It keeps sessions and retained messages in memory only.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from broker import files
from broker.command import Command

PIP_BROKER = "iotcore"


@dataclass(frozen=True, slots=True)
class PipBroker:
    """The pip broker behind our own door, which checks passwords: see `broker.door`."""

    name: str = PIP_BROKER
    demonstration_only = True

    def command(self, directory: Path, port: int, accounts: Iterable[tuple[str, str]]) -> Command:
        """Write the accounts into `directory`; how to run it on 127.0.0.1:`port`.

        Raises `ValueError` for an account that cannot be.
        """
        directory = directory.resolve()
        self.write_accounts(directory, accounts)
        return Command([sys.executable, "-m", "broker.run_pip_broker", str(directory), str(port)])

    def write_accounts(self, directory: Path, accounts: Iterable[tuple[str, str]]) -> None:
        """Replace the accounts; the running broker reads them at SIGHUP, and cuts who is not in them."""
        files.write_accounts(directory, accounts)


def installed() -> bool:
    """Whether the package is there."""
    return importlib.util.find_spec("iotcore") is not None


def inner_configuration(ports: dict[int, int], name: str, password: str, max_payload: int) -> str:
    """rumqttd's configuration: one listener for each MQTT version (4 is 3.1.1), loopback, one account."""
    listeners = "".join(
        f"""
[v{version}.1]
name = "v{version}"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v{version}.1.connections]
connection_timeout_ms = 10000
max_payload_size = {max_payload}
max_inflight_count = 500
dynamic_filters = true
[v{version}.1.connections.auth]
{name} = "{password}"
"""
        for version, port in ports.items()
    )
    # 100 MB wait for an absent subscriber of one filter at most (5,500 one-minute blocks); what is older
    # is dropped without a word, and sent again by devices that have no receipt.
    return f"""id = 0
[router]
id = 0
max_connections = 2000
max_outgoing_packet_count = 200
max_segment_size = {10 * 1024 * 1024}
max_segment_count = 10
{listeners}"""
