"""Which part of the messages one ingest worker takes, and under which name the broker knows it.

One worker hears every device. `--shard I/N`: N workers, each hears its own devices, by name; the broker
sends nothing twice. `--share GROUP`: a broker cluster hands each message to one of the group.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass

from ingest.messages import ROOT


@dataclass(frozen=True, slots=True)
class Worker:
    """One of `of` workers, counted from 1; with `group`, one member of a shared subscription."""

    index: int = 1
    of: int = 1
    group: str | None = None
    member: str = ""

    @classmethod
    def parse(cls, shard: str | None, group: str | None, member: str) -> Worker:
        """From the words of the command line. Raises `ValueError` in one sentence."""
        if shard and group:
            raise ValueError("--shard and --share exclude each other: the broker divides, or we do")
        if group is not None:
            if not re.fullmatch(r"[A-Za-z0-9_.-]{1,32}", group) or not re.fullmatch(
                r"[A-Za-z0-9_.-]{1,64}", member
            ):
                raise ValueError("a group and a worker have a name of letters, digits, `.`, `_`, `-`")
            return cls(group=group, member=member)
        if shard is None:
            return cls()
        found = re.fullmatch(r"(\d{1,3})/(\d{1,3})", shard)
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            raise ValueError("--shard is I/N with I from 1 to N, such as 1/2")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of_layout(cls, layout: str) -> Worker:
        """What `layout` said of a worker."""
        kind, _, rest = layout.partition(" ")
        if kind == "share":
            group, _, member = rest.partition(" ")
            return cls(group=group, member=member)
        index, _, of = rest.partition("/")
        return cls(int(index), int(of))

    @property
    def layout(self) -> str:
        """What it hears, in a few words that `of_layout` reads."""
        if self.group is not None:
            return f"share {self.group} {self.member}"
        return f"shard {self.index}/{self.of}"

    @property
    def name(self) -> str:
        """How it is called among the parts of the system."""
        if self.group is not None:
            return f"ingest {self.group} {self.member}"
        return "ingest" if self.of == 1 else f"ingest {self.index}/{self.of}"

    def client_id(self, password: str) -> str:
        """Always the same, so that the session is ours again; from the password, so that nobody else's.

        It does not depend on the number of workers: when that changes, the session and what waits in it
        stay.
        """
        own = "ingest-" + hashlib.sha256(password.encode()).hexdigest()[:16]
        if self.group is not None:
            return f"{own}-{self.group}-{self.member}"
        return own if self.index == 1 else f"{own}-{self.index}"

    def takes(self, device: str) -> bool:
        """Whether this worker is the one for that device."""
        return self.of == 1 or zlib.crc32(device.encode()) % self.of == self.index - 1

    @property
    def wildcard(self) -> str | None:
        """The one subscription that brings everything it takes; None where devices are named."""
        if self.group is not None:
            return f"$share/{self.group}/{ROOT}/+/up/#"
        return f"{ROOT}/+/up/#" if self.of == 1 else None
