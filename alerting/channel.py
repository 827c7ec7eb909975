"""What a channel is: something that takes a message, or says why it did not."""

from __future__ import annotations

from typing import Protocol

from alerting.time_limit import TimeLimit
from alerting.wording import Message


class NotSent(Exception):
    """A channel did not take the message; this says why, and nothing else: no address, no password."""


class Channel(Protocol):
    """Something that takes a message."""

    def send(self, message: Message, limit: TimeLimit) -> str | None:
        """Hand it over; what the other side calls it, where it says so. Raises `NotSent`.

        Whoever calls waits for `alerting.time_limit.TIMEOUT_S` at most; then it ends what `limit` was shown.
        """
