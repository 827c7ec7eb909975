"""A set of numbers that decisions are made by, as an operator writes it in a TOML file.

It has a name and a version, so that a decision tells by which numbers it was made. What is not known is named
and not passed over, a number that nothing could be judged by is refused, and the name of what is shipped
stays its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
LONGEST_NAME = 64


class BadSet(ValueError):
    """What is wrong with a set, in one sentence."""


class Named(Protocol):
    """Whatever has a name."""

    @property
    def name(self) -> str: ...


def read_set(path: Path, set_of: Callable[[Mapping[str, Any]], T]) -> T:
    """What `set_of` makes of a TOML file. Raises `BadSet`."""
    try:
        return set_of(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise BadSet("the file does not exist") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadSet("the file cannot be read as text") from error
    except tomllib.TOMLDecodeError as error:
        raise BadSet(f"the file is not TOML: {error}") from error


def must_be_known(document: Mapping[str, Any], known: Collection[str], what: str) -> None:
    """Raises `BadSet` for a word that is none of `known`, and without `name` and `version`."""
    if unknown := sorted(document.keys() - set(known)):
        raise BadSet(f"`{unknown[0]}` is no {what}; there are {', '.join(sorted(known))}")
    if missing := {"name", "version"} - document.keys():
        raise BadSet(f"`{min(missing)}` is missing: decisions say by which {what}s they were made")


def must_be_a_name(name: object) -> None:
    """Raises `BadSet` for what cannot be shown as one."""
    if not (isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and name.isprintable()):
        raise BadSet(f"`name` is a text of 1 to {LONGEST_NAME} characters")


def must_be_a_number(name: str, value: object, bounds: tuple[float, float], *, whole: bool) -> None:
    """Raises `BadSet` for what is none, and for what lies beyond the bounds, which both belong."""
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise BadSet(f"`{name}` is a {'whole ' if whole else ''}number")
    low, high = bounds
    if not low <= value <= high:  # NaN, too
        raise BadSet(f"`{name}` lies between {low} and {high}")


def must_not_pass_for(given: Named, shipped: Named) -> None:
    """Raises `BadSet` for other numbers under the name of the shipped ones."""
    if given.name == shipped.name and given != shipped:
        raise BadSet(f"the name {shipped.name} is taken by the shipped set: give another one")
