"""The watchdog's test sink: a way out that leads into a table, for the synthetic patient alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import sqlalchemy as sa

from store.database import now, transaction
from store.watch.rounds import reached_sink


class _Keyed(Protocol):
    @property
    def idempotency_key(self) -> UUID: ...


@dataclass(frozen=True, slots=True)
class WatchSink:
    """Takes every message; nobody is told."""

    engine: sa.Engine

    def send(self, message: _Keyed, _limit: object = None) -> None:
        """Write down that it came."""
        with transaction(self.engine) as session:
            reached_sink(session, message.idempotency_key, now())
