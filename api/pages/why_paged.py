"""How the newest decision about a patient came about, in words for a nurse. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any

from api.pages.words import local
from store.decisions import Decision
from store.judged import reached

#: What is said of whom a decision reached.
REACHED = {
    "page": ("Why paged", "A clinician is told."),
    "review": ("Why not paged", "Nobody is called; it stands on the worklist to be looked at."),
    "check_in": ("Why not paged", "Nobody is called; the patient is asked again first."),
    "technical": (
        "Why not paged",
        "Nobody is called: this day cannot be judged. This does not say that the patient is well.",
    ),
    None: ("Why not paged", "Nobody is called: nothing stands out from what is usual for this patient."),
}
#: A day that is quiet by the diary, with trouble of a device beside it.
WITHOUT_DEVICE = (
    "Why not paged",
    "Nobody is called: nothing in the diary stands out. Movement and sleep say nothing here: a device or its "
    "data fail.",
)
#: Keys of the evidence that have words, in the order in which they are told; any other is told by its name.
KEYS = {
    "because": "Because",
    "withdraws": "No longer held",
    "likeliest": "Most like",
    "average": "Average pain",
    "usual_average": "Usual average pain",
    "last_averages": "Average pain of the last 7 days",
    "worst": "Worst pain",
    "usual_worst": "Median worst pain of the days before",
    "usual_worst_above_average": "Usual worst pain, above average",
    "at_least": "Limit",
    "accepted_level": "Level that was accepted as expected",
    "breakthrough": "Breakthrough episodes",
    "usual_breakthrough": "Usual breakthrough episodes",
    "answered_of_14_days": "Days answered of the last 14",
    "days_without_answer": "Days without an answer",
    "usually_answers_percent": "Usually answers [% of days]",
    "answered_days": "Answered days of this median",
    "of_days": "Out of days",
    "steps": "Steps",
    "usual_steps": "Usual steps",
    "sleep_efficiency": "Sleep efficiency [%]",
    "usual_sleep_efficiency": "Usual sleep efficiency [%]",
    "spoke_for_it_in_7_days": "What spoke for it in 7 days",
    "baseline": "Usual worst pain",
    "baseline_days": "Answered days of the usual level",
    "baseline_from": "Usual level from",
    "baseline_to": "Usual level to",
    "reports": "Answers",
    "said_at": "Told at",
    "reported_at": "Told at",
    "page_score": "Paged from these odds on",
    "thresholds": "Limits of severe pain",
}
BECAUSE = {
    "severe": "the answer itself is severe",
    "score": "all data together",
    "rise": "two answers above the usual level",
    "late": "it became known too late",
}
_ODDS = ("page_score", "score")  #: keys whose values are log10 of odds
_FACTORS = ("spoke_for_it_in_7_days",)  #: keys whose values are log10 of how often likelier
_ELSEWHERE = (
    "p_flare_7d",
    "probability",
    "rule",
    "settings",
    "about",
    "silent_on",
)  #: have a sentence of their own
_HEARD = 0.15  #: log10: less than 1.4 times says little
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Why:
    """What the section says."""

    title: str
    said: str  #: who is told, or why nobody
    reason: str
    day: date
    decided_at: datetime
    odds: str | None
    likely: str | None  #: the same, of a hundred
    evidence: list[tuple[str, str]]
    made_by: str
    untold: str | None  #: why nobody was told, of one that fires


def why_paged(decision: Decision, zone: tzinfo) -> Why:
    """A decision in words."""
    evidence = decision.evidence
    whom = reached(decision.verdict, decision.tier)
    quiet = whom == "technical" and decision.verdict == "quiet"
    title, said = WITHOUT_DEVICE if quiet else REACHED.get(whom, REACHED[None])
    if decision.untold is not None:  # it was to reach somebody, and did not
        title, said = "Why not paged", f"Nobody is called: {decision.untold}."
    settings = evidence.get("settings")
    return Why(
        title=title,
        said=said,
        reason=decision.reason,
        day=decision.day,
        decided_at=decision.decided_at,
        odds=None if decision.score is None else odds_in_words(decision.score),
        likely=None if decision.score is None else risk_in_words(1 / (1 + 10**-decision.score)),
        evidence=[
            (KEYS.get(key) or _spoken(key), _value(key, value, zone))
            for key, value in sorted(evidence.items(), key=_place)
            if key not in _ELSEWHERE and value not in (None, "", [], {})
        ],
        made_by=decision.rule + (f", settings {settings}" if settings else ""),
        untold=decision.untold,
    )


def limit_of(decision: Decision | None) -> float | None:
    """The page score by which it was decided, where it says so."""
    limit = None if decision is None else decision.evidence.get("page_score")
    return float(limit) if isinstance(limit, int | float) else None


def odds_in_words(score: float) -> str:
    """log10 of odds as a person says it: `about 4 to 1`, `about 1 to 30`, `as likely as not`."""
    size = abs(score)
    if size < 0.1:
        return "as likely as not"
    if size >= 3:
        return "more than 1000 to 1" if score > 0 else "less than 1 to 1000"
    ratio = 10**size
    told = (
        f"{ratio:.1f}".removesuffix(".0")
        if ratio < 3
        else f"{float(f'{ratio:.2g}' if ratio < 100 else f'{ratio:.1g}'):g}"
    )
    return f"about {told} to 1" if score > 0 else f"about 1 to {told}"


def risk_in_words(share: float) -> str:
    """A probability as a person says it: `about 12 in 100`."""
    if share < 0.005:
        return "fewer than 1 in 100"
    return "more than 99 in 100" if share > 0.995 else f"about {100 * share:.0f} in 100"


def _place(item: tuple[str, object]) -> tuple[int, str]:
    """The database keeps no order of keys."""
    places = list(KEYS)
    return (places.index(item[0]) if item[0] in KEYS else len(places)), item[0]


def _value(key: str, value: object, zone: tzinfo) -> str:
    if key in _ODDS and isinstance(value, int | float):
        return odds_in_words(value)
    if key in _FACTORS and isinstance(value, Mapping):
        return _spoke(value)
    if key == "withdraws" and isinstance(value, list):
        return "; ".join(str(one.get("why")) for one in value if isinstance(one, Mapping))
    if key == "because":
        return BECAUSE.get(str(value), str(value))
    return _told(value, zone)


def _spoke(weights: Mapping[str, Any]) -> str:
    """What made a worsening likelier or less likely, the strongest first; what said little is left out."""
    heard = {name: w for name, w in weights.items() if isinstance(w, int | float) and abs(w) >= _HEARD}
    strongest = sorted(heard.items(), key=lambda one: -abs(one[1]))
    told = [
        f"{_spoken(name).lower()} {'for' if w > 0 else 'against'} it, {_times(10 ** abs(w))}"
        for name, w in strongest
    ]
    return "; ".join(told) or "nothing clearly"


def _times(factor: float) -> str:
    return (
        "more than 1000 times"
        if factor > 1000
        else f"{float(f'{factor:.1g}' if factor >= 10 else f'{factor:.2g}'):g} times"
    )


def _spoken(key: str) -> str:
    return key.replace("_", " ").strip().capitalize()


def _told(value: object, zone: tzinfo) -> str:
    """Any JSON value, readable; long ones are cut."""
    if isinstance(value, Mapping):
        text = ", ".join(f"{_spoken(str(key)).lower()} {_told(one, zone)}" for key, one in value.items())
    elif isinstance(value, list | tuple):
        text = "; ".join(_told(one, zone) for one in value)
    elif isinstance(value, bool) or value is None:
        text = {True: "yes", False: "no", None: "–"}[value]
    elif isinstance(value, float):
        text = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    else:
        text = _instant(str(value), zone)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _instant(text: str, zone: tzinfo) -> str:
    """A time on the patient's clock; any other text as it is."""
    if "T" not in text:
        return text
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if at.tzinfo is None else local(at, zone)
