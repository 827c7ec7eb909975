"""What the ward remembers between two starts: when it was opened, and what it still owes the server."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from simulate.courses import PAST_DAYS
from simulate.patient import midnight_us

MINUTE_US = 60_000_000
SAVE_EVERY_US = 10_000_000


class Stretch(msgspec.Struct, frozen=True):
    """Time [from_us, to_us) in whole minutes that is published as epochs, named by where it begins."""

    from_us: int
    to_us: int


class _Page(msgspec.Struct):
    born_us: int
    until_us: int  #: all before it is with the server, or is in `past`
    past: list[Stretch]


class WardBook:
    """The state file, open. It is replaced whole, so that a kill leaves the old page or the new one."""

    def __init__(self, file: Path, page: _Page) -> None:
        self._file = file
        self._page = page
        self._saved_us = page.until_us

    @classmethod
    def opened(cls, file: Path, zone: ZoneInfo, now: datetime) -> WardBook:
        """Open the book, or begin it; whatever is missing up to `now` becomes a stretch of the past.

        A stretch is written down before it is published, and where one ends the next begins: a name
        never gets other bytes.
        """
        now_us = round(now.timestamp() * 1_000_000)
        page = None
        with contextlib.suppress(FileNotFoundError, msgspec.MsgspecError):
            page = msgspec.json.decode(file.read_bytes(), type=_Page)
        if page is None:
            first_day = now.astimezone(zone).date() - timedelta(days=PAST_DAYS)
            born_us = now_us // 1_000_000 * 1_000_000
            page = _Page(born_us, midnight_us(first_day, zone), [])
        from_us = -(-page.until_us // MINUTE_US) * MINUTE_US
        to_us = now_us // MINUTE_US * MINUTE_US
        if to_us > from_us:
            page.past.append(Stretch(from_us, to_us))
            page.until_us = to_us
        book = cls(file, page)
        book._save()
        return book

    @property
    def born(self) -> datetime:
        """When the ward was first opened, to the second."""
        return datetime.fromtimestamp(self._page.born_us / 1_000_000, tz=UTC)

    @property
    def past(self) -> list[Stretch]:
        """What is to be published as epochs."""
        return list(self._page.past)

    @property
    def until_us(self) -> int:
        """Where live begins. [us since the Unix epoch]"""
        return self._page.until_us

    def past_is_settled(self) -> None:
        """The server has every stretch."""
        self._page.past.clear()
        self._save()

    def live_until(self, settled_us: int) -> None:
        """The server has everything that was live up to here; written down every ten seconds of it."""
        self._page.until_us = max(self._page.until_us, settled_us)
        if self._page.until_us - self._saved_us >= SAVE_EVERY_US:
            self._save()

    def _save(self) -> None:
        fresh = self._file.with_name(self._file.name + ".new")
        fresh.write_bytes(msgspec.json.encode(self._page))
        fresh.replace(self._file)
        self._saved_us = self._page.until_us
