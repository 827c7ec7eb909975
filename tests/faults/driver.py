"""The devices of a run: a thread outside of the system, and a file of what they know."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.faults.history import History, read
from tests.faults.link import Link
from tests.faults.outbox import Outbox
from tests.faults.workload import Planned

Account = tuple[str, str]  #: user name, password


class Stuck(Exception):
    """Not everything is receipted in time."""


class Driver:
    """Publishes `messages` (device to what it has) until every one is receipted.

    `accounts`: each account, and the devices it speaks for. Use it with `with`.
    """

    def __init__(
        self,
        address: tuple[str, int],
        accounts: Mapping[Account, Sequence[str]],
        messages: Mapping[str, Sequence[Planned]],
        history: Path,
        seed: int,
        copies: int = 1,
    ) -> None:
        self.total = sum(map(len, messages.values()))
        self.settled = 0
        self.settled_at = 0.0
        self._address, self._accounts, self._messages = address, accounts, messages
        self._path, self._seed, self._copies = history, seed, copies
        self._outboxes = {device: Outbox(planned) for device, planned in messages.items()}
        self._links: list[Link] = []
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._thread: threading.Thread
        self._failure: BaseException | None = None
        self._connections_before = 0

    def __enter__(self) -> Driver:
        self._thread = threading.Thread(target=self._run, name="devices", daemon=True)
        self._thread.start()
        assert self._ready.wait(10), "the devices do not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive(), "the devices do not end"

    @property
    def left(self) -> int:
        """Messages without a receipt."""
        return sum(outbox.left for outbox in self._outboxes.values())

    @property
    def reconnects(self) -> int:
        """How often a connection was made beyond the first of each link."""
        return self._connections_before + sum(link.connections for link in self._links) - len(self._links)

    def until(self, share: float, within_s: float = 60.0) -> None:
        """Wait until so much is receipted. Raises `Stuck`."""
        until = time.monotonic() + within_s
        while self.left > (1 - share) * self.total:
            if self._failure is not None:
                raise self._failure
            if time.monotonic() > until:
                raise Stuck(f"{self.left} of {self.total} messages have no receipt after {within_s:.0f} s")
            time.sleep(0.02)

    def deaf(self, deaf: bool) -> None:
        """From now on receipts get lost on their way, or do not any more."""
        for link in self._links:
            link.deaf = deaf

    def again(self) -> None:
        """Everything once more, from the first message on."""
        self._loop.call_soon_threadsafe(self._everything_again)

    def restart(self) -> None:
        """The devices lose power: connections and memory are gone, what is in the file is not."""
        self.__exit__()
        self._connections_before = self.reconnects + len(self._links)
        receipted = read(self._path).receipted
        self._outboxes = {
            device: Outbox(one for one in planned if (device, *one.name) not in receipted)
            for device, planned in self._messages.items()
        }
        self.__enter__()

    def _everything_again(self) -> None:
        for device, outbox in self._outboxes.items():
            outbox.waiting.extend(self._messages[device])
        for link in self._links:
            link.wake()

    def _on_settled(self, count: int) -> None:
        self.settled += count
        self.settled_at = time.monotonic()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as failure:  # noqa: BLE001  the waiting thread raises it
            self._failure = failure

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        history, dice = History(self._path), random.Random(self._seed)
        self._links = [
            Link(
                self._address,
                account,
                {device: self._outboxes[device] for device in devices},
                history,
                self._on_settled,
                dice,
                self._copies,
            )
            for account, devices in self._accounts.items()
        ]
        tasks = [asyncio.create_task(link.run()) for link in self._links]
        stop = asyncio.create_task(self._stop.wait())
        try:
            done, _ = await asyncio.wait([*tasks, stop], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # a link never ends by itself: what it raises is an error of ours
        finally:
            for task in [*tasks, stop]:
                task.cancel()
            await asyncio.gather(*tasks, stop, return_exceptions=True)
            history.flush()
            history.close()
