"""The chain of the audit: each seal is a digest of the one before and of one entry. Pure.

Anybody can do it again with a few lines: sha256 of the digest before and the entry as a JSON array, see
docs/audit.md. The construction is that of S. Haber and W. S. Stornetta, "How to time-stamp a digital
document," J. Cryptology 3:99-111, 1991; publishing the newest digest elsewhere is what gives it its worth.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

GENESIS = hashlib.sha256(b"actalgia audit 1").digest()  #: what the first seal follows

#: What is sealed of a row, in this order. A later field may only be added under another name of its source.
FIELDS: dict[str, tuple[str, ...]] = {
    "entry": ("id", "at", "actor", "action", "patient_id", "detail", "reason", "tx"),
    "trace": (
        "id", "at", "actor", "tbl", "key", "op", "patient_id", "columns", "detail", "reason", "digest", "tx",
    ),
}  # fmt: skip

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def canonical(source: str, values: Sequence[Any]) -> bytes:
    """The one way to write an entry: a JSON array of ASCII without blanks, its source first.

    `values` are those of `FIELDS[source]`; times become whole microseconds since 1970 [us], bytes become hex.
    """
    return json.dumps([source, *map(_plain, values)], separators=(",", ":")).encode()


def link(previous: bytes, written: bytes) -> bytes:
    """The digest of a seal: sha256 of the digest before it and of the entry as `canonical` writes it."""
    return hashlib.sha256(previous + written).digest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return (value - _EPOCH) // _MICROSECOND
    return value.hex() if isinstance(value, bytes) else value


@dataclass(frozen=True, slots=True)
class Head:
    """The newest seal as it was at a time: kept elsewhere, it tells whether the chain is still the same."""

    at: datetime
    n: int
    digest: bytes

    def line(self) -> str:
        """One line of JSON, as it is published."""
        return json.dumps({"at": self.at.isoformat(), "n": self.n, "digest": self.digest.hex()})


class BadHeads(ValueError):
    """What was given is not a list of published heads."""


def heads_in(lines: Iterable[str]) -> list[Head]:
    """The heads of a published file, a line each; blank lines are skipped.

    A line that was cut off, because the machine stopped or the disk was full while it was written, is left
    out. Raises `BadHeads` in one sentence.
    """
    found: list[Head] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or _cut_off(line.strip()):
            continue
        try:
            said = json.loads(line)
            head = Head(datetime.fromisoformat(said["at"]), int(said["n"]), bytes.fromhex(said["digest"]))
        except (ValueError, KeyError, TypeError) as error:
            raise BadHeads(f"line {number} is no published head of an audit") from error
        if len(head.digest) != 32 or head.n < 1 or head.at.tzinfo is None:
            raise BadHeads(f"line {number} is no published head of an audit")
        found.append(head)
    return found


def _cut_off(line: str) -> bool:
    """Whether this is the beginning of a head and not its end."""
    begins = '{"at": "'
    return (line.startswith(begins) or begins.startswith(line)) and not line.endswith("}")
