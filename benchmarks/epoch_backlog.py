"""How far the minutes made from raw blocks are behind the blocks."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psycopg

from benchmarks.house import House

PATIENCE_S = 60.0


@dataclass(slots=True)
class EpochBacklog:
    """Looks when it is asked to; `oldest_s` is the longest that a block was seen to wait."""

    house: House
    oldest_s: float = 0.0
    waited_s: float = 0.0  #: for the last minutes after the last receipt
    left: int = 0  #: spans of blocks without minutes when patience was over

    def look(self) -> int:
        """How many spans wait now."""
        query = "SELECT count(*), extract(epoch FROM now() - min(received_at)) FROM new_blocks"
        with psycopg.connect(self.house.postgres.url) as connection:
            row = connection.execute(query).fetchone()
        assert row is not None
        self.oldest_s = max(self.oldest_s, float(row[1] or 0))
        return int(row[0])

    def wait(self) -> None:
        """Until nothing waits, or patience is over."""
        began = time.monotonic()
        while (left := self.look()) and time.monotonic() - began < PATIENCE_S:
            time.sleep(0.2)
        self.waited_s, self.left = time.monotonic() - began, left
