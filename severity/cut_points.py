"""Cut points between mild, moderate and severe pain on the 0 to 10 numeric rating scale."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "sets"
SHIPPED = "esas"  #: 1-3, 4-6, 7-10: what practice and most guidelines use
_LONGEST = 64


class Severity(StrEnum):
    """What a score is called."""

    NONE = "none"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class BadCutPoints(ValueError):
    """What is wrong with a set of cut points, in one sentence."""


@dataclass(frozen=True, slots=True)
class CutPoints:
    """A set of cut points: 0 is no pain, mild begins at 1, severe ends at 10. [points of the 0-10 scale]

    Raises `BadCutPoints` for a set with a hole, or without one of the three.
    """

    name: str
    version: int
    moderate: int  #: the lowest moderate score
    severe: int  #: the lowest severe score
    source: str  #: the paper, or whose practice it is

    def __post_init__(self) -> None:
        if not 1 < self.moderate < self.severe <= 10:
            raise BadCutPoints("mild, moderate and severe follow each other from 1 to 10")

    @property
    def label(self) -> str:
        """Name and version, as results are stored and shown with: `esas 1`."""
        return f"{self.name} {self.version}"


def severity(score: int | None, cut_points: CutPoints) -> Severity | None:
    """What a pain score is called by these cut points.

    Parameters
    ----------
    score : int or None
        0 to 10. None: the patient did not say, and nothing is said here.
    cut_points : CutPoints
        Which set.

    Raises
    ------
    ValueError
        For what is no whole number from 0 to 10: means and sums have no severity by these sets.
    """
    if score is None:
        return None
    if isinstance(score, bool) or not isinstance(score, int) or not 0 <= score <= 10:
        raise ValueError("a score is a whole number from 0 to 10")
    if score == 0:
        return Severity.NONE
    if score < cut_points.moderate:
        return Severity.MILD
    return Severity.MODERATE if score < cut_points.severe else Severity.SEVERE


@cache
def shipped() -> dict[str, CutPoints]:
    """The sets that come with the software, by name."""
    found = [_read(path) for path in sorted(HERE.glob("*.toml"))]
    return {one.name: one for one in found}


def default() -> CutPoints:
    """The set that holds unless an operator chooses another."""
    return shipped()[SHIPPED]


def chosen(setting: str) -> CutPoints:
    """The shipped set of that name, else the set in the TOML file at that path.

    Raises `BadCutPoints`; its sentence names the setting's fault and what would be right.
    """
    if setting in shipped():
        return shipped()[setting]
    if not setting.endswith(".toml"):
        raise BadCutPoints(f"is none of {', '.join(shipped())}, nor the path of a .toml file")
    own = _read(Path(setting))
    if own.name in shipped() and own != shipped()[own.name]:
        raise BadCutPoints(f"the name {own.name} is taken by a shipped set: give another one")
    return own


def _read(path: Path) -> CutPoints:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BadCutPoints("the file does not exist") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadCutPoints("the file cannot be read as text") from error
    except tomllib.TOMLDecodeError as error:
        raise BadCutPoints(f"the file is not TOML: {error}") from error
    return parse(document)


def parse(document: Mapping[str, Any]) -> CutPoints:
    """A set from `name`, `version`, `source` and the ranges `mild`, `moderate`, `severe`, each
    `[lowest, highest]`. Raises `BadCutPoints`."""
    keys = {"name", "version", "source", "mild", "moderate", "severe"}
    if document.keys() != keys:
        wrong = ", ".join(f"`{key}`" for key in sorted(keys ^ document.keys()))
        raise BadCutPoints(f"the keys are {', '.join(sorted(keys))}; wrong or missing: {wrong}")
    name, version, source = document["name"], document["version"], document["source"]
    if not (
        isinstance(name, str) and 0 < len(name) <= _LONGEST and name.isprintable() and name.strip() == name
    ):
        raise BadCutPoints("`name` is a text of 1 to 64 characters")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise BadCutPoints("`version` is a whole number from 1 on")
    if not isinstance(source, str) or not source.strip():
        raise BadCutPoints("`source` says in a text where the cut points come from")
    scores: list[int] = []
    for key in ("mild", "moderate", "severe"):
        bounds = document[key]
        if not (isinstance(bounds, list) and len(bounds) == 2 and all(type(b) is int for b in bounds)):
            raise BadCutPoints(f"`{key}` is two whole numbers, the lowest and the highest score")
        scores += range(bounds[0], bounds[1] + 1) if 0 <= bounds[0] <= bounds[1] <= 10 else [-1]
    if scores != list(range(1, 11)):
        raise BadCutPoints(
            "`mild`, `moderate` and `severe` cover each score from 1 to 10 once, in this order"
        )
    return CutPoints(name, version, document["moderate"][0], document["severe"][0], source)
