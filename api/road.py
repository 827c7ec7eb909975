"""Whether the whole road was travelled lately: no page shows calm that nobody has checked."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

import sqlalchemy as sa

from store.database import engine_for, now, transaction
from store.site_zones import zones_of_sites
from store.watch.rounds import Road, road

FRESH_S = 2.0
ZONES_FRESH_S = 60.0


@dataclass(slots=True)
class RoadLook:
    """Looks at most every other second, over a connection of its own: a page holds one already."""

    database_url: str
    engine: sa.Engine = field(init=False)
    zones: Mapping[str, tzinfo] = field(
        default_factory=dict
    )  #: of sites: a page tells times as its ward does
    _found: Road | None = None
    _looked_at: float = -FRESH_S
    _zones_at: float = -ZONES_FRESH_S
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.engine = engine_for(self.database_url, pool_size=1)

    def __call__(self) -> Road | None:
        """What is known of the road; None where no watchdog has ever made a round."""
        at = time.monotonic()
        if at - self._looked_at >= FRESH_S and self._lock.acquire(blocking=False):
            try:
                with transaction(self.engine) as session:
                    self._found = road(session)
                    if at - self._zones_at >= ZONES_FRESH_S:
                        self.zones, self._zones_at = zones_of_sites(session), at
                self._looked_at = time.monotonic()
            except sa.exc.SQLAlchemyError:
                pass  # what was known stands, and ages; /readyz says that the database is away
            finally:
                self.engine.dispose()  # no connection is held between looks
                self._lock.release()
        return self._found

    def zone(self, site: str | None) -> tzinfo:
        """The clock of that site; of nobody's, the one that all sites share, else UTC."""
        if site is not None:
            return self.zones.get(site, UTC)
        shared = set(self.zones.values())
        return shared.pop() if len(shared) == 1 else UTC


@dataclass(frozen=True, slots=True)
class Monitored:
    """What a page says of the road."""

    well: bool
    text: str
    checked_at: datetime | None = (
        None  #: where it is well: a page that stays open says itself when that is old
    )
    age: timedelta = timedelta()
    limit_s: int = 0
    since: str = ""  #: the same instant on the clock of the reader


def monitored(found: Road | None, at: datetime, zone: tzinfo = UTC) -> Monitored | None:
    """The sentence of a page, its times on the clock of `zone`; None where there is no watchdog."""
    if found is None:
        return None
    shut = _shut(found, at, zone, "Not monitored")
    waiting = _waiting(found, at, zone, OF_PATIENTS)
    if shut or waiting:
        return Monitored(False, f"{shut or waiting} {_MEANING}")
    if found.good_at is None:
        return Monitored(True, "The whole road is being checked for the first time.")
    when = clock(found.good_at, at, zone)
    limit_s = round(2 * found.every.total_seconds())
    age = at - found.good_at
    return Monitored(True, f"Whole road checked at {when}.", found.good_at, age, limit_s, when)


def in_words(found: Road | None, at: datetime) -> tuple[bool, str]:
    """(whether it is well, the sentence) for `/readyz`."""
    if found is None:
        return True, "No watchdog has made a round here: nobody checks the whole road."
    shut = _shut(found, at, UTC, "Nobody got through the whole road")
    if shut is not None:
        return False, shut
    if found.good_at is None or found.took_s is None:
        return True, "The watchdog makes its first rounds."
    return True, f"The last round trip took {found.took_s:.1f} s, {ago(at - found.good_at)}."


def waiting_in_words(found: Road | None, at: datetime) -> tuple[bool, str]:
    """(whether nothing waits, the sentence) for `/readyz`: on an open road somebody may still wait."""
    waiting = None if found is None else _waiting(found, at, UTC, tuple(_WAITS))
    return waiting is None, waiting or "The watchdog knows of nothing that waits for two periods."


def _shut(found: Road, at: datetime, zone: tzinfo, nobody: str) -> str | None:
    since = found.unmonitored_since(at)
    if since is None:
        return None
    when = clock(since, at, zone)
    if since > at:
        return f"{nobody}: the last check was at {when}, which is still to come, so the clock was put back."
    return f"{nobody} since {when}: {why(found)}."


def _waiting(found: Road, at: datetime, zone: tzinfo, keys: Sequence[str]) -> str | None:
    said = [_WAITS[key].format(clock(since, at, zone)) for key, since in found.waiting(at) if key in keys]
    return " ".join(said) or None


def why(found: Road) -> str:
    """What keeps the watchdog from getting through."""
    return found.detail if found.missing and found.detail else "the watchdog makes no rounds; is it running?"


def ago(span: timedelta) -> str:
    """`40 seconds ago`, `2 minutes ago`."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < 90:
        return f"{seconds} second{'' if seconds == 1 else 's'} ago"
    return f"{round(seconds / 60)} minutes ago"


def clock(at: datetime, now_at: datetime, zone: tzinfo) -> str:
    """`14:05 CEST` on the clock of `zone`, with the day where that is another one."""
    there, today = at.astimezone(zone), now_at.astimezone(zone).date()
    day = "" if there.date() == today else f"{there:%Y-%m-%d} "
    return f"{day}{there:%H:%M} {there:%Z}"


def of_page(look: RoadLook, site: str | None) -> Monitored | None:
    """The sentence of a page, now, for a reader at that site."""
    return monitored(look(), now(), look.zone(site))


_MEANING = "What is shown may be old, and messages may be missing."
OF_PATIENTS = ("answers", "messages")
#: What the watchdog may find waiting, by its name of it: {} is since when.
_WAITS = {
    "answers": "Not all is judged: an answer of a patient waits since {}.",
    "messages": "Not all is told: a message is due since {} and nobody sends it.",
    "audit": "The audit is not sealed since {}.",
}
