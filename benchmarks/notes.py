"""What the lexicon finds in labelled sentences, and what a note costs: `python -m benchmarks.notes [HALF]`.

Beside it a plain search for keywords in the same run: the first form of each phrase of the lexicon, anywhere
in the text, without inflections, negation, sides or a rule for overlaps. Sentences and their halves:
tests/notes/labelled/README.md. What was decided from it: docs/decisions/0025-notes.md.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import analytics.notes
from analytics.notes.finding import Finding
from analytics.notes.lexicon import FINDINGS, LANGUAGES, expanded
from analytics.notes.reading import read_note
from benchmarks.table import Table, number

LABELLED = Path(__file__).parents[1] / "tests/notes/labelled"
KINDS = ("quality", "site", "severity", "score", "pattern")
FLAGS = ("negated", "uncertain", "other_person")
HALVES = ("tune", "test")
FRESH = "fresh"  #: written after the lexicon was tuned, in other words; numbers from 201 on
Reader = Callable[[str, str | None], Sequence[Finding]]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One labelled sentence."""

    id: str
    language: str
    text: str
    gold: list[dict[str, Any]]

    @property
    def half(self) -> str:
        """Which part it is in; see the README of the sentences."""
        if int(self.id[-3:]) > 200:
            return FRESH
        return HALVES[int(hashlib.sha256(self.id[-3:].encode()).hexdigest()[-1], 16) % 2]


@dataclass(slots=True)
class Score:
    """Counts over sentences; a finding is right when a label of the same kind and value is at its place."""

    labels: int = 0
    found: int = 0
    exact: int = 0  #: same span, and same side
    overlap: int = 0
    flags: Counter[str] = field(default_factory=Counter)  #: right ones among those that overlap
    labelled: Counter[str] = field(default_factory=Counter)  #: labels that have the flag, among these
    caught: Counter[str] = field(default_factory=Counter)  #: of them also said so
    claimed: Counter[str] = field(default_factory=Counter)  #: findings that have it, among these

    def figures(self, right: int) -> tuple[float, float, float]:
        """Precision, recall, F1."""
        precision = right / self.found if self.found else 0.0
        recall = right / self.labels if self.labels else 0.0
        return precision, recall, 2 * right / ((self.found + self.labels) or 1)


def sentences(language: str) -> list[Sentence]:
    """The labelled sentences of a language."""
    lines = (LABELLED / f"{language}.jsonl").read_text("utf-8").splitlines()
    return [Sentence(**json.loads(line)) for line in lines]


def by_lexicon(text: str, language: str | None) -> Sequence[Finding]:
    """What we measure."""
    return read_note(text, language).findings


def by_keywords(text: str, language: str | None) -> Sequence[Finding]:
    """The baseline."""
    lower, found = text.lower(), []
    for kind, value, word in _keywords(language or "en"):
        start = lower.find(word)
        while start >= 0:
            found.append(Finding(kind, value, None, start, start + len(word), False, False, False, word))
            start = lower.find(word, start + len(word))
    return found


def scored(chosen: Iterable[Sentence], reader: Reader, kind: str | None, told: bool = True) -> Score:
    """The findings of `reader` beside the labels; of one kind, or all. `told`: the language is given."""
    score = Score()
    for sentence in chosen:
        gold = [g for g in sentence.gold if kind in (None, g["kind"])]
        found = reader(sentence.text, sentence.language if told else None)
        found = [f for f in found if kind in (None, f.kind)]
        score.labels += len(gold)
        score.found += len(found)
        left = list(gold)
        # A label is met once: by the finding with its very span, else by one that overlaps.
        for one in sorted(found, key=lambda f: not any(_same_span(f, g) for g in gold)):
            met = [g for g in left if _overlaps(one, g)]
            if not met:
                continue
            label = next((g for g in met if _same_span(one, g)), met[0])
            left.remove(label)
            score.overlap += 1
            score.exact += _same_span(one, label) and one.laterality == label["laterality"]
            for flag in FLAGS:
                score.flags[flag] += getattr(one, flag) == label[flag]
                score.labelled[flag] += label[flag]
                score.caught[flag] += label[flag] and getattr(one, flag)
                score.claimed[flag] += getattr(one, flag)
    return score


def finding_table(half: str) -> Table:
    """Precision, recall and F1 of each kind and language in one half."""
    table = Table(
        f"Findings, {half}",
        ("Language", "Kind", "n", "P exact", "R exact", "F1 exact", "P", "R", "F1 overlap", "keywords F1"),
    )
    for language in LANGUAGES:
        chosen = [s for s in sentences(language) if s.half == half]
        for kind in (*KINDS, None):
            ours, plain = scored(chosen, by_lexicon, kind), scored(chosen, by_keywords, kind)
            row = [language, kind or f"all ({len(chosen)} sentences)", str(ours.labels)]
            row += [f"{100 * x:.0f}" for x in (*ours.figures(ours.exact), *ours.figures(ours.overlap))]
            table.rows.append([*row, f"{100 * plain.figures(plain.overlap)[2]:.0f}"])
    return table


def flag_table(half: str) -> Table:
    """How often a finding that is right is also rightly negated, doubted or somebody else's."""
    table = Table(
        f"Flags of right findings, {half}: accuracy in percent (labelled ones caught; falsely said)",
        ("Language", "n", *FLAGS, "keywords: negated", "keywords: uncertain"),
    )
    for language in LANGUAGES:
        chosen = [s for s in sentences(language) if s.half == half]
        ours, plain = scored(chosen, by_lexicon, None), scored(chosen, by_keywords, None)
        row = [language, str(ours.overlap)]
        for flag in FLAGS:
            false = ours.claimed[flag] - ours.caught[flag]
            caught = f"{ours.caught[flag]} of {ours.labelled[flag]}; {false}"
            row.append(f"{100 * ours.flags[flag] / ours.overlap:.0f} ({caught})")
        row += [f"{100 * plain.flags[flag] / (plain.overlap or 1):.0f}" for flag in FLAGS[:2]]
        table.rows.append(row)
    return table


def language_table() -> Table:
    """The guess of the language, and what a guess costs."""
    table = Table(
        "Language guessed", ("Language", "right", "unknown", "wrong", "F1 overlap, guessed", "told")
    )
    for language in LANGUAGES:
        chosen = sentences(language)
        guesses = Counter(read_note(s.text).language for s in chosen)
        right, unknown = guesses[language], guesses["unknown"]
        scores = [scored(chosen, by_lexicon, None, told) for told in (False, True)]
        row = [language, str(right), str(unknown), str(len(chosen) - right - unknown)]
        table.rows.append([*row, *(f"{100 * s.figures(s.overlap)[2]:.0f}" for s in scores)])
    return table


def cost() -> Table:
    """CPU time of a note."""
    table = Table("Cost", ("What", "CPU of one [us]"))
    texts = [s.text for language in LANGUAGES for s in sentences(language)]
    long = (" ".join(texts) * 2)[:2000]
    hostile = {"2,000 letters": "a" * 2000, "2,000 commas": "," * 2000, "'no ' again and again": "no " * 667}
    for what, notes in (
        ("a labelled sentence", texts),
        ("a note of 2,000 characters", [long]),
        *((f"hostile: {name}", [text]) for name, text in hostile.items()),
    ):
        rounds = max(1, 400 // len(notes))
        read_note(notes[0])
        started = time.process_time()
        for _ in range(rounds):
            for text in notes:
                read_note(text)
        spent = (time.process_time() - started) / rounds / len(notes) * 1e6
        table.rows.append([what, number(spent)])
    return table


def errors(half: str) -> Iterable[str]:
    """What is missed and what is found too much, to tune by: of the half for tuning only."""
    for language in LANGUAGES:
        for sentence in sentences(language):
            if sentence.half != half:
                continue
            found = [_told(f, sentence.text) for f in read_note(sentence.text, language).findings]
            gold = [_label(g) for g in sentence.gold]
            missed, much = [g for g in gold if g not in found], [f for f in found if f not in gold]
            if missed or much:
                yield f"{sentence.id} {sentence.text}\n    missed {missed}\n    too much {much}"


def _keywords(language: str) -> list[tuple[str, str, str]]:
    path = Path(analytics.notes.__file__).parent / "lexicon" / f"{language}.toml"
    file = tomllib.loads(path.read_text("utf-8"))
    return [
        (kind, value, next(expanded(phrase)))
        for kind in FINDINGS
        for value, phrases in file[kind].items()
        for phrase in phrases
    ]


def _same_span(one: Finding, label: dict[str, Any]) -> bool:
    return _overlaps(one, label) and (one.start, one.end) == (label["start"], label["end"])


def _overlaps(one: Finding, label: dict[str, Any]) -> bool:
    same = (one.kind, one.value) == (label["kind"], label["value"])
    return same and one.start < label["end"] and label["start"] < one.end


def _told(f: Finding, text: str) -> tuple[Any, ...]:
    return f.kind, f.value, f.laterality, text[f.start : f.end], *(getattr(f, flag) for flag in FLAGS)


def _label(g: dict[str, Any]) -> tuple[Any, ...]:
    return g["kind"], g["value"], g["laterality"], g["text"], *(g[flag] for flag in FLAGS)


if __name__ == "__main__":
    if sys.argv[1:] == ["errors"]:
        print("\n".join(errors("tune")))
        sys.exit()
    for half in sys.argv[1:] or (*HALVES, FRESH):
        print(finding_table(half).markdown())
        print(flag_table(half).markdown())
    print(language_table().markdown())
    print(cost().markdown())
