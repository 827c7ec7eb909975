"""An index as a value: a number, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

METHOD = 4  #: version of all definitions in this folder; a change that moves any number raises it


@dataclass(frozen=True)
class Index:
    """One index of one day, window or recording; exactly one of `value` and `reason` is there.

    A unit of `HH:MM` says that `value` counts whole minutes since local midnight.
    """

    name: str
    value: float | None
    unit: str
    reason: str | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.reason is None):
            raise ValueError(f"{self.name} needs either a value or a reason")

    @property
    def shown(self) -> float | str | None:
        """The value as documents carry it: onsets as `HH:MM`, everything else as the number."""
        if self.value is None or self.unit != "HH:MM":
            return self.value
        return f"{int(self.value) // 60:02d}:{int(self.value) % 60:02d}"


def nothing(name: str, unit: str, reason: str) -> Index:
    """An index that cannot be given, and why."""
    return Index(name, None, unit, reason)


def as_document(indices: list[Index]) -> dict[str, float | str | None]:
    """`{name: value}`; for a value that is null, `<name>_reason` stands beside it."""
    document: dict[str, float | str | None] = {}
    for index in indices:
        document[index.name] = index.shown
        if index.reason is not None:
            document[f"{index.name}_reason"] = index.reason
    return document
