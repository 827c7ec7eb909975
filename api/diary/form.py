"""What a patient filled in, read and judged field by field. Pure; nothing that was entered is lost."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from store.diary import NRS_FIELDS, PainReport

COUNTS = ("breakthrough", "rescue_doses")
#: What is stored of a tick is the English word of the key, whatever the language: `upper back`.
SITES = (
    *("head", "face", "mouth", "neck", "shoulder", "arm", "hand", "chest", "upper_back", "lower_back"),
    *("belly", "pelvis", "hip", "leg", "knee", "foot", "all_over"),
)
REASONS = ("rather_not_say", "too_ill", "too_tired", "no_time")
OTHER = "other"
MOST_COUNT = 99
MOST_NOTE = 2000
MOST_SHORT = 200
Fields = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Wrong:
    """One sentence at one field: a key of the language files, and what fills its names."""

    key: str
    values: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as it was filled in; `said` is what a diary entry takes where nothing is wrong."""

    values: dict[str, str] = field(default_factory=dict)
    sites: tuple[str, ...] = ()
    wrong: dict[str, Wrong] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)


def read_answer(fields: Fields) -> Filled:
    """An answer: the worst pain and whatever else was given."""
    pairs = [(name, clean(value)) for name, value in fields]
    values = dict(pairs)
    sites = tuple(key for key in SITES if ("sites", key) in pairs)
    wrong: dict[str, Wrong] = {}
    said: dict[str, Any] = {}
    for name in NRS_FIELDS:
        said[name] = _whole(values.get(name, ""), 10)
        if said[name] is None and (name == "worst" or values.get(name)):
            wrong[name] = Wrong("error_worst" if name == "worst" else "error_score")
    for name in COUNTS:
        said[name] = _whole(values.get(name, ""), MOST_COUNT)
        if said[name] is None and values.get(name):
            wrong[name] = Wrong("error_count", {"most": MOST_COUNT})
    for name, most in (("somewhere_else", MOST_SHORT), ("note", MOST_NOTE)):
        wrong |= _too_long(name, values.get(name, ""), most)
    elsewhere = values.get("somewhere_else", "")
    said["sites"] = [_stored(key) for key in sites] + ([elsewhere] if elsewhere else []) or None
    said["note"] = values.get("note") or None
    return Filled(values, sites, wrong, said)


def read_no_answer(fields: Fields) -> Filled:
    """The reason for none."""
    values = {name: clean(value) for name, value in fields}
    chosen, own = values.get("reason", ""), values.get("another_reason", "")
    wrong = _too_long("another_reason", own, MOST_SHORT)
    if chosen in REASONS and not own:
        return Filled(values, wrong=wrong, said={"skipped": _stored(chosen)})
    if not own:  # words of one's own count, whatever was ticked
        wrong["another_reason"] = Wrong("error_reason")
    return Filled(values, wrong=wrong, said={"skipped": own})


def filled_from(report: PainReport | None) -> Filled:
    """The form as it stands when it is opened: empty, or with what was answered before."""
    if report is None or report.skipped is not None:
        return Filled()
    scores = {name: getattr(report, name) for name in (*NRS_FIELDS, *COUNTS)}
    given: Sequence[str] = report.detail.get("sites") or ()
    known = {_stored(key): key for key in SITES}
    values = {name: str(value) for name, value in scores.items() if value is not None}
    values["somewhere_else"] = ", ".join(site for site in given if site not in known)
    values["note"] = report.detail.get("note") or ""
    return Filled(values, tuple(known[site] for site in given if site in known))


def clean(text: str) -> str:
    """Lines end as in the browser's own count, and what nobody can see or mean, such as NUL, is left out."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(c for c in lines if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def _whole(text: str, most: int) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 3 and int(text) <= most else None


def _stored(key: str) -> str:
    return key.replace("_", " ")


def _too_long(name: str, text: str, most: int) -> dict[str, Wrong]:
    return {name: Wrong("error_text", {"count": len(text), "most": most})} if len(text) > most else {}
