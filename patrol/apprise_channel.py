"""Operators told by any service that Apprise knows. Nothing of what sends pages is used for it."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field

from ladder.apprise_address import service_at
from patrol.troubles import Alarm


@dataclass(slots=True)
class Service:
    """One address. One alarm at a time: a service that never ends holds one thread and no more."""

    address: str
    timeout_s: float
    _asked: threading.Thread | None = field(default=None)

    def __call__(self, alarm: Alarm) -> None:
        """Hand an alarm over. Raises `OSError`, which quotes no address."""
        if self._asked is not None and self._asked.is_alive():
            raise OSError("the service has not yet answered to the last alarm")
        taken: list[bool] = []

        def ask() -> None:
            service = service_at(self.address)
            with contextlib.suppress(Exception):
                taken.append(
                    service is not None and bool(service.notify(body=alarm.text, title=alarm.subject))
                )

        self._asked = threading.Thread(target=ask, name="apprise", daemon=True)
        self._asked.start()
        self._asked.join(self.timeout_s)
        if self._asked.is_alive():
            raise OSError(f"the service did not answer within {self.timeout_s:.0f} s")
        if taken != [True]:
            raise OSError("the service did not take it")
