"""The daily score as a line with marks for pages and check-ins, as geometry. Pure; a template draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from api.pages.axis import Day, places_of
from api.pages.why_paged import odds_in_words
from store.judged import JudgedDay

TOP, BOTTOM, HEIGHT = 30.0, 130.0, 160.0
MARKS_Y = 18.0
LIMIT = 2.5  #: scores beyond are drawn at the edge
TICKS = ((2, "100:1"), (1, "10:1"), (0, "1:1"), (-1, "1:10"), (-2, "1:100"))  #: odds
SIGNS = {"page": "▲", "review": "◆", "check_in": "?"}
WORDS = {
    "page": "paged",
    "review": "to be looked at",
    "check_in": "asked again",
    "technical": "could not be judged",
}


@dataclass(frozen=True, slots=True)
class Dot:
    """The score of one day."""

    x: float
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Sign:
    """A day on which somebody was called, or asked."""

    x: float
    tier: str
    sign: str
    words: str


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One day of the table that says the same."""

    day: date
    odds: str
    became: str


@dataclass(frozen=True, slots=True)
class ScoreChart:
    """Everything that the template draws."""

    days: list[Day]
    ticks: list[tuple[str, float]]
    dots: list[Dot]
    lines: list[str]  #: through days in a row; a day that was not judged is a hole
    signs: list[Sign]
    limit_y: float | None  #: from there on a clinician is told
    description: str
    table: list[ScoreLine]


def draw_scores(
    days: Sequence[date], zone: tzinfo, judged: Sequence[JudgedDay], page_score: float | None
) -> ScoreChart | None:
    """The geometry of these consecutive local days; None where no day has a score."""
    by_day = {one.day: one for one in judged}
    known = [one for one in judged if one.score is not None and one.day in set(days)]
    if not known:
        return None
    places = places_of(days, zone)
    dots: list[Dot] = []
    lines: list[list[Dot]] = [[]]
    signs: list[Sign] = []
    for place in places:
        one = by_day.get(place.day)
        x = round(place.x + place.width / 2, 2)
        if one is None or one.score is None:
            lines.append([])
        else:
            dots.append(Dot(x, score_y(one.score), f"{place.day}: {_said(one)}"))
            lines[-1].append(dots[-1])
        if one is not None and one.tier in SIGNS:
            signs.append(Sign(x, one.tier, SIGNS[one.tier], f"{place.day}: {WORDS[one.tier]}"))
    return ScoreChart(
        days=places,
        ticks=[(label, score_y(score)) for score, label in TICKS],
        dots=dots,
        lines=[" ".join(f"{dot.x},{dot.y}" for dot in line) for line in lines if len(line) > 1],
        signs=signs,
        limit_y=None if page_score is None else score_y(page_score),
        description=_described(days, known, judged),
        table=[ScoreLine(day, *_of_day(by_day.get(day))) for day in reversed(days)],
    )


def score_y(score: float) -> float:
    """Higher odds above; beyond the limits at the edge."""
    share = (max(-LIMIT, min(LIMIT, score)) + LIMIT) / (2 * LIMIT)
    return round(BOTTOM - share * (BOTTOM - TOP), 2)


def _said(one: JudgedDay) -> str:
    odds = "" if one.score is None else f"odds {odds_in_words(one.score)}"
    return ", ".join(part for part in (odds, _became(one, "")) if part)


def _of_day(one: JudgedDay | None) -> tuple[str, str]:
    if one is None:
        return "–", "not judged"
    return ("–" if one.score is None else odds_in_words(one.score)), _became(one, "nobody called")


def _became(one: JudgedDay, nothing: str) -> str:
    if one.tier == "technical" and one.score is not None:
        return "judged without a device"  # by the diary, beside trouble of a device
    return WORDS.get(one.tier or "", nothing)


def _described(days: Sequence[date], known: Sequence[JudgedDay], judged: Sequence[JudgedDay]) -> str:
    """The chart in a sentence or two, for whoever does not see it."""
    scores = [one.score for one in known if one.score is not None]
    marked = {
        tier: [one.day for one in judged if one.tier == tier and days[0] <= one.day <= days[-1]]
        for tier in SIGNS
    }
    said = [f"{WORDS[tier]} on {', '.join(map(str, when))}" for tier, when in marked.items() if when] or [
        "nobody was called"
    ]
    return (
        f"From {days[0]} to {days[-1]}: odds of worsening known on {len(known)} days, from "
        f"{odds_in_words(min(scores))} to {odds_in_words(max(scores))}; {'; '.join(said)}. "
        "The table below has every day."
    )
