"""A ward's own settings of the screen, from a TOML file: `name`, `version` and whatever differs from shipped.

As with the thresholds of the first rule (`thresholds.py`): what is not known is named and not passed over, a
number that nothing could be judged by is refused, and the name of what is shipped stays its own, so that a
decision tells by which numbers it was made.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from analytics.escalation.settings import SHIPPED, Settings


class BadSettings(ValueError):
    """What is wrong with a set of settings, in one sentence."""


#: The lowest and highest number that each setting can have; both belong to it.
BOUNDS: dict[str, tuple[float, float]] = {
    "version": (1, 10**9),
    "floor_average": (1, 10),
    "floor_worst": (1, 10),
    "page_score": (-3, 6),
    "check_in_score": (-3, 6),
    "unanswered_check_ins": (0, 14),
    "most_check_ins": (1, 60),
    "rearm_score": (-6, 6),
    "cool_down_days": (1, 60),
    "episode_days": (1, 365),
    "step_up_points": (0.5, 10),
    "known_level_days": (1, 365),
    "review_probability": (0.5, 1),
    "review_every_days": (1, 365),
    "judge_days": (1, 30),
    "stale_after_days": (1, 30),
    "least_answers": (1, 30),
}
#: Settings of which the first is never above the second.
ORDERED = (
    ("rearm_score", "page_score", "an episode would be over while it is paged"),
    ("unanswered_check_ins", "most_check_ins", "the silence would never reach the worklist"),
    ("cool_down_days", "episode_days", "what is not paged again for so long cannot be paged again before"),
)


def settings_of(document: Mapping[str, Any]) -> Settings:
    """A set from `name`, `version` and whatever differs from the shipped one. Raises `BadSettings`."""
    known = {one.name: one for one in fields(Settings)}
    if unknown := sorted(document.keys() - known.keys()):
        raise BadSettings(f"`{unknown[0]}` is no setting; there are {', '.join(sorted(known))}")
    if missing := {"name", "version"} - document.keys():
        raise BadSettings(f"`{min(missing)}` is missing: decisions say by which settings they were made")
    name = document["name"]
    if not (isinstance(name, str) and 0 < len(name) <= 64 and name.isprintable()):
        raise BadSettings("`name` is a text of 1 to 64 characters")
    for key, value in document.items():
        if key != "name":
            _must_be_a_number(key, value, whole=known[key].type == "int")
    given = Settings(**document)
    if given.name == SHIPPED.name and given != SHIPPED:
        raise BadSettings(f"the name {SHIPPED.name} is taken by the shipped set: give another one")
    for lower, upper, why in ORDERED:
        if getattr(given, lower) > getattr(given, upper):
            raise BadSettings(f"`{lower}` is not above `{upper}`: {why}")
    return given


def read_settings(path: Path) -> Settings:
    """The set in a TOML file. Raises `BadSettings`."""
    try:
        return settings_of(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings("the file cannot be read as text") from error
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"the file is not TOML: {error}") from error


def _must_be_a_number(name: str, value: Any, *, whole: bool) -> None:
    low, high = BOUNDS[name]
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise BadSettings(f"`{name}` is a {'whole ' if whole else ''}number")
    if not low <= value <= high:  # NaN, too
        raise BadSettings(f"`{name}` lies between {low:g} and {high:g}")
