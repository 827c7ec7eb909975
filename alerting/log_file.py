"""The channel `log`: one JSON line a message, on disk before it counts as sent."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from alerting.channel import NotSent
from alerting.time_limit import TimeLimit
from alerting.wording import Message
from store.lines import open_lines, write_line


@dataclass(frozen=True, slots=True)
class LogFile:
    """The file. A disk that hangs holds its sender: nothing ends that from outside."""

    path: Path

    def send(self, message: Message, _limit: TimeLimit | None = None) -> None:
        """Append the line. Raises `NotSent` when the disk does not take it."""
        line = json.dumps(message.as_json())
        try:
            descriptor = open_lines(self.path)
            try:
                with _one_writer:
                    write_line(descriptor, line)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise NotSent(f"the file could not be written: {error.strerror}") from error


_one_writer = threading.Lock()
