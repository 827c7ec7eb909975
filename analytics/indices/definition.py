"""What an index is, said once: its name, its unit and its rules stand beside the function that computes it.

`docs/indices.md` is generated from these definitions (`analytics/indices/nomenclature.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from analytics.indices.index import Index, nothing

OF_X = "of x"  #: the unit of the activity itself, `counts` or `mg`


@dataclass(frozen=True)
class Definition:
    """One index. All texts are for the reader of a paper's methods section."""

    name: str  #: as in documents, views and exports; never anything else
    unit: str  #: `OF_X` where it is that of the activity, `HH:MM` for a clock time in minutes of the day
    meaning: str  #: one sentence: what is computed, and of what
    missing: str  #: what a missing (NaN) epoch does to it
    needs: str  #: the least data; below it there is no value but a reason
    source: str  #: author, journal, year; what was decided here where the source is silent
    spans: str = "recording"  #: what it is given for: `day`, `recording`, `28 days`, `7 days`, `7 nights`

    def is_(self, value: float, unit: str = "") -> Index:
        """This index with its value; `unit` is that of x where the definition says so."""
        return Index(self.name, value, unit or self.unit)

    def absent(self, reason: str, unit: str = "") -> Index:
        """This index without a value, and why."""
        return nothing(self.name, unit or self.unit, reason)

    def over(self, days: int) -> Definition:
        """The same of a rolling window beside the usual one, under its own name: `IS_7d`."""
        return replace(self, name=_over(self.name, days), spans=f"{days} days")


def over(days: int, indices: Sequence[Index]) -> list[Index]:
    """These indices under the names that they have in a rolling window of so many days."""
    return [replace(index, name=_over(index.name, days)) for index in indices]


def _over(name: str, days: int) -> str:
    return f"{name}_{days}d"
