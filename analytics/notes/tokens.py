"""A note as words with their places, however it is typed."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

APOSTROPHES = "'’‘ʼ´`′"
STRONG = frozenset(".;:!?…\n\r\u2028\u2029")  #: ends a sentence
WEAK = frozenset(",()[]{}—–|•*")  #: ends a clause
_SHORTENED = frozenset({"po", "piu", "mo"})  #: words whose apostrophe belongs to them: un po'


@dataclass(frozen=True, slots=True)
class Token:
    """One word or one number. `start` and `end` are code points of the note as it was written."""

    word: str  #: lower case, without accents and apostrophes: "dont", "piu"
    exact: str  #: lower case with its accents, composed: "né" is not "ne"
    start: int
    end: int
    gap: str  #: between the token before and this one: "." a sentence ends, "," a clause, "/", or ""


def tokens_of(text: str) -> list[Token]:
    """The words and numbers of `text`, in order; one pass, whatever the text is.

    An apostrophe splits ("l'anca", "wife's"), except before the t of "don't". A hyphen is a space. Combining
    marks belong to the letter before them.
    """
    found: list[Token] = []
    gap, i, n = ".", 0, len(text)
    while i < n:
        if not _in_word(text[i]):
            gap = _wider(gap, _gap_of(text, i))
            i += 1
            continue
        start, number = i, text[i].isdecimal()
        while i < n and ((_in_word(text[i]) and text[i].isdecimal() == number) or _is_mark(text[i])):
            i += 1
        if not number and _negates(text, i):
            i += 2
        word = _plain(text[start:i])
        if word in _SHORTENED and i < n and text[i] in APOSTROPHES and not _in_word(text[i + 1 : i + 2]):
            i += 1
        exact = unicodedata.normalize("NFC", text[start:i].casefold())
        found.append(Token(word, exact, start, i, gap))
        gap = ""
    return found


def _in_word(char: str) -> bool:
    # Unicode counts one of the apostrophes among the letters.
    return (char.isalpha() and char not in APOSTROPHES) or char.isdecimal()


def _is_mark(char: str) -> bool:
    return unicodedata.combining(char) != 0


def _negates(text: str, i: int) -> bool:
    """Whether an apostrophe and a lone t stand here: don't, isn't."""
    return (
        i + 1 < len(text)
        and text[i] in APOSTROPHES
        and text[i + 1] in "tT"
        and text[i - 1] in "nN"
        and not _in_word(text[i + 2 : i + 3])
    )


def _plain(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in parts if char.isalnum() and char not in APOSTROPHES)


def _gap_of(text: str, i: int) -> str:
    char = text[i]
    if char in STRONG:
        # "7.5" and "10:30" are no ends of sentences.
        between = text[i - 1 : i].isdecimal() and text[i + 1 : i + 2].isdecimal()
        return "," if between else "?" if char == "?" else "."
    if char in WEAK or (char == "-" and text[i - 1 : i].isspace()):
        return ","
    return char if char == "/" else ""


def _wider(one: str, other: str) -> str:
    order = ("", "/", ",", "?", ".")
    return max(one, other, key=order.index)
