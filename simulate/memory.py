"""What a device still has to keep: everything that no receipt has settled. No network, no clock."""

from __future__ import annotations

import hashlib
import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from ingest.messages import MAX_IN_FLIGHT, Diary, Epoch, Raw, Receipt, Status, Stream

Upward: TypeAlias = Raw | Epoch | Diary | Status

#: A receipt may have been written while a message was still on its way, so `missing` counts only for
#: what was sent longer ago than this.
ON_ITS_WAY_S = 1.0


@dataclass(frozen=True, slots=True)
class Kept:
    """One message as it travels."""

    stream: Stream
    boot: int
    seq: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that the server will not take, by its name, with the server's reason."""

    stream: Stream
    boot: int
    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a device is, in messages. What is refused is settled, too."""

    total: int  #: given to the device so far
    published: int  #: sent at least once
    receipted: int  #: committed, by the server's word
    refused: int

    @property
    def left(self) -> int:
        """Messages that the device still has to keep."""
        return self.total - self.receipted - self.refused


def packed(message: Upward) -> Kept:
    """The message as MessagePack, with its name. The same message always gives the same bytes."""
    stream = {Raw: Stream.RAW, Epoch: Stream.EPOCH, Diary: Stream.DIARY, Status: Stream.STATUS}[type(message)]
    return Kept(stream, message.boot, message.seq, msgspec.msgpack.encode(message))


class Memory:
    """The messages of one device: those that wait, and at most 64 that are on their way."""

    def __init__(self, resend_after_s: float = 10.0) -> None:
        self._resend_after_s = resend_after_s
        self._waiting: deque[Kept] = deque()
        self._sent: dict[Kept, float] = {}
        self._published = self._receipted = self._refused = 0

    def keep(self, message: Kept) -> None:
        """Take a message into memory; it leaves only when a receipt settles it."""
        self._waiting.append(message)

    def progress(self) -> Progress:
        """How far the device is."""
        total = len(self._waiting) + len(self._sent) + self._receipted + self._refused
        return Progress(total, self._published, self._receipted, self._refused)

    def to_send(self, now_s: float) -> list[Kept]:
        """What is to be published now: what was sent too long ago, then new messages up to the limit."""
        again = [m for m, sent_s in self._sent.items() if now_s - sent_s >= self._resend_after_s]
        room = min(MAX_IN_FLIGHT - len(self._sent), len(self._waiting))
        fresh = [self._waiting.popleft() for _ in range(room)]
        self._published += len(fresh)
        self._sent.update(dict.fromkeys(again + fresh, now_s))
        return again + fresh

    def connection_lost(self) -> None:
        """Nobody knows what arrived: everything without a receipt is sent again."""
        self._sent = dict.fromkeys(self._sent, -math.inf)

    def settle(self, receipt: Receipt, now_s: float) -> list[Refused]:
        """Forget what this receipt settles, and mark what it misses. Returns what was refused.

        A refusal counts for the very bytes that were sent (its digest), not for whoever else used the name.
        """
        reasons = {refusal.digest: refusal.reason for refusal in receipt.refused}
        refused = []
        for message, sent_s in list(self._sent.items()):
            if message.stream != receipt.stream or receipt.boot not in (message.boot, None):
                continue
            reason = reasons.get(hashlib.sha256(message.payload).hexdigest()) if reasons else None
            if reason is not None:
                del self._sent[message]
                self._refused += 1
                refused.append(Refused(message.stream, message.boot, message.seq, reason))
            elif receipt.boot is None or message.seq > receipt.through:
                continue
            elif not _among(message.seq, receipt.missing):
                del self._sent[message]
                self._receipted += 1
            elif now_s - sent_s >= min(ON_ITS_WAY_S, self._resend_after_s):
                self._sent[message] = -math.inf
        return refused


def _among(seq: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(first <= seq <= last for first, last in ranges)
