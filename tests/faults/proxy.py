"""A stretch of network between two of the parts that can be bad: slow, thin, silent, or cut.

It runs in a thread of its own. What it does to the bytes is said by `condition`; connections are never
torn by it except by `cut` and `forget`.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Condition:
    """How the network is."""

    latency_s: float = 0.0
    bytes_a_second: int | None = None
    silent: bool = False  #: nothing arrives; it does when the silence ends, as TCP repeats it


GOOD = Condition()


class Proxy:
    """127.0.0.1:`port` leads to 127.0.0.1:`target`. Use it with `with`."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self.condition = GOOD
        self.passed = 0  #: connections that were made through it
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self._pairs: set[asyncio.Task[None]] = set()
        self._forgotten: set[asyncio.Task[Any]] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="proxy", daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        assert self._ready.wait(5), "the proxy did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._in_loop(self._stop.set)
        self._thread.join(5)

    def cut(self) -> None:
        """Reset every connection, both ends."""
        self._in_loop(self._cut)

    def forget(self) -> None:
        """Every connection of now is dead without a word, for ever, to both ends; new ones are well."""
        self._in_loop(lambda: self._forgotten.update(self._pairs))

    def _in_loop(self, work: Callable[[], None]) -> None:
        done = threading.Event()

        def run() -> None:
            work()
            done.set()

        self._loop.call_soon_threadsafe(run)
        assert done.wait(5), "the proxy hangs"

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._attend, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        self._cut()
        for pair in list(self._pairs):
            pair.cancel()
        await asyncio.gather(*self._pairs, return_exceptions=True)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        me = asyncio.current_task()
        assert me is not None
        self._pairs.add(me)
        writers = [writer]
        with suppress(OSError, asyncio.CancelledError):
            try:
                self._open.add(writer)
                while self.condition.silent:
                    await asyncio.sleep(0.05)
                there, onward = await asyncio.open_connection("127.0.0.1", self._target)
                writers.append(onward)
                self._open.add(onward)
                self.passed += 1
                ways = [
                    asyncio.ensure_future(self._pump(me, reader, onward)),
                    asyncio.ensure_future(self._pump(me, there, writer)),
                ]
                try:
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for way in ways:
                        way.cancel()
                    await asyncio.gather(*ways, return_exceptions=True)
            finally:
                self._pairs.discard(me)
                self._forgotten.discard(me)
                for one in writers:
                    self._open.discard(one)
                    one.transport.abort()

    async def _pump(
        self, pair: asyncio.Task[Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while True:
            now = self.condition
            chunk = await reader.read(now.bytes_a_second // 20 if now.bytes_a_second else 65536)
            while self.condition.silent or pair in self._forgotten:
                await asyncio.sleep(0.05)
            if not chunk:
                return
            now = self.condition
            if now.latency_s:
                await asyncio.sleep(now.latency_s)
            if now.bytes_a_second:
                await asyncio.sleep(len(chunk) / now.bytes_a_second)
            writer.write(chunk)
            await writer.drain()

    def _cut(self) -> None:
        for writer in list(self._open):
            with suppress(OSError):
                # Linger 0: the other end hears a reset, not a goodbye.
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
            writer.transport.abort()
