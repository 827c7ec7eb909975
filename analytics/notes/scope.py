"""How far a "no", a "maybe" or "my wife's" reaches.

A scope runs over tokens to the end of its clause: to punctuation or to a word such as "but" or "però". A
comma does not end it inside of a list ("no burning, stabbing or tingling"). It covers at most `MOST` tokens:
the time for a note of nothing but "no" grows with its length, not with the square of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analytics.notes.finding import Candidate
from analytics.notes.lexicon import Lexicon
from analytics.notes.matching import Match
from analytics.notes.tokens import Token

MOST = 24
LIST = 12  #: how far a list is looked through for its "or"
NEVER_NEGATED = frozenset({"since"})  #: "no pain since Monday" is since Monday


@dataclass(frozen=True, slots=True)
class Clauses:
    """The note as scopes see it."""

    tokens: Sequence[Token]
    finding_at: Mapping[int, Candidate]  #: of each token of a finding
    cue_at: Mapping[int, Match]  #: of each token of a cue
    lexicon: Lexicon

    def is_a(self, name: str, i: int) -> bool:
        """Whether the token is one of these words of the lexicon."""
        words, token = self.lexicon.words[name], self.tokens[i]
        return token.word in words or "=" + token.exact in words

    def ends_at(self, i: int) -> bool:
        """Whether a sentence ended before this token, or a contrast begins with it."""
        return self.tokens[i].gap in (".", "?") or self.contrast_at(i)

    def contrast_at(self, i: int) -> bool:
        """Whether the token belongs to a "but", or to an "only"."""
        cue = self.cue_at.get(i)
        return cue is not None and cue.entry.kind in ("contrast", "restriction")

    def restriction_at(self, i: int) -> bool:
        """Whether it belongs to an "only", which ends a "no" but not a "maybe"."""
        cue = self.cue_at.get(i)
        return cue is not None and cue.entry.kind == "restriction"

    def list_goes_on(self, i: int) -> bool:
        """Whether what follows a comma is the rest of a list that ends with "or" or "nor"."""
        if i not in self.finding_at:
            return False
        for k in range(i, min(i + LIST, len(self.tokens))):
            if k > i and self.ends_at(k):
                return False
            if self.is_a("or", k):
                return True
            if not (k in self.finding_at or self.is_a("filler", k) or self.is_a("and", k)):
                return False
        return False

    def and_goes_on(self, i: int) -> bool:
        """Whether a finding, and not a new subject, follows the "and" at `i`."""
        k = i + 1
        while k < len(self.tokens) and k <= i + 3 and not self.tokens[k].gap:
            if k in self.finding_at:
                return True
            if self.is_a("self", k) or not self.is_a("filler", k):
                return False
            k += 1
        return False


def deny(cue: Match, clauses: Clauses) -> None:
    """Mark what a negation negates.

    Near: a finding, or a word for pain, has to come next, articles and prepositions aside. Wide: two other
    words may stand between. From there on to the end of the clause all is negated.
    """
    spare = {"near_negation": 0, "subject_negation": 0, "wide_negation": 2}.get(cue.entry.kind, 0)
    armed = cue.entry.kind == "severity"  # "no pain": what follows is denied at once
    first_denied: Candidate | None = None
    for i in _forward(cue.last, clauses):
        found = clauses.finding_at.get(i)
        if found is not None:
            if found.value not in NEVER_NEGATED and not is_none(found):
                found.negated = armed = True
                first_denied = first_denied or found
        elif i in clauses.cue_at or clauses.is_a("filler", i):
            continue
        elif clauses.is_a("pain", i):
            armed = True
        elif not armed:
            spare -= 1
            if spare < 0:
                return
    if first_denied is None and not armed:
        return
    about = first_denied is None or first_denied.kind != "site"
    if about and cue.entry.kind in ("subject_negation", "severity"):
        _deny_subject(cue.first, clauses)


def deny_before(cue: Match, clauses: Clauses) -> None:
    """Mark what "has gone" or "sta bene" says of the words before it."""
    for found in _before(cue.first, clauses):
        if not is_none(found) and found.value not in NEVER_NEGATED:
            found.negated = True


def _deny_subject(first: int, clauses: Clauses) -> None:
    """In "the throat isn't sore" trouble of the throat is denied; not in "the pain in my hip isn't sharp"."""
    subject = list(_before(first, clauses))
    if all(found.kind == "site" for found in subject) and not _pain_before(first, clauses):
        for found in subject:
            found.negated = True


def _pain_before(first: int, clauses: Clauses) -> bool:
    return any(clauses.is_a("pain", i) for i in _back(first, clauses))


def doubt(cue: Match, clauses: Clauses) -> None:
    """Mark what the patient is not sure of: to the end of the clause, or the clause before a last word."""
    marked = False
    opens = clauses.tokens[cue.first].gap == "."  # "Boh, un 5": that comma is the hedge's own
    for i in _forward(cue.last, clauses, past_comma=opens, past_only=True):
        found = clauses.finding_at.get(i)
        if found is not None:
            found.uncertain = marked = True
    at_end = cue.last == len(clauses.tokens) or clauses.tokens[cue.last].gap != ""
    if not marked and at_end and clauses.tokens[cue.first].gap in ("", ","):
        for i in range(cue.first - 1, max(-1, cue.first - 1 - MOST), -1):
            found = clauses.finding_at.get(i)
            if found is not None:
                found.uncertain = True
            if clauses.tokens[i].gap or clauses.ends_at(i):
                return


def doubt_next(cue: Match, clauses: Clauses) -> None:
    """Mark the one finding that comes next: of "a bit like burning in my foot" the burning.

    "A nagging sort of toothache" is sure: there the words stand behind a finding.
    """
    if cue.first - 1 in clauses.finding_at and not clauses.tokens[cue.first].gap:
        return
    for i in _forward(cue.last, clauses):
        found = clauses.finding_at.get(i)
        if found is not None:
            found.uncertain = True
            return


def of_another(cue: Match, clauses: Clauses) -> None:
    """Mark what somebody else has: to the end of the clause, or to a word of the patient ("my", "io")."""
    for i in _forward(cue.last, clauses):
        if clauses.is_a("self", i):
            return
        found = clauses.finding_at.get(i)
        if found is not None:
            found.other_person = True


def is_none(found: Candidate) -> bool:
    """Whether this says by itself that there is no pain."""
    return found.kind == "severity" and found.value == "none"


def _forward(
    start: int, clauses: Clauses, past_comma: bool = False, past_only: bool = False
) -> Iterator[int]:
    """The tokens from `start` to the end of the clause; `past_comma`: also over a comma right at `start`."""
    for i in range(start, min(start + MOST, len(clauses.tokens))):
        comma = clauses.tokens[i].gap == "," and not (past_comma and i == start)
        only = past_only and clauses.restriction_at(i) and clauses.tokens[i].gap not in (".", "?")
        if (clauses.ends_at(i) and not only) or (comma and not clauses.list_goes_on(i)):
            return
        if clauses.is_a("and", i) and not clauses.and_goes_on(i):
            return
        yield i


def _before(first: int, clauses: Clauses) -> Iterator[Candidate]:
    """The findings just before `first` in the clause, with articles, prepositions and "and" between them."""
    seen: Candidate | None = None
    for i in _back(first, clauses):
        found = clauses.finding_at.get(i)
        if found is not None and found is not seen:
            seen = found
            yield found
        elif found is None and seen is not None:
            between = any(clauses.is_a(name, i) for name in ("filler", "and", "pain"))
            if not between:
                return


def _back(first: int, clauses: Clauses) -> Iterator[int]:
    """The tokens before `first`, from right to left, to the beginning of the clause."""
    for i in range(first - 1, max(-1, first - 1 - MOST), -1):
        if clauses.tokens[i + 1].gap or clauses.ends_at(i + 1) or clauses.contrast_at(i):
            return
        yield i
