"""Each way to the operators for itself: one that hangs or refuses takes no alarm away from another."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from patrol.channels import Send
from patrol.in_time import InTime
from patrol.troubles import Alarm, Known, Trouble, news, told

log = structlog.get_logger()

PAUSE_S = 30.0  #: after an alarm was not taken


@dataclass(slots=True)
class Teller:
    """One channel, and what it has taken so far: a file that takes everything tells nobody by itself."""

    name: str
    send: Send
    known: Mapping[str, Known] = field(default_factory=dict)
    pause_s: float = PAUSE_S
    _again_at: float = 0.0
    _in_time: InTime = field(default_factory=InTime)

    def tell(self, present: Sequence[Trouble], at: datetime) -> None:
        """Send what is new of the troubles that there are now; what is not taken is sent again."""
        self.known, alarms = news(self.known, present, at)
        for alarm in alarms:
            if time.monotonic() < self._again_at:
                return
            if self._taken(alarm):
                self.known = told(self.known, alarm)

    def _taken(self, alarm: Alarm) -> bool:
        said = {"action": "alarm", "trouble": alarm.trouble.key, "kind": alarm.kind, "channel": self.name}
        try:
            self._in_time(lambda: self.send(alarm))
        except OSError as error:
            self._again_at = time.monotonic() + self.pause_s
            log.warning("an alarm was not taken", **{**said, "action": "alarm_failed"}, error=str(error))
            return False
        log.warning("alarm", **said)
        return True
