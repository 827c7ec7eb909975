"""The languages of the diary page: one file each in `languages/`, found by being there."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

FALLBACK = "en"
_FILES = Path(__file__).parent / "languages"


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that the page says in one language; `code` is for the attribute `lang`."""

    code: str
    text: Mapping[str, Any]

    def say(self, key: str, **values: object) -> str:
        """The text of that key with its names filled in."""
        return str(self.text[key]).format(**values)

    def plain_day(self, day: date) -> str:
        """A day as people say it: `Friday 27 November`, `venerdì 1º maggio`."""
        number = self.text["first_of_month"] if day.day == 1 else str(day.day)
        weekday, month = self.text["weekdays"][str(day.isoweekday())], self.text["months"][str(day.month)]
        return self.say("date", weekday=weekday, day=number, month=month)

    def day(self, day: date, today: date) -> str:
        """The same with "today" or "yesterday" before it, where it is that."""
        name = {0: "today", 1: "yesterday"}.get((today - day).days)
        said = self.plain_day(day)
        return self.say("named_day", name=self.text[name], date=said) if name else said


@cache
def languages() -> dict[str, str]:
    """Code and own name of every language that has a file."""
    return {code: words(code).text["name"] for code in sorted(path.stem for path in _FILES.glob("*.toml"))}


@cache
def words(code: str) -> Words:
    """The words of a language; English for one that has no file."""
    path = _FILES / f"{code}.toml"
    if path not in _FILES.glob("*.toml"):
        return words(FALLBACK)
    return Words(code, tomllib.loads(path.read_text(encoding="utf-8")))


def language(wanted: Iterable[str | None], accept: str = "") -> str:
    """The first of these that has a file, else what the browser likes best, else English."""
    for code in (*wanted, *_accepted(accept)):
        if code in languages():
            return code
    return FALLBACK


def _accepted(header: str) -> list[str]:
    """Primary tags of `Accept-Language`, the most wanted first; whatever cannot be read is left out."""
    ranked: list[tuple[float, int, str]] = []
    for part in header[:500].split(","):
        tag, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if quality > 0:
            ranked.append((-quality, len(ranked), tag.partition("-")[0].lower()))
    return [tag for _, _, tag in sorted(ranked)]
