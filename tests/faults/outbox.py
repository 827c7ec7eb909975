"""What one device still keeps: everything without a receipt, at most 64 of it on its way. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from tests.faults.workload import UNNAMED, Planned

IN_FLIGHT = 64
RESEND_S = 3.0  #: shorter than a device's 10 s, so that a run ends soon
ON_ITS_WAY_S = 1.0  #: a receipt may be older than a message that was sent less than this ago


class Outbox:
    """The messages of one device."""

    def __init__(self, messages: Iterable[Planned]) -> None:
        self.waiting = deque(messages)
        self._out: dict[Planned, float] = {}

    @property
    def left(self) -> int:
        return len(self.waiting) + len(self._out)

    def due(self, now_s: float) -> list[Planned]:
        """What is to be published now: first what was sent too long ago."""
        again = [one for one, sent_s in self._out.items() if now_s - sent_s >= RESEND_S]
        room = min(IN_FLIGHT - len(self._out), len(self.waiting))
        fresh = [self.waiting.popleft() for _ in range(room)]
        for one in again + fresh:
            self._out[one] = now_s
        return again + fresh

    def connection_lost(self) -> None:
        """Nobody knows what arrived: everything is sent again."""
        self._out = dict.fromkeys(self._out, float("-inf"))

    def settle(self, stream: str, receipt: dict[str, Any], now_s: float) -> list[tuple[Planned, bool]]:
        """What this receipt settles, and whether it is stored (else refused)."""
        refused = {refusal["digest"] for refusal in receipt["refused"]}
        settled = []
        for one, sent_s in list(self._out.items()):
            if one.stream != stream or one.boot != (UNNAMED if receipt["boot"] is None else receipt["boot"]):
                continue
            if one.digest in refused:
                settled.append((one, False))
            elif one.boot == UNNAMED or one.seq > receipt["through"]:
                continue
            elif not any(first <= one.seq <= last for first, last in receipt["missing"]):
                settled.append((one, True))
            elif now_s - sent_s >= ON_ITS_WAY_S:
                self._out[one] = float("-inf")
        for one, _ in settled:
            del self._out[one]
        return settled
