"""A device on the wire: what it has is kept until the server's receipt, never less.

A broker's acknowledgement is not a receipt. Whatever happens to the connection, the broker or the server,
a message is sent again until a receipt settles it; the server ignores what it already has.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ingest.messages import MAX_IN_FLIGHT, Receipt, up_topic
from simulate.connection import Address, CannotPublish, Connection
from simulate.memory import Memory, Progress, Refused, Upward, packed

RECONNECT_S = (0.2, 5.0)  #: the first pause and the longest
CONNECT_S = 10.0


class Device:
    """One device, named as its user name: MQTT 5, QoS 1, at most 64 messages without a receipt in flight.

    Give it messages with `publish`, which never waits; use `wait_for_room` where there are many.
    After the first connection it reconnects by itself; `wait` raises `CannotPublish` when that is in vain.
    """

    def __init__(self, to: Address, *, resend_after_s: float = 10.0) -> None:
        self.name = to.name
        self._to = to
        self._memory = Memory(resend_after_s)
        self._refused: deque[Refused] = deque(maxlen=1000)
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._failure: CannotPublish | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def connect(self) -> None:
        """Connect, once. Raises `CannotPublish` where the broker is not there or refuses the device."""
        try:
            connection = Connection(self._to, self._settle, CONNECT_S)
        except CannotPublish as failure:
            if failure.lasting:
                self._fail(failure)
            raise
        self._thread = threading.Thread(target=self._run, args=(connection,), name=self.name, daemon=True)
        self._thread.start()

    def publish(self, message: Upward) -> None:
        """Take a message into the device's memory; it is sent as soon as the limit allows."""
        kept = packed(message)
        with self._changed:
            self._memory.keep(kept)

    @property
    def progress(self) -> Progress:
        """How far the device is."""
        with self._changed:
            return self._memory.progress()

    @property
    def refused(self) -> list[Refused]:
        """What the server would not take, the newest thousand."""
        with self._changed:
            return list(self._refused)

    @property
    def failure(self) -> CannotPublish | None:
        """Why this device will not publish any more, if so."""
        with self._changed:
            return self._failure

    def wait(
        self,
        stop: threading.Event | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        timeout_s: float | None = None,
        at_most: int = 0,
    ) -> Progress:
        """Wait until at most `at_most` messages are without a receipt, or until `stop`, or for so long.

        `on_progress` is called in the caller's thread. Raises `CannotPublish` when waiting is in vain.
        """
        until = None if timeout_s is None else time.monotonic() + timeout_s
        said: Progress | None = None
        while True:
            with self._changed:
                progress = self._memory.progress()
                if self._failure is not None:
                    raise self._failure
            if on_progress is not None and progress != said:
                said = progress
                on_progress(progress)
            ended = until is not None and time.monotonic() >= until
            if progress.left <= at_most or ended or (stop is not None and stop.is_set()):
                return progress
            with self._changed:
                self._changed.wait(0.1)

    def wait_for_room(
        self,
        stop: threading.Event | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Progress:
        """Wait until the device has little in memory: a long recording need not be there at once."""
        return self.wait(stop, on_progress, at_most=2 * MAX_IN_FLIGHT)

    def leave(self) -> None:
        """Begin to end the connection, without waiting for it."""
        self._closing.set()

    def close(self) -> None:
        """End the connection. What has no receipt is lost with this object: `wait` first."""
        self.leave()
        if self._thread is not None:
            self._thread.join(timeout=1.0)  # a daemon: one that waits for a dead broker holds nobody up
            self._thread = None

    def _run(self, connection: Connection | None) -> None:
        """The network thread: serve, and when the connection is lost open another."""
        pause = RECONNECT_S[0]
        try:
            while not self._closing.is_set():
                if connection is not None:
                    opened_s = time.monotonic()
                    self._serve(connection)
                    # A connection that ends at once (another device with this name) is no success.
                    if time.monotonic() - opened_s > RECONNECT_S[1]:
                        pause = RECONNECT_S[0]
                    with self._changed:
                        self._memory.connection_lost()
                if self._closing.wait(pause):
                    break
                pause = min(2 * pause, RECONNECT_S[1])
                connection = self._connect_again()
        except CannotPublish as failure:
            self._fail(failure)
        except Exception as error:  # noqa: BLE001  a thread that just ends would be silence
            self._fail(CannotPublish(f"{self.name}: {type(error).__name__} in its network", lasting=True))

    def _connect_again(self) -> Connection | None:
        try:
            return Connection(self._to, self._settle, CONNECT_S)
        except CannotPublish as away:
            if away.lasting:
                raise
            return None

    def _serve(self, connection: Connection) -> None:
        """Send and listen until the connection is lost or the device is closed."""
        while not self._closing.is_set():
            with self._changed:
                due = self._memory.to_send(time.monotonic())
            for kept in due:
                connection.send(up_topic(self.name, kept.stream), kept.payload)
            if not connection.attend():
                return
        connection.close()

    def _settle(self, receipt: Receipt) -> None:
        with self._changed:
            self._refused.extend(self._memory.settle(receipt, time.monotonic()))
            self._changed.notify_all()

    def _fail(self, failure: CannotPublish) -> None:
        with self._changed:
            self._failure = failure
            self._changed.notify_all()
