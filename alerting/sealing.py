"""The audit is sealed here every second, and the newest seal is told to a place outside of the database.

Whoever owns the database can write the whole chain anew. What was published elsewhere cannot be written anew
with it: `actalgia audit verify --head FILE` compares.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
import structlog

from store.audit.chain import Head
from store.audit.seals import head, seal_all
from store.database import now, transaction
from store.lines import append_line

log = structlog.get_logger()

EVERY_S = 1.0
TIMEOUT_S = 10.0
AGAIN_S = 60.0  #: after a head was not taken


class NotPublished(Exception):
    """A head was not taken; the message says why, and quotes no address."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Where heads go: lines of a file, an address that takes a POST of JSON, both or neither."""

    file: Path | None = None
    url: str | None = None
    every: timedelta = timedelta(minutes=10)

    def __post_init__(self) -> None:
        if self.url is not None and urlsplit(self.url).scheme not in ("http", "https"):
            raise ValueError("it is no address that begins with http:// or https://")

    def publish(self, newest: Head) -> None:
        """Tell the head to each place, on disk or answered 2xx when this returns. Raises `NotPublished`."""
        refused = []
        for place in (self.file, self.url):
            try:
                if isinstance(place, Path):
                    _to_file(place, newest)
                elif place is not None:
                    _to_url(place, newest)
            except NotPublished as error:
                refused.append(str(error))
        if refused:
            raise NotPublished("; ".join(refused))


def keep_sealing(engine: sa.Engine, outside: Outside, counts: dict[str, int], stop: threading.Event) -> None:
    """Seal and publish until `stop` is set. Losing the database pauses it; no place outside ever does.

    Several processes may do so: one seals at a time, and heads are published by whoever found something new.
    `counts["head_waits_s"]`: for how long a head is due that no place took.
    """
    counts.update(sealed=0, heads=0, heads_failed=0, head_waits_s=0)
    published, due = 0, time.monotonic()
    waits_since: float | None = None
    sent: _Sent | None = None
    while not stop.is_set():
        try:
            counts["sealed"] += seal_all(engine, stop.is_set)
            if sent is None and time.monotonic() >= due:
                with transaction(engine) as session:
                    newest = head(session, now())
                if newest is not None and newest.n != published:
                    sent = _Sent(outside, newest)
                    waits_since = waits_since or time.monotonic()
                due = time.monotonic() + outside.every.total_seconds()
        except sa.exc.OperationalError:
            log.warning("the database is away", action="database_away")
        except sa.exc.SQLAlchemyError as error:
            log.error("the audit was not sealed", action="audit_not_sealed", error=type(error).__name__)
        stop.wait(EVERY_S)
        if sent is not None and sent.over:
            if sent.refused is None:
                published, waits_since = sent.newest.n, None
                counts["heads"] += 1
            else:
                counts["heads_failed"] += 1
                due = time.monotonic() + AGAIN_S
                said = "the head of the audit was not published"
                log.error(said, action="audit_head_failed", error=sent.refused)
            sent = None
        counts["head_waits_s"] = 0 if waits_since is None else int(time.monotonic() - waits_since)


class _Sent:
    """A head on its way to the places outside, in a thread of its own: one that hangs holds up no seal."""

    def __init__(self, outside: Outside, newest: Head) -> None:
        self.outside, self.newest = outside, newest
        self.refused: str | None = None
        self._thread = threading.Thread(target=self._publish, name="head", daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()

    def _publish(self) -> None:
        try:
            self.outside.publish(self.newest)
        except NotPublished as error:
            self.refused = str(error)
        except Exception as error:  # noqa: BLE001 - no place outside may end the thread that seals
            self.refused = type(error).__name__


def _to_file(path: Path, newest: Head) -> None:
    try:
        append_line(path, newest.line())
    except OSError as error:
        raise NotPublished(f"the file could not be written: {error.strerror}") from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def _to_url(url: str, newest: Head) -> None:
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked when it was configured
        url,
        data=json.dumps({"actalgia": "audit head", **json.loads(newest.line())}).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "actalgia"},
    )
    try:
        with _opener.open(request, timeout=TIMEOUT_S):
            pass  # of the answer only the status counts
    except urllib.error.HTTPError as error:
        error.close()
        raise NotPublished(f"the address answered {error.code}") from error
    # What is no HTTP raises `HTTPException`, and so does a bad address, which it quotes.
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NotPublished(f"the address did not answer: {type(error).__name__}") from error
