"""Left, right or both: which site a side belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analytics.notes.finding import Candidate
from analytics.notes.lexicon import Lexicon
from analytics.notes.matching import Match
from analytics.notes.scope import MOST
from analytics.notes.tokens import Token

SIDES: Mapping[str, str] = {"side_left": "left", "side_right": "right", "side_both": "both"}
ALONE: Mapping[str, str] = {"alone_left": "left", "alone_right": "right"}
_BETWEEN = 2  #: fillers between "both" and its site: both of my legs


def give_sides(
    tokens: Sequence[Token], matches: Sequence[Match], sites: Sequence[Candidate], lexicon: Lexicon
) -> list[Candidate]:
    """Give each site the side that stands beside it, and return sites that are named by their side alone.

    English has the side before the site, Italian behind it or before; the span takes it in. A side that
    stands alone ("the left one", "quello sinistro") is of the last site of the same sentence.
    """
    starts = {site.first: site for site in sites}
    ends = {site.last: site for site in sites}
    for one in sites:
        own = {tokens[i].word for i in range(one.first, one.last)}  # "a destra", "my left side"
        left, right = own & lexicon.words["left"], own & lexicon.words["right"]
        if left or right:
            one.laterality = "left" if left else "right"
    in_order = sorted(sites, key=lambda site: site.first)
    alone: list[Candidate] = []
    passed = 0
    for match in matches:
        kind = match.entry.kind
        while passed < len(in_order) and in_order[passed].first < match.first:
            passed += 1
        if kind in SIDES:
            site = _site_after(tokens, match, starts, lexicon, kind)
            if site is not None and site.laterality is None:
                site.laterality, site.first = SIDES[kind], match.first
            elif match.entry.language == "it" and not tokens[match.first].gap:
                before = ends.get(match.first)
                if before is not None and before.laterality is None:
                    before.laterality, before.last = SIDES[kind], match.last
        elif kind in ALONE:
            site = starts.get(match.last)
            if site is not None and not tokens[match.last].gap:  # "and my left foot": not alone
                site.laterality, site.first = ALONE[kind], match.last - 1
                continue
            before = in_order[passed - 1] if passed else None
            if before is not None and _one_sentence(tokens, before.last, match.first):
                span = match.first, match.last
                alone.append(Candidate("site", before.value, *span, match.entry.rule, ALONE[kind]))
    return alone


def _site_after(
    tokens: Sequence[Token], match: Match, starts: Mapping[int, Candidate], lexicon: Lexicon, kind: str
) -> Candidate | None:
    most = _BETWEEN if kind == "side_both" else 0
    for i in range(match.last, min(match.last + most + 1, len(tokens))):
        if tokens[i].gap:
            return None
        if i in starts:
            return starts[i]
        if tokens[i].word not in lexicon.words["filler"]:
            return None
    return None


def _one_sentence(tokens: Sequence[Token], last: int, first: int) -> bool:
    near = first - last <= MOST
    return near and not any(token.gap in (".", "?") for token in tokens[last : first + 1])
