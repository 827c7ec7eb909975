"""A note read: words, phrases, sides, scores, then what is denied, doubted or somebody else's."""

from __future__ import annotations

from analytics.notes.finding import Candidate, Finding, Reading
from analytics.notes.language import UNKNOWN, language_of
from analytics.notes.lexicon import FINDINGS, LANGUAGES, LEXICON, lexicon_of
from analytics.notes.matching import matches_of
from analytics.notes.scope import Clauses, deny, deny_before, doubt, doubt_next, is_none, of_another
from analytics.notes.scores import scores_of
from analytics.notes.sides import give_sides
from analytics.notes.tokens import tokens_of

EFFECTS = {
    "near_negation": deny,
    "wide_negation": deny,
    "subject_negation": deny,
    "severity": deny,  # of `none`: "no pain"
    "negation_after": deny_before,
    "hedge": doubt,
    "hedge_near": doubt_next,
    "other_person": of_another,
}


def read_note(text: str, language: str | None = None) -> Reading:
    """What `text` says of pain.

    Parameters
    ----------
    text : str
        As the patient wrote it. Any text is taken; one with nothing in it has no findings.
    language : str, optional
        "en" or "it". Without it the language is guessed; one that is "unknown" is read with the words of all
        languages, English before Italian where both have a phrase.

    Raises
    ------
    ValueError
        For a language that there is no lexicon for.
    """
    tokens = tokens_of(text)
    chosen = language or language_of(tokens)
    lexicon = lexicon_of(*(LANGUAGES if chosen == UNKNOWN else (chosen,)))
    matches = matches_of(tokens, lexicon)
    cues = [match for match in matches if match.entry.kind not in FINDINGS]
    phrases = [match for match in matches if match.entry.kind in FINDINGS]
    found = [Candidate(m.entry.kind, m.entry.value, m.first, m.last, m.entry.rule) for m in phrases]
    denials = [match for match, one in zip(phrases, found, strict=True) if is_none(one)]
    taken = {i for match in phrases for i in range(match.first, match.last)}
    found += [one for one in scores_of(tokens, lexicon) if taken.isdisjoint(range(one.first, one.last))]
    found += give_sides(tokens, cues, [one for one in found if one.kind == "site"], lexicon)
    found.sort(key=lambda one: (one.first, one.last))
    clauses = Clauses(
        tokens,
        {i: one for one in found for i in range(one.first, one.last)},
        {i: match for match in cues for i in range(match.first, match.last)},
        lexicon,
    )
    for match in (*cues, *denials):
        if (what := EFFECTS.get(match.entry.kind)) is not None:
            what(match, clauses)
    return Reading(
        chosen,
        LEXICON,
        tuple(
            Finding(
                one.kind,
                one.value,
                one.laterality,
                tokens[one.first].start,
                tokens[one.last - 1].end,
                one.negated,
                one.uncertain,
                one.other_person,
                one.rule,
            )
            for one in found
        ),
    )
