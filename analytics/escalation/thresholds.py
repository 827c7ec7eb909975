"""By which numbers an answer is severe now and when the diary says too little, with a name and a version that
each decision carries.

What is shipped is `SHIPPED`; where the numbers come from stands in `severe` and in
docs/decisions/0029-days-judged.md. An operator may give others in a TOML file under a name of their own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any


class BadThresholds(ValueError):
    """What is wrong with a set of thresholds, in one sentence."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """One set. Raises `BadThresholds` for numbers by which nothing could be judged."""

    name: str
    version: int
    severe: int = 7  #: the lowest severe answer [points]
    late_after_h: int = 24  #: from an answer to its receipt; what took longer is not told as of now
    looks_back_h: int = 24  #: over which the question asks: a milder answer within does not take pain back
    stale_after_days: int = 3  #: when the last answer is older, no answer is severe now
    baseline_days: int = 14  #: before the judged day, over which a usual level is told
    least_baseline_days: int = 5  #: answered days of these without which no day is called quiet

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and 0 < len(self.name) <= 64 and self.name.isprintable()):
            raise BadThresholds("`name` is a text of 1 to 64 characters")
        for one in fields(self)[1:]:
            value = getattr(self, one.name)
            low, high = _BOUNDS[one.name]
            if isinstance(value, bool) or not isinstance(value, int):
                raise BadThresholds(f"`{one.name}` is a whole number")
            if not low <= value <= high:
                raise BadThresholds(f"`{one.name}` lies between {low} and {high}")
        if self.least_baseline_days > self.baseline_days:
            raise BadThresholds("`least_baseline_days` is not more than `baseline_days`")

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
    """A set from `name`, `version` and whatever differs from the shipped one. Raises `BadThresholds`."""
    known = {one.name for one in fields(Thresholds)}
    if gone := [name for name in _GONE if name in document]:
        raise BadThresholds(f"`{gone[0]}` was of a rule that the score has replaced: take the line out")
    if unknown := sorted(document.keys() - known):
        raise BadThresholds(f"`{unknown[0]}` is no threshold; there are {', '.join(sorted(known))}")
    if missing := {"name", "version"} - document.keys():
        raise BadThresholds(f"`{min(missing)}` is missing: decisions say by which numbers they were made")
    given = Thresholds(**document)
    if given.name == SHIPPED.name and asdict(given) != asdict(SHIPPED):
        raise BadThresholds(f"the name {SHIPPED.name} is taken by the shipped set: give another one")
    return given


def read_thresholds(path: Path) -> Thresholds:
    """The set in a TOML file. Raises `BadThresholds`."""
    try:
        return thresholds_of(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise BadThresholds("the file cannot be read as text") from error
    except tomllib.TOMLDecodeError as error:
        raise BadThresholds(f"the file is not TOML: {error}") from error
