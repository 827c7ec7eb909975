"""What is found in a note."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One descriptor, and the place in the note that it rests on: `note[start:end]`, in code points."""

    kind: str  #: quality, site, severity, pattern, score
    value: str  #: family of the quality, site, severity word, temporal pattern, or 0 to 10
    laterality: str | None  #: of a site: left, right, both; None when not said
    start: int
    end: int
    negated: bool  #: the patient says that it is not so
    uncertain: bool  #: the patient is not sure
    other_person: bool  #: somebody else's
    rule: str  #: which line of the lexicon found it


@dataclass(frozen=True, slots=True)
class Reading:
    """All that is found in one note, in its order."""

    language: str  #: en, it, or unknown: read with the words of all
    lexicon: str  #: version
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class Candidate:
    """A finding while its surroundings are looked at; `first` and `last` are tokens, `last` excluded."""

    kind: str
    value: str
    first: int
    last: int
    rule: str
    laterality: str | None = None
    negated: bool = False
    uncertain: bool = False
    other_person: bool = False
