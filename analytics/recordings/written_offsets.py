"""A zone made of the offsets that the stamps of a file carry themselves."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta, timezone, tzinfo

import numpy as np
from numpy.typing import NDArray

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - compared with wall clocks, which have no zone


class WrittenOffsets(tzinfo):
    """Each offset holds from the first row that carries it until the first row with another one."""

    def __init__(self, start_us: list[int], offset_us: list[int]) -> None:
        self._starts = start_us
        self.changes_us = tuple(start_us[1:])  #: may come twice within a day, so `days.cut` is told
        self._offsets = [timedelta(microseconds=offset) for offset in offset_us]

    def utcoffset(self, when: datetime | None) -> timedelta:
        """The offset of a wall clock; `fold` chooses where it is shown twice or skipped (PEP 495)."""
        if when is None:
            return self._offsets[0]
        wall = (when.replace(tzinfo=None, fold=0) - _EPOCH) // timedelta(microseconds=1)
        held = 0
        for i in range(1, len(self._starts)):
            shown = [self._starts[i] + self._offsets[j] // timedelta(microseconds=1) for j in (i - 1, i)]
            if wall >= (min(shown) if when.fold else max(shown)):
                held = i
        return self._offsets[held]

    def fromutc(self, when: datetime) -> datetime:
        """The wall clock of an instant."""
        utc = (when.replace(tzinfo=None) - _EPOCH) // timedelta(microseconds=1)
        held = max(bisect_right(self._starts, utc) - 1, 0)
        local = when + self._offsets[held]
        return local.replace(fold=0 if self.utcoffset(local.replace(fold=0)) == self._offsets[held] else 1)

    def dst(self, when: datetime | None) -> None:
        """Not known: an offset alone does not say."""

    def tzname(self, when: datetime | None) -> str:
        """The offset, as it is written."""
        return timezone(self.utcoffset(when)).tzname(None)


def zone_of(t_us: NDArray[np.int64], offset_us: NDArray[np.int64]) -> tuple[str, tzinfo]:
    """The name and the zone of rows that carry offsets; one fixed zone where all carry the same."""
    changes = np.r_[0, np.flatnonzero(np.diff(offset_us)) + 1]
    offsets = offset_us[changes].tolist()
    names = dict.fromkeys(_written(offset) for offset in offsets)
    if len(names) == 1:
        fixed = timezone(timedelta(microseconds=offsets[0])) if offsets[0] else UTC
        return next(iter(names)), fixed
    return ", ".join(names), WrittenOffsets(t_us[changes].tolist(), offsets)


def _written(offset_us: int) -> str:
    if offset_us == 0:
        return "UTC"
    minutes = abs(offset_us) // 60_000_000
    return f"{'+' if offset_us > 0 else '-'}{minutes // 60:02d}:{minutes % 60:02d}"
