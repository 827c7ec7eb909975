"""One connection to the broker that speaks for one device or, from the gateway's account, for many."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from contextlib import suppress

from ingest.messages import ROOT
from tests.faults import wire
from tests.faults.history import History, Name
from tests.faults.outbox import Outbox
from tests.faults.workload import Planned

LOOK_S = 0.5  #: how often it looks whether something is to be sent again
PATIENCE_S = 5.0  #: how long a broker may take to answer a hello
RECEIPT_LEVEL = len(f"{ROOT}/x/down/receipt/".split("/")) - 1  #: where a receipt's topic names the stream


class Ended(Exception):
    """The connection is over."""


class Link:
    """Sends what its devices have, hears their receipts, and connects again whenever it is cut."""

    def __init__(
        self,
        address: tuple[str, int],
        account: tuple[str, str],
        devices: dict[str, Outbox],
        history: History,
        on_settled: Callable[[int], None],
        dice: random.Random,
        copies: int = 1,
    ) -> None:
        self.connections = 0
        self.deaf = False  #: receipts are lost on their way
        self._address, self._account, self._devices, self._history = address, account, devices, history
        self._on_settled, self._dice, self._copies = on_settled, dice, copies
        self._news = asyncio.Event()
        self._packet_id = 0
        self._on_the_way: dict[int, tuple[str, Planned]] = {}

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            with suppress(OSError, Ended, TimeoutError):
                await self._connected()
            self._on_the_way.clear()
            for outbox in self._devices.values():
                outbox.connection_lost()
            await asyncio.sleep(self._dice.uniform(0.1, 0.5))

    def wake(self) -> None:
        """Something changed: look at once."""
        self._news.set()

    async def _connected(self) -> None:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(*self._address), PATIENCE_S)
        packets = wire.Reader()
        try:
            user, password = self._account
            writer.write(
                wire.connect(f"{user}-{id(self):x}" if len(self._devices) > 1 else user, user, password)
            )
            answer = await asyncio.wait_for(reader.read(4096), PATIENCE_S)
            hello = next(packets.feed(answer), None)
            if hello is None or hello.kind != wire.CONNACK or hello.reason:
                raise Ended
            self.connections += 1
            topics = [f"{ROOT}/{device}/down/receipt/#" for device in self._devices]
            writer.write(wire.subscribe(self._next_id(), topics))
            hearing = asyncio.create_task(self._hear(reader, writer, packets))
            sending = asyncio.create_task(self._send(writer))
            try:
                done, _ = await asyncio.wait({hearing, sending}, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in (hearing, sending):
                    task.cancel()
                await asyncio.gather(hearing, sending, return_exceptions=True)
        finally:
            writer.transport.abort()

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        ping_s = time.monotonic()
        while True:
            due = [
                (device, one)
                for device, outbox in self._devices.items()
                for one in outbox.due(time.monotonic())
                for _ in range(self._copies)
            ]
            for device, one in due:
                self._history.note("P", (device, *one.name), one.digest)
            self._history.flush()
            packets = bytearray()  # written at once: a write for each would complain for each
            for device, one in due:
                packet_id = self._next_id()
                self._on_the_way[packet_id] = (device, one)
                topic = f"{ROOT}/{device}/up/{one.stream}"
                packets += wire.publish(packet_id, topic, one.payload, "application/msgpack")
            if packets and not writer.is_closing():
                writer.write(packets)
            if time.monotonic() - ping_s > 20:
                writer.write(wire.PINGREQ)
                ping_s = time.monotonic()
            await writer.drain()
            self._news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), LOOK_S)

    async def _hear(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, packets: wire.Reader
    ) -> None:
        while chunk := await reader.read(65536):
            for packet in packets.feed(chunk):
                if packet.kind == wire.PUBACK and packet.packet_id in self._on_the_way:
                    device, one = self._on_the_way.pop(packet.packet_id)
                    if packet.reason < 0x80:
                        self._history.note("A", (device, *one.name), one.digest)
                elif packet.kind == wire.PUBLISH:
                    if packet.packet_id and not writer.is_closing():
                        writer.write(wire.puback(packet.packet_id))
                    self._receipt(packet)
                elif packet.kind == wire.DISCONNECT:
                    raise Ended
        raise Ended

    def _receipt(self, packet: wire.Packet) -> None:
        device, stream = (level := packet.topic.split("/"))[2], level[RECEIPT_LEVEL]
        if self.deaf or device not in self._devices:
            return
        settled = self._devices[device].settle(stream, json.loads(packet.payload), time.monotonic())
        for one, stored in settled:
            name: Name = (device, *one.name)
            self._history.note("S" if stored else "R", name, one.digest)
        if settled:
            self._history.flush()
            self._on_settled(len(settled))
            self._news.set()

    def _next_id(self) -> int:
        self._packet_id = self._packet_id % 65_535 + 1
        return self._packet_id
