"""One device on its own encrypted connection: it hears its receipts and comes back when it is cut."""

from __future__ import annotations

import asyncio
import random
import ssl

import msgspec

from benchmarks import wire
from ingest.messages import Receipt

CONNECT_S = 60.0
AGAIN_S = 2.0  #: the longest pause before it tries again, by chance


class EncryptedDevice(asyncio.Protocol):
    """Connects, subscribes, publishes what it is given until a receipt settles it."""

    def __init__(self, name: str, password: str, door: asyncio.Semaphore) -> None:
        self.name, self._password, self._door = name, password, door
        self.through = -1
        self.wrong = self.failures = 0
        self.connected = asyncio.Event()  #: and its subscription stands
        self.lost = asyncio.Event()
        self.settled = asyncio.Event()
        self._seq = -1
        self._payload = b""
        self._taken = b""
        self._transport: asyncio.Transport | None = None

    async def connect(self, port: int, context: ssl.SSLContext) -> None:
        """Until it is connected; few devices shake hands at once."""
        loop = asyncio.get_running_loop()
        while not self.connected.is_set():
            self.lost.clear()
            try:
                async with self._door:
                    await loop.create_connection(
                        lambda: self,
                        "127.0.0.1",
                        port,
                        ssl=context,
                        server_hostname="127.0.0.1",
                        ssl_handshake_timeout=CONNECT_S,
                    )
                    await asyncio.wait_for(self.connected.wait(), CONNECT_S)
            except (OSError, TimeoutError):
                self.failures += 1
                self.close()
                await asyncio.sleep(random.random() * AGAIN_S)

    def publish(self, seq: int, payload: bytes) -> None:
        """Publish one block."""
        self._seq, self._payload = seq, payload
        self.settled.clear()
        self._send_block()

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._taken = transport, b""
        transport.write(wire.connect(self.name, self.name, self._password))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.connected.clear()
        self.lost.set()

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        found, rest = wire.split(self._taken + data)
        self._taken = bytes(rest)
        for first, body in found:
            kind = first & 0xF0
            if kind == wire.CONNACK and body[1] == 0:
                self._transport.write(wire.subscribe(f"actalgia/v1/{self.name}/down/receipt/#"))
            elif kind == wire.SUBACK and body[-1] < 0x80:
                self.connected.set()
                if self._seq >= 0 and not self.settled.is_set():
                    self._send_block()  # what has no receipt is sent again
            elif kind == wire.PUBLISH:
                _, packet_id, payload = wire.read_publish(first, body)
                if packet_id:
                    self._transport.write(b"\x40\x02" + packet_id)
                self._receipt(msgspec.json.decode(payload, type=Receipt))
            elif kind in (wire.CONNACK, wire.SUBACK, wire.DISCONNECT):
                self.close()

    def _receipt(self, said: Receipt) -> None:
        if said.stream != "raw" or said.missing or said.refused or said.through > self._seq:
            self.wrong += 1
        self.through = max(self.through, said.through)
        if said.through == self._seq:
            self.settled.set()

    def _send_block(self) -> None:
        assert self._transport is not None
        topic = f"actalgia/v1/{self.name}/up/raw"
        self._transport.write(wire.publish(topic, 2, self._payload, "application/msgpack"))
