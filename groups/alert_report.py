"""How useful the pages of a ward were: the report that outcomes feed, by rule, severity, ward and time.

Pure: cases as they stand come in, figures go out. What counts as useful: `groups.paged`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from groups.measures import AnswerTimes, Told, UsefulShare, WardsPlan, agreed, answer_times, useful_share
from groups.paged import (
    FEW,
    FEW_WEEKS,
    OF_NO_USE,
    SAYS_NEITHER,
    USEFUL,
    Figures,
    Paged,
    Share,
    figures,
)

REVIEW_BELOW = 0.5  #: share of useful pages
REVIEW_FROM = 20  #: cases with an outcome that says whether: with fewer no rule is flagged
FLOOR, SCORE, OTHER = "floor", "score", "other"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
UNKNOWN_RULE = "unknown"  #: the case does not say by which rule it was told
_RANK = {severity: place for place, severity in enumerate(("high", "medium", "low", "info"))}
_BUDGET = ", budget "  #: behind it stands which budget of the ward; the rule is the same


@dataclass(frozen=True, slots=True)
class Group:
    """The pages that have something in common. `version` is the settings or thresholds of a rule."""

    value: str
    version: str | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class ForReview:
    """A rule whose share of useful pages lies below what was said, with enough cases to say so.

    `clearly` where the whole interval lies below. It takes cases as independent; where the pages are about
    fewer than ten patients, whose cases are not, nothing is clear.
    """

    rule: str
    version: str | None
    useful: Share
    below: float
    clearly: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything of one period. By weekday and hour: when the first page of a case was, on the ward's clock;
    `weekday_hours` has a row for each weekday from Monday on, a column for each hour."""

    whole: Figures
    by_kind: list[Group]  #: of the floor, of the score, other: of rules that do not say which
    by_rule: list[Group]
    by_severity: list[Group]
    by_site: list[Group]
    by_hour: list[Group]
    by_weekday: list[Group]
    weekday_hours: list[list[int]]
    for_review: list[ForReview]


@dataclass(frozen=True, slots=True)
class Definitions:
    """By what the report was made."""

    useful: tuple[str, ...]  #: outcomes
    of_no_use: tuple[str, ...]
    says_neither: tuple[str, ...]
    too_few_below: int  #: cases
    too_few_weeks_below: float  #: patient-weeks
    review_below: float  #: share of useful pages
    review_from: int  #: cases with an outcome that says whether
    acknowledge_within_min: dict[str, float]  #: now, by severity, where all wards of the report agree
    review_below_from: UsefulShare  #: who says `review_below`
    answer_times: list[AnswerTimes]  #: by which *in time* is measured, each page by the plan that held then


def definitions(
    paged: Sequence[Told], wards: Sequence[WardsPlan], setting: float = REVIEW_BELOW
) -> Definitions:
    """By what the report on these pages of these wards is made; `setting` is the share that holds where no
    plan states one."""
    below = useful_share(wards, setting)
    return Definitions(
        USEFUL,
        OF_NO_USE,
        SAYS_NEITHER,
        FEW,
        FEW_WEEKS,
        below.share,
        REVIEW_FROM,
        agreed(wards),
        below,
        answer_times(paged, wards),
    )


def report(
    paged: Sequence[Paged],
    patient_weeks: Mapping[str, float],
    at: datetime,
    review_below: float = REVIEW_BELOW,
) -> Report:
    """The report on these cases, and on so many patient-weeks of each site, as of `at`."""
    weeks = sum(patient_weeks.values())

    def groups(
        of: Callable[[Paged], tuple[str, str | None]],
        always: Iterable[str] = (),
        time: Mapping[str, float] | None = None,
        *,
        rated: bool = False,
    ) -> list[Group]:
        found: dict[tuple[str, str | None], list[Paged]] = {(value, None): [] for value in always}
        for one in paged:
            found.setdefault(of(one), []).append(one)
        return [
            Group(
                value,
                version,
                figures(cases, at, time.get(value, 0.0) if time is not None else weeks if rated else None),
            )
            for (value, version), cases in found.items()
        ]

    by_rule = groups(lambda one: (one.rule or UNKNOWN_RULE, version_of(one)), rated=True)
    by_rule.sort(key=lambda group: (group.value, group.version or ""))
    by_severity = groups(lambda one: (one.severity, None), rated=True)
    by_severity.sort(key=lambda group: _RANK.get(group.value, len(_RANK)))
    hours = [f"{hour:02d}" for hour in range(24)]
    table = [[0] * 24 for _ in WEEKDAYS]
    for one in paged:
        table[one.weekday][one.hour] += 1
    return Report(
        whole=figures(paged, at, weeks),
        by_kind=[
            group
            for group in groups(lambda one: (kind_of(one), None), (FLOOR, SCORE, OTHER), rated=True)
            if group.value != OTHER or group.figures.pages
        ],
        by_rule=by_rule,
        by_severity=by_severity,
        by_site=groups(lambda one: (one.site, None), sorted(patient_weeks), patient_weeks),
        by_hour=groups(lambda one: (hours[one.hour], None), hours),
        by_weekday=groups(lambda one: (WEEKDAYS[one.weekday], None), WEEKDAYS),
        weekday_hours=table,
        for_review=for_review(by_rule, review_below),
    )


def kind_of(one: Paged) -> str:
    """A page of the floor (an answer that is severe whatever else is known), or of the score."""
    if one.because == "severe":
        return FLOOR
    return SCORE if one.because == "score" else OTHER


def version_of(one: Paged) -> str | None:
    """By which numbers the rule paged: thresholds at the floor, else settings, without the ward's budget."""
    said = one.thresholds if kind_of(one) == FLOOR else one.settings or one.thresholds
    return None if said is None else said.partition(_BUDGET)[0]


def for_review(by_rule: Sequence[Group], below: float) -> list[ForReview]:
    """The rules that are to be looked at, the least useful first."""
    found = []
    for group in by_rule:
        useful = group.figures.useful
        if useful.share is None or useful.ci is None or useful.of < REVIEW_FROM or useful.share >= below:
            continue
        found.append(
            ForReview(
                group.value,
                group.version,
                useful,
                below,
                useful.ci[1] < below and group.figures.patients >= FEW,
                _said(group, useful, below),
            )
        )
    return sorted(found, key=lambda one: (one.useful.share, one.rule))


def _said(group: Group, useful: Share, below: float) -> str:
    name = group.value if group.version is None else f"{group.value} ({group.version})"
    low, high = useful.ci or (0.0, 1.0)
    assert useful.share is not None
    patients, unclosed = group.figures.patients, group.figures.without_outcome
    whose = f"{patients} patient{'' if patients == 1 else 's'}"
    return (
        f"{name}: {useful.n} of {useful.of} pages were useful, {100 * useful.share:.0f} % "
        f"(95 % interval {100 * low:.0f} to {100 * high:.0f}), about {whose}"
        + (f", {unclosed} more without an outcome" if unclosed else "")
        + f"; for review below {100 * below:.0f} %"
    )
