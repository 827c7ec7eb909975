"""The end of a call that takes too long: whoever waits for it goes on without it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

LONGEST_S = 15.0  #: longer than the time-out of one step of it


@dataclass(slots=True)
class InTime:
    """Calls of one place outside. A time-out of a socket ends a pause, not a call: a server that says a byte
    every nine seconds would hold the watchdog for hours."""

    longest_s: float = LONGEST_S
    _last: threading.Thread | None = field(default=None, init=False)

    def __call__(self, call: Callable[[], None]) -> None:
        """Do it, or give it up. Raises `OSError` as `call` does, where it takes too long, and at once while
        the one before still hangs."""
        if self._last is not None and self._last.is_alive():
            raise OSError("what was said before still hangs there")
        failed: list[BaseException] = []

        def work() -> None:
            try:
                call()
            except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
                failed.append(error)

        self._last = threading.Thread(target=work, name="outside", daemon=True)
        self._last.start()
        self._last.join(self.longest_s)
        if self._last.is_alive():
            raise OSError(f"it did not answer within {self.longest_s:.0f} s")
        for error in failed:
            raise error
