"""The words of a language, read from its file: what they are, and the rules' own words.

The notation of a phrase: words, and alternatives in parentheses, one of which may be empty.
`burn(|s|ing|ed)` is burn, burns, burning, burned; `(when|if) i (walk|climb stairs)` is four phrases. A word
that begins with `=` is meant with its accent: `=né`.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

LEXICON = "notes 1"  #: raised by every change of words or rules that can move a finding
LANGUAGES = ("en", "it")
FINDINGS = ("quality", "site", "severity", "pattern")  #: kinds whose values have words; `score` has numbers

#: What a phrase can be beside a finding; `scope.py` says what each does.
CUES = (
    "subject_negation",
    "near_negation",
    "wide_negation",
    "negation_after",
    "hedge",
    "hedge_near",
    "other_person",
    "contrast",
    "restriction",
    "side_left",
    "side_right",
    "side_both",
    "alone_left",
    "alone_right",
    "ignored",
)
WORDS = (
    "and",
    "or",
    "filler",
    "pain",
    "self",
    "left",
    "right",
    "score_before",
    "score_after",
    "not_score",
    "function",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a lexicon: a phrase with its alternatives, and what it stands for."""

    kind: str  #: one of `FINDINGS` or `CUES`
    value: str
    rule: str  #: language, kind, value and the phrase as the file has it
    language: str


@dataclass(slots=True)
class Node:
    """Where a phrase may go on, and which entry ends here."""

    following: dict[str, Node] = field(default_factory=dict)
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The phrases of each language as a tree of words, and the sets of single words of all of them."""

    trees: tuple[Node, ...]
    words: Mapping[str, frozenset[str]]
    numbers: Mapping[str, int]  #: "ten" is 10


@cache
def lexicon_of(*languages: str) -> Lexicon:
    """The lexicon of these languages together; of a phrase that several have, the first one's entry counts.

    Raises `ValueError` for a language that there is no file for.
    """
    numbers = dict[str, int]()
    words: dict[str, set[str]] = {name: set() for name in WORDS}
    for language in languages:
        if language not in LANGUAGES:
            raise ValueError(f"there is no lexicon for that language: choose one of {', '.join(LANGUAGES)}")
        file = _file_of(language)
        for name in WORDS:
            words[name].update(map(plain, file["word"][name]))
        numbers |= file["number"]
    sets = {name: frozenset(found) for name, found in words.items()}
    return Lexicon(tuple(_tree_of(language) for language in languages), sets, numbers)


@cache
def function_words(language: str) -> frozenset[str]:
    """Small words that only this one of our languages has."""
    return frozenset(map(plain, _file_of(language)["word"]["function"]))


def expanded(phrase: str) -> Iterator[str]:
    """Every phrase that the notation stands for, with single spaces."""
    parts, rest = list[list[str]](), phrase
    while rest:
        before, opened, rest = rest.partition("(")
        parts.append([before])
        if opened:
            inside, _, rest = rest.partition(")")
            parts.append(inside.split("|"))
    for chosen in product(*parts):
        yield " ".join("".join(chosen).split())


@cache
def plain(word: str) -> str:
    """A word of the file as `Token.word` has it, or `=` and as `Token.exact` has it."""
    if word.startswith("="):
        return "=" + unicodedata.normalize("NFC", word[1:].casefold())
    return "".join(char for char in unicodedata.normalize("NFKD", word.casefold()) if char.isalnum())


@cache
def _tree_of(language: str) -> Node:
    tree, file = Node(), _file_of(language)
    for kind in FINDINGS:
        for value, phrases in file[kind].items():
            for phrase in phrases:
                _add(tree, phrase, Entry(kind, value, f"{language} {kind} {value}: {phrase}", language))
    for kind in CUES:
        for phrase in file["cue"].get(kind, ()):
            _add(tree, phrase, Entry(kind, "", f"{language} {kind}: {phrase}", language))
    return tree


def _add(tree: Node, phrase: str, entry: Entry) -> None:
    for one in expanded(phrase):
        node = tree
        for word in one.replace("n't", "nt").replace("'", " ").split():
            node = node.following.setdefault(plain(word), Node())
        node.entry = node.entry or entry


@cache
def _file_of(language: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "lexicon" / f"{language}.toml").read_text("utf-8"))
