"""A message over which the worker ends three times goes to quarantine; the others pass.

As long as workers end by themselves this costs nothing. After one that did not, the next writes down for a
minute what it has in hand before it looks at it. If it ends, too, what it had in hand is suspect: each
suspect is then handled alone, and the one that ends a worker for the third time is refused unread.
"""

from __future__ import annotations

import hashlib
import time

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from ingest.batch import Written, refuse_unread, write_batch
from ingest.decode import Incoming
from store import in_hand
from store.database import now, transaction

log = structlog.get_logger()

TRIES = 3
CAREFUL_S = 60.0


class Care:
    """What one worker remembers of its forerunners' ends."""

    def __init__(self, engine: sa.Engine, worker: str) -> None:
        self._engine, self._worker = engine, worker
        self._suspects: dict[bytes, int] = {}
        self._careful_until = 0.0

    def begin(self) -> bool:
        """The worker starts. Always true."""
        with transaction(self._engine) as session:
            clean, self._suspects = in_hand.begin(session, self._worker, now())
        if not clean:
            log.warning("the last run did not end by itself", action="careful")
            self._careful_until = time.monotonic() + CAREFUL_S
        return True

    def end(self) -> None:
        """The worker ends by itself."""
        with transaction(self._engine) as session:
            in_hand.end(session, self._worker, now())

    def parts(self, batch: list[Incoming]) -> list[list[Incoming]]:
        """The batch as it is; with suspects in it, those one by one after the others."""
        if not self._suspects:
            return [batch]
        suspects = [one for one in batch if _digest(one) in self._suspects]
        others = [one for one in batch if _digest(one) not in self._suspects]
        return [part for part in (others, *([one] for one in suspects)) if part]

    def write(self, part: list[Incoming], demonstration_only: bool) -> Written:
        """Write a part of `parts`, with care where that is called for."""
        if time.monotonic() > self._careful_until and not self._suspects:
            return write_batch(self._engine, part, now(), demonstration_only)
        digests = [_digest(one) for one in part]
        tries = self._suspects.get(digests[0], 0) if len(part) == 1 else 0

        def finished(session: Session) -> None:
            in_hand.put_down(session, self._worker, digests if tries else ())

        if tries >= TRIES:
            log.error("a message is refused unread", action="poison", tries=tries)
            written = refuse_unread(self._engine, part[0], now(), finished)
        else:
            with transaction(self._engine) as session:
                in_hand.take(session, self._worker, digests, now())
            written = write_batch(self._engine, part, now(), demonstration_only, finished)
        if tries:
            del self._suspects[digests[0]]
        return written


def _digest(one: Incoming) -> bytes:
    return hashlib.sha256(one.payload).digest()
