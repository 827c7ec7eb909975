"""Whether the whole road was travelled lately: no page shows calm that nobody has checked."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from store.database import engine_for, now, transaction
from store.watch_rounds import Road, road

FRESH_S = 2.0


@dataclass(slots=True)
class RoadLook:
    """Looks at most every other second, over a connection of its own: a page holds one already."""

    database_url: str
    engine: sa.Engine = field(init=False)
    _found: Road | None = None
    _looked_at: float = -FRESH_S
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.engine = engine_for(self.database_url, pool_size=1)

    def __call__(self) -> Road | None:
        """What is known of the road; None where no watchdog has ever made a round."""
        if time.monotonic() - self._looked_at >= FRESH_S and self._lock.acquire(blocking=False):
            try:
                with transaction(self.engine) as session:
                    self._found = road(session)
                self._looked_at = time.monotonic()
            except sa.exc.SQLAlchemyError:
                pass  # what was known stands, and ages; /readyz says that the database is away
            finally:
                self.engine.dispose()  # no connection is held between looks
                self._lock.release()
        return self._found


@dataclass(frozen=True, slots=True)
class Monitored:
    """What a page says of the road."""

    well: bool
    text: str


def monitored(found: Road | None, at: datetime) -> Monitored | None:
    """The sentence of a page; None where there is no watchdog."""
    if found is None:
        return None
    since = found.unmonitored_since(at)
    if since is not None:
        return Monitored(False, f"Not monitored since {clock(since, at)}: {why(found)}. {_MEANING}")
    if found.good_at is None:
        return Monitored(True, "The whole road is being checked for the first time.")
    return Monitored(True, f"Whole road checked at {clock(found.good_at, at)}, {ago(at - found.good_at)}.")


def in_words(found: Road | None, at: datetime) -> tuple[bool, str]:
    """(whether it is well, the sentence) for `/readyz`."""
    if found is None:
        return True, "No watchdog has made a round here: nobody checks the whole road."
    since = found.unmonitored_since(at)
    if since is not None:
        return False, f"Nobody got through the whole road since {clock(since, at)}: {why(found)}."
    if found.good_at is None or found.took_s is None:
        return True, "The watchdog makes its first rounds."
    return True, f"The last round trip took {found.took_s:.1f} s, {ago(at - found.good_at)}."


def why(found: Road) -> str:
    """What keeps the watchdog from getting through."""
    return found.detail if found.missing and found.detail else "the watchdog makes no rounds; is it running?"


def ago(span: timedelta) -> str:
    """`40 seconds ago`, `2 minutes ago`."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < 90:
        return f"{seconds} second{'' if seconds == 1 else 's'} ago"
    return f"{round(seconds / 60)} minutes ago"


def clock(at: datetime, now_at: datetime) -> str:
    """`14:05 UTC`, with the day where that is another one."""
    return f"{at:%H:%M} UTC" if at.date() == now_at.date() else f"{at:%Y-%m-%d %H:%M} UTC"


def of_page(look: RoadLook) -> Monitored | None:
    """The sentence of a page, now."""
    return monitored(look(), now())


_MEANING = "What is shown may be old, and messages may be missing."
