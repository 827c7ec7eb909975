"""The pip broker's door: checks who says hello, then lets the bytes through.

The broker behind it compares passwords in clear text that it reads once, has a port for each MQTT version,
and lets any account take any client id. The door knows only hashes, reads them again at SIGHUP, cuts
who is no longer in them, and gives every session its account's name, as our mosquitto does.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from broker import packets
from broker.access import password_matches

HELLO_S = 10.0
MAX_HELLO_BYTES = 70_000  #: a client id, a name, a password and a short last will
CHUNK_BYTES = 65_536


@dataclass(slots=True)
class Door:
    """One listening place on loopback. `inner_ports`: MQTT version (4, 5) to the broker's port."""

    inner_ports: dict[int, int]
    inner_name: str
    inner_password: str
    accounts: dict[str, str] = field(default_factory=dict)
    _inside: dict[asyncio.Task[None], tuple[str, str]] = field(default_factory=dict)

    def change_accounts(self, accounts: dict[str, str]) -> None:
        """From now on these (user name to password hash); whoever is inside and not among them is cut."""
        self.accounts = accounts
        for task, (name, password) in list(self._inside.items()):
            if not self._knows(name, password):
                task.cancel()

    async def open(self, port: int) -> asyncio.Server:
        """Take connections on 127.0.0.1:`port`."""
        return await asyncio.start_server(self._attend, "127.0.0.1", port)

    def _knows(self, name: str, password: str) -> bool:
        kept = self.accounts.get(name)
        return kept is not None and password_matches(password, kept)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        try:
            async with asyncio.timeout(HELLO_S):
                hello = await _hello(reader)
            if hello.name is None or hello.password is None or not self._knows(hello.name, hello.password):
                writer.write(packets.refusal(hello.version))
                await writer.drain()
                return
            self._inside[task] = (hello.name, hello.password)
            packet = hello.told_as(hello.name, self.inner_name, self.inner_password)
            await _pass(reader, writer, self.inner_ports[hello.version], packet)
        except (packets.NotMqtt, TimeoutError, OSError, EOFError):
            pass
        except asyncio.CancelledError:
            pass  # the account is gone: the connection ends, the door stays
        finally:
            self._inside.pop(task, None)
            writer.close()


async def _hello(reader: asyncio.StreamReader) -> packets.Connect:
    if (await reader.readexactly(1))[0] != packets.CONNECT:
        raise packets.NotMqtt("another packet")
    size = 0
    for shift in range(0, 28, 7):
        byte = (await reader.readexactly(1))[0]
        size |= (byte & 0x7F) << shift
        if not byte & 0x80:
            break
    if size > MAX_HELLO_BYTES:
        raise packets.NotMqtt("a hello without end")
    return packets.read_connect(await reader.readexactly(size))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int, first: bytes) -> None:
    """Both directions until one of them ends."""
    inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        inner_writer.write(first)
        ways = [
            asyncio.ensure_future(_pump(reader, inner_writer)),
            asyncio.ensure_future(_pump(inner_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
    finally:
        inner_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()  # a slow reader slows the writer down, nothing piles up here
