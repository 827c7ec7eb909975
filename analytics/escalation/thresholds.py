"""By which numbers an answer is severe now and when the diary says too little, with a name and a version that
each decision carries.

What is shipped is `SHIPPED`; where the numbers come from stands in `severe` and in
docs/decisions/0029-days-judged.md. An operator may give others in a TOML file under a name of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from analytics.escalation.named_set import (
    BadSet,
    must_be_a_name,
    must_be_a_number,
    must_be_known,
    must_not_pass_for,
    read_set,
)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """One set. Raises `BadSet` for numbers by which nothing could be judged."""

    name: str
    version: int
    severe: int = 7  #: the lowest severe answer [points]
    late_after_h: int = 24  #: from an answer to its receipt; what took longer is not told as of now
    looks_back_h: int = 24  #: over which the question asks: a milder answer within does not take pain back
    stale_after_days: int = 3  #: when the last answer is older, no answer is severe now
    baseline_days: int = 14  #: before the judged day, over which the median of worst pain is told
    least_baseline_days: int = 5  #: answered days of these without which no day is called quiet

    def __post_init__(self) -> None:
        must_be_a_name(self.name)
        for one in fields(self)[1:]:
            must_be_a_number(one.name, getattr(self, one.name), _BOUNDS[one.name], whole=True)
        if self.least_baseline_days > self.baseline_days:
            raise BadSet("`least_baseline_days` is not more than `baseline_days`")

    @property
    def label(self) -> str:
        """Name and version, as they stand in the evidence of a decision."""
        return f"{self.name} {self.version}"


_BOUNDS: dict[str, tuple[int, int]] = {
    "version": (1, 10**9),
    "severe": (1, 10),
    "late_after_h": (1, 168),
    "looks_back_h": (0, 168),
    "stale_after_days": (1, 30),
    "baseline_days": (2, 90),
    "least_baseline_days": (1, 90),
}
#: Of the rule of a rise in `worst_pain 1`, which the score has replaced.
_GONE = ("last_reports", "together_days", "rise_points", "rise_share")
SHIPPED = Thresholds("shipped", 1)


def thresholds_of(document: Mapping[str, Any]) -> Thresholds:
    """A set from `name`, `version` and whatever differs from the shipped one. Raises `BadSet`."""
    if gone := [name for name in _GONE if name in document]:
        raise BadSet(f"`{gone[0]}` was of a rule that the score has replaced: take the line out")
    must_be_known(document, [one.name for one in fields(Thresholds)], "threshold")
    given = Thresholds(**document)
    must_not_pass_for(given, SHIPPED)
    return given


def read_thresholds(path: Path) -> Thresholds:
    """The set in a TOML file. Raises `BadSet`."""
    return read_set(path, thresholds_of)
