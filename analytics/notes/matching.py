"""Which phrases of the lexicon stand in a note: the longest first, then from left to right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from analytics.notes.lexicon import Entry, Lexicon
from analytics.notes.tokens import Token


@dataclass(frozen=True, slots=True)
class Match:
    """`entry` stands in the tokens [first, last)."""

    first: int
    last: int
    entry: Entry


def matches_of(tokens: Sequence[Token], lexicon: Lexicon) -> list[Match]:
    """Phrases that do not overlap, in their order.

    Where two overlap, the one with more words stands; of two with as many, the one that begins earlier. A
    phrase never reaches across punctuation. The time grows with the number of tokens: no match has more words
    than the longest phrase of the lexicon.
    """
    by_length: dict[int, list[Match]] = {}
    for first, tree in product(range(len(tokens)), lexicon.trees):
        node, last = tree, first
        while last < len(tokens) and (last == first or not tokens[last].gap):
            token = tokens[last]
            further = node.following.get("=" + token.exact) or node.following.get(token.word)
            if further is None:
                break
            node, last = further, last + 1
            if node.entry is not None:
                by_length.setdefault(last - first, []).append(Match(first, last, node.entry))
    taken = bytearray(len(tokens))
    chosen: list[Match] = []
    for length in sorted(by_length, reverse=True):
        for match in by_length[length]:
            if not any(taken[match.first : match.last]):
                taken[match.first : match.last] = b"\1" * length
                chosen.append(match)
    return sorted(chosen, key=lambda match: match.first)
