"""A ward's own settings of the screen: `name`, `version` and whatever differs from the shipped ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
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
from analytics.escalation.settings import SHIPPED, Settings

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
    """A set from `name`, `version` and whatever differs from the shipped one. Raises `BadSet`."""
    known = {one.name: one for one in fields(Settings)}
    must_be_known(document, known, "setting")
    must_be_a_name(document["name"])
    for key, value in document.items():
        if key != "name":
            must_be_a_number(key, value, BOUNDS[key], whole=known[key].type == "int")
    given = Settings(**document)
    must_not_pass_for(given, SHIPPED)
    for lower, upper, why in ORDERED:
        if getattr(given, lower) > getattr(given, upper):
            raise BadSet(f"`{lower}` is not above `{upper}`: {why}")
    return given


def read_settings(path: Path) -> Settings:
    """The set in a TOML file. Raises `BadSet`."""
    return read_set(path, settings_of)
