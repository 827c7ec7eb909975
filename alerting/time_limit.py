"""The end of a send that takes too long, from outside: whoever waits for it closes its connection.

A time-out of a socket ends a pause, not a send: a server that says one byte every nine seconds would hold its
sender for ever.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from typing import TypeVar

TIMEOUT_S = 10.0  #: for a whole send, whatever the channel does

S = TypeVar("S", bound=socket.socket)


class TimeLimit:
    """Of one send. A channel shows its connections; `over` ends them, now and later ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._over = False
        self._open: list[socket.socket] = []

    def keep(self, connection: S) -> S:
        """Remember a connection of this send; the same one comes back."""
        # A second handle: encryption may take the first one over.
        with self._lock:
            self._open.append(socket.socket(fileno=os.dup(connection.fileno())))
            if self._over:
                self._shut()
        return connection

    def over(self) -> None:
        """Time is up: whatever waits on a connection of this send waits no longer."""
        with self._lock:
            self._over = True
            self._shut()

    def done(self) -> None:
        """The send has ended."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()

    def _shut(self) -> None:
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
