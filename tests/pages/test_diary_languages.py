"""The language files: all say the same, nothing is missing, nothing is left over."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import api.diary
from api.diary.form import REASONS, SITES
from api.diary.words import languages, words

HERE = Path(api.diary.__file__).parent
FILES = sorted((HERE / "languages").glob("*.toml"))
LISTS = {"sites": SITES, "reasons": REASONS, "months": [str(m) for m in range(1, 13)], "weekdays": [str(d) for d in range(1, 8)]}  # fmt: skip


def texts(path: Path) -> dict[str, str]:
    def flat(prefix: str, value: Any) -> dict[str, str]:
        if isinstance(value, dict):
            return {k: v for name, inner in value.items() for k, v in flat(f"{prefix}.{name}", inner).items()}
        return {prefix.strip("."): value}

    return flat("", tomllib.loads(path.read_text(encoding="utf-8")))


ENGLISH = texts(HERE / "languages" / "en.toml")


def test_there_are_english_and_italian_by_their_own_names():
    assert languages()["en"] == "English" and languages()["it"] == "Italiano"
    assert words("xx").code == "en" and words("../languages/it").code == "en"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_language_has_every_text_and_no_other(path):
    assert list(texts(path)) == list(ENGLISH)
    for key, text in texts(path).items():
        assert isinstance(text, str) and text.strip() == text != "", key
        assert "\n" not in text and "<" not in text, key
        assert names_in(text) == names_in(ENGLISH[key]), key


def names_in(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name)


def test_every_text_is_used_somewhere():
    sources = "".join(
        p.read_text(encoding="utf-8") for p in (*HERE.glob("*.py"), *HERE.glob("templates/*.html"))
    )
    for key in ENGLISH:
        group, _, member = key.partition(".")
        if member:
            assert member in LISTS[group], key
        assert re.search(rf"\bt\.{group}\b|[\"']{group}[\"']", sources), key
    assert {key for key in ENGLISH if "." in key} == {
        f"{group}.{m}" for group, all in LISTS.items() for m in all
    }


@pytest.mark.parametrize(
    "code, day, said",
    [
        ("en", date(2026, 11, 27), "Friday 27 November"), ("en", date(2026, 5, 1), "Friday 1 May"),
        ("it", date(2026, 11, 27), "venerdì 27 novembre"), ("it", date(2026, 5, 1), "venerdì 1º maggio"),
    ],
)  # fmt: skip
def test_days_are_said_in_the_words_of_the_language(code, day, said):
    assert words(code).plain_day(day) == said


def test_today_and_yesterday_have_their_names():
    today = date(2026, 11, 27)
    assert words("en").day(today, today) == "Today, Friday 27 November"
    assert words("it").day(date(2026, 11, 26), today) == "Ieri, giovedì 26 novembre"
    assert words("it").day(date(2026, 11, 25), today) == "mercoledì 25 novembre"
