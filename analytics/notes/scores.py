"""Numbers from 0 to 10 that a patient gives for the pain, in figures or in words."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.notes.finding import Candidate
from analytics.notes.lexicon import Lexicon
from analytics.notes.tokens import Token

_OF = frozenset({"out of", "of", "on", "su", "sopra"})


def scores_of(tokens: Sequence[Token], lexicon: Lexicon) -> list[Candidate]:
    """`8/10`, "8 out of 10", "ten of ten", "8 su 10"; and a lone number that is plainly one.

    A lone number counts behind a word that leads to one ("about a 5", "direi 5", "now six", "dolore 9") when
    the clause ends with it or goes on with a word of time ("a 7 today"). What is followed by anything else
    ("2 tablets", "10 mg") or comes after a clock word ("at 8", "alle 8") is none.
    """
    found: list[Candidate] = []
    i = 0
    while i < len(tokens):
        number = _number(tokens, i, lexicon)
        if number is not None:
            last = _out_of_ten(tokens, i, lexicon)
            if last is not None:
                if i == 0 or tokens[i].gap or tokens[i - 1].word not in lexicon.words["not_score"]:
                    found.append(Candidate("score", str(number), i, last, "score out of ten"))
                i = last
                continue
            if _alone(tokens, i, lexicon):
                found.append(Candidate("score", str(number), i, i + 1, "score alone"))
        i += 1
    return found


def _number(tokens: Sequence[Token], i: int, lexicon: Lexicon) -> int | None:
    word = tokens[i].word
    if word.isascii() and word.isdecimal():
        return int(word) if len(word) <= 2 and int(word) <= 10 else None
    return lexicon.numbers.get(word)


def _out_of_ten(tokens: Sequence[Token], i: int, lexicon: Lexicon) -> int | None:
    """Where the ten ends that the number at `i` is out of."""
    rest = tokens[i + 1 : i + 4]
    if rest and rest[0].gap == "/" and rest[0].word == "10":
        return i + 2
    for words in (2, 1):
        if len(rest) > words and not any(token.gap for token in rest[: words + 1]):
            said = " ".join(token.word for token in rest[:words])
            if said in _OF and _number(tokens, i + 1 + words, lexicon) == 10:
                return i + 2 + words
    return None


def _alone(tokens: Sequence[Token], i: int, lexicon: Lexicon) -> bool:
    if i == 0 or tokens[i].gap or tokens[i - 1].word not in lexicon.words["score_before"]:
        return False
    if i + 1 == len(tokens) or tokens[i + 1].gap not in ("", "/"):
        return True
    return not tokens[i + 1].gap and tokens[i + 1].word in lexicon.words["score_after"]
