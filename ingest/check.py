"""What types alone cannot say about a message: lengths, finite numbers, texts, and its time (pure)."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from ingest.messages import EPOCH_ARRAYS, MAX_XYZ_BYTES, Diary, Epoch, Raw, Status

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
FUTURE = timedelta(days=1)
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE_DAYS_LATEST_US = int((datetime(2200, 1, 1, tzinfo=UTC) - _UNIX).total_seconds()) * 1_000_000


class Bad(ValueError):
    """Why a message is refused."""


class BadTime(Bad):
    """Its time is why: the only thing about a message that an operator can correct."""


def check(message: Raw | Epoch | Diary | Status) -> tuple[datetime, datetime]:
    """First and last instant of a message. Raises `Bad`; `BadTime` when all but its time is right."""
    match message:
        case Raw():
            size = len(message.xyz)
            if size == 0 or size % 6 or size > MAX_XYZ_BYTES:
                raise Bad("`xyz` is empty, longer than 4 MiB, or not a multiple of 6 bytes")
            _finite((message.hz, message.scale, message.temp_c, message.lux))
            duration = timedelta(seconds=(size // 6) / message.hz)
        case Epoch():
            arrays = [a for a in (getattr(message, n) for n in EPOCH_ARRAYS) if a is not None]
            if not arrays or not arrays[0] or len({len(a) for a in arrays}) != 1:
                raise Bad("the arrays are empty or differ in length")
            for array in arrays:
                _finite(array)
            _finite((message.epoch_s,))
            duration = timedelta(seconds=message.epoch_s * len(arrays[0]))
        case Diary():
            _check_diary(message)
            at = _time(message.at)
            return at, max(at, _entered(message) or at)
        case Status():
            _finite((message.battery_pct,))
            if "\0" in (message.firmware or ""):
                raise Bad("a text has a NUL")
            # A wrong clock is what a status is there to show: any instant is welcome.
            try:
                at = instant(message.at)
            except ValueError as error:
                raise Bad("`at` is outside the calendar") from error
            return at, EARLIEST
    try:
        start = instant(message.t0)
        end = start + duration
    except (ValueError, OverflowError) as error:
        raise BadTime("`t0` is outside the calendar") from error
    if start < EARLIEST:
        raise BadTime("`t0` is before 2000-01-01")
    return start, end


def too_early(last: datetime, received_at: datetime, offset: timedelta = timedelta(0)) -> bool:
    """Whether a message speaks of a time that had not come when it was received.

    `last` is its last instant by the device's clock; `offset` is how far that clock is known to be ahead
    of ours (negative: behind). A day is forgiven.
    """
    return last - offset > received_at + FUTURE


def redated(
    message: Raw | Epoch | Diary | Status, start: datetime, received_at: datetime
) -> Raw | Epoch | Diary:
    """The message as sent, but at `start`. Raises `Bad` unless its time is all that is wrong with it."""
    if isinstance(message, Status):
        raise Bad("a status cannot be re-dated: its time is what the device's clock said")
    try:
        _, last = check(message)
    except BadTime:
        pass
    else:
        if not too_early(last, received_at):
            raise Bad("its time is acceptable: retry it without another one")
    if isinstance(message, Diary):
        entered = _entered_as_long_after(message, start, received_at)
        return msgspec.structs.replace(message, at=start.isoformat(), entered_at=entered)
    return msgspec.structs.replace(message, t0=(start - _UNIX) // timedelta(microseconds=1))


def instant(microseconds: int) -> datetime:
    """An instant from microseconds since the Unix epoch. Raises `ValueError` outside 0001 to 2200."""
    if not -62_135_596_800_000_000 <= microseconds <= _WHOLE_DAYS_LATEST_US:
        raise ValueError("outside the calendar")
    return _UNIX + timedelta(microseconds=microseconds)


def _entered(message: Diary) -> datetime | None:
    """When it was written down; None: at `at`. Raises `BadTime`."""
    if message.entered_at is None:
        return None
    entered = _time(message.entered_at, "entered_at")
    if entered < _time(message.at):
        raise BadTime("`entered_at` is before `at`")
    return entered


def _entered_as_long_after(message: Diary, start: datetime, received_at: datetime) -> str | None:
    """`entered_at` of a message that is re-dated: one clock gave both times, so what lies between them is
    right. Nothing where the two make no sense together."""
    try:
        entered = _entered(message)
        moved = None if entered is None else start + (entered - _time(message.at))
    except (BadTime, OverflowError):
        return None
    return None if moved is None or too_early(moved, received_at) else moved.isoformat()


def _check_diary(message: Diary) -> None:
    try:
        uuid.UUID(message.id)
    except ValueError as error:
        raise Bad("`id` is not a UUID") from error
    texts = [message.note, message.skipped, *(message.sites or [])]
    for dose in message.doses or []:
        _finite((dose.dose,))
        try:
            _time(dose.at)
        except BadTime as error:
            raise Bad(f"of a dose, {error}") from error
        texts += [dose.drug, dose.unit, dose.route]
    if any("\0" in text for text in texts if text):
        raise Bad("a text has a NUL")


def _time(text: str, key: str = "at") -> datetime:
    """An RFC 3339 time with offset. Raises `BadTime`, which names the key."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError("no offset")
        at = at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadTime(f"`{key}` is not an RFC 3339 time with offset") from error
    if at < EARLIEST:
        raise BadTime(f"`{key}` is before 2000-01-01")
    return at


def _finite(values: Iterable[float | None]) -> None:
    if not all(math.isfinite(value) for value in values if value is not None):
        raise Bad("a number is not finite")
