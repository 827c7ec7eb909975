"""What the devices know, line by line in a file outside of everything that is broken.

`P device stream boot seq digest`: published; `A ...`: the broker acknowledged it; `S ...`: a receipt calls
it stored; `R ...`: a receipt refuses it. A line is written before what follows from it happens.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

Name = tuple[str, str, int, int]  #: device, stream, boot, seq


class History:
    """The file of one run, to write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: TextIO = path.open("a", encoding="ascii")

    def note(self, what: str, name: Name, digest: str) -> None:
        device, stream, boot, seq = name
        self._file.write(f"{what} {device} {stream} {boot} {seq} {digest}\n")

    def flush(self) -> None:
        """Hand it to the system: from here on it outlives this process."""
        self._file.flush()

    def close(self) -> None:
        self._file.close()


@dataclass
class Record:
    """The file of one run, read."""

    published: dict[Name, str] = field(default_factory=dict)  #: name to digest
    acknowledged: set[Name] = field(default_factory=set)
    stored: set[Name] = field(default_factory=set)
    refused: set[Name] = field(default_factory=set)
    sent: int = 0  #: with all repetitions
    reused: list[Name] = field(default_factory=list)  #: published with two contents: the driver's own error

    @property
    def receipted(self) -> set[Name]:
        return self.stored | self.refused


def read(path: Path) -> Record:
    """The whole file."""
    record, seen = Record(), Counter[str]()
    for line in path.read_text(encoding="ascii").splitlines():
        what, device, stream, boot, seq, digest = line.split(" ")
        name = (device, stream, int(boot), int(seq))
        seen[what] += 1
        if what == "P":
            if record.published.setdefault(name, digest) != digest:
                record.reused.append(name)
        else:
            {"A": record.acknowledged, "S": record.stored, "R": record.refused}[what].add(name)
    record.sent = seen["P"]
    return record
