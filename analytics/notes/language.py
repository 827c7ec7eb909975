"""In which language a note is: by counting small words, or "unknown"."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.notes.lexicon import LANGUAGES, function_words
from analytics.notes.tokens import Token

UNKNOWN = "unknown"


def language_of(tokens: Sequence[Token]) -> str:
    """The language with the most of its own small words; "unknown" when none has any, or two have as many.

    A note of a word or two ("burning") has none: it is read with the words of all languages.
    """
    counts = {
        language: sum(token.word in function_words(language) for token in tokens) for language in LANGUAGES
    }
    most = max(counts.values())
    leading = [language for language, count in counts.items() if count == most]
    return leading[0] if most and len(leading) == 1 else UNKNOWN
