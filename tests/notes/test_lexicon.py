"""The files of the lexicon, and what the labelled sentences say of them."""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path

import pytest

import analytics.notes
from analytics.notes.lexicon import CUES, FINDINGS, LANGUAGES, WORDS, expanded, lexicon_of
from benchmarks.notes import FRESH, HALVES, KINDS, by_keywords, by_lexicon, scored, sentences

FOLDER = Path(analytics.notes.__file__).parent


def file_of(language):
    return tomllib.loads((FOLDER / "lexicon" / f"{language}.toml").read_text("utf-8"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_has_the_kinds_that_the_rules_know_and_no_others(language):
    file = file_of(language)
    assert set(file) == {*FINDINGS, "cue", "word", "number"}
    assert set(file["cue"]) <= set(CUES)
    assert set(file["word"]) == set(WORDS)
    for kind in FINDINGS:
        for phrases in file[kind].values():
            for phrase in phrases:
                assert phrase.count("(") == phrase.count(")")
                assert all(1 <= len(one.split()) <= 12 for one in expanded(phrase)), phrase


def test_both_languages_have_the_same_values():
    one, other = (file_of(language) for language in LANGUAGES)
    for kind in FINDINGS:
        assert set(one[kind]) == set(other[kind])


def test_alternatives_are_spelt_out():
    assert list(expanded("burn(|s|ing)")) == ["burn", "burns", "burning"]
    assert list(expanded("(when|if) i (walk|go up)")) == ["when i walk", "when i go up", "if i walk", "if i go up"]  # fmt: skip


def test_a_missing_language_is_named():
    with pytest.raises(ValueError, match="no lexicon"):
        lexicon_of("fr")


def test_the_lexicon_needs_nothing_but_the_standard_library():
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                ours = name.startswith("analytics.notes")
                assert ours or name.split(".")[0] in sys.stdlib_module_names, (path.name, name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_lies_where_it_says_and_has_a_value_of_the_lexicon(language):
    file = file_of(language)
    found = sentences(language)
    assert len({s.id for s in found}) == len(found) >= 120
    for sentence in found:
        for label in sentence.gold:
            assert sentence.text[label["start"] : label["end"]] == label["text"]
            assert label["kind"] in KINDS
            if label["kind"] != "score":
                assert label["value"] in file[label["kind"]], (sentence.id, label)


@pytest.mark.parametrize("part", [*HALVES, FRESH])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_figures_of_the_decision_hold_and_are_above_plain_keywords(language, part):
    chosen = [s for s in sentences(language) if s.half == part]
    ours, plain = scored(chosen, by_lexicon, None), scored(chosen, by_keywords, None)
    f1 = ours.figures(ours.overlap)[2]
    assert f1 >= {"tune": 0.95, "test": 0.93, "fresh": 0.70}[part]
    assert f1 > plain.figures(plain.overlap)[2] + 0.15
    assert ours.flags["negated"] > plain.flags["negated"]
