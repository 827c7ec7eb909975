"""The report on pages as rows of a spreadsheet: one for each group. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from groups.alert_report import Group, Report
from groups.paged import OUTCOMES, Figures, Share

COLUMNS = (
    *("by", "value", "version", "pages", "patients", "told_again", "patient_weeks"),
    *("per_patient_week", "per_patient_week_low", "per_patient_week_high"),
    *OUTCOMES,
    *("without_outcome", "judged", "useful", "useful_share", "useful_low", "useful_high"),
    *("acted_share", "acted_low", "acted_high"),
    *("acknowledged", "not_acknowledged", "acknowledge_median_min", "acknowledge_p90_min"),
    *("in_time", "in_time_of", "in_time_share", "in_time_low", "in_time_high"),
    *("resolved", "resolve_median_min", "resolve_p90_min"),
    *("closed_unanswered", "unwatched"),
)


def rows_of(report: Report) -> Iterator[list[object]]:
    """All pages first, then the groups."""
    yield ["all", None, None, *_cells(report.whole)]
    parts: dict[str, list[Group]] = {
        "kind": report.by_kind,
        "rule": report.by_rule,
        "severity": report.by_severity,
        "ward": report.by_site,
        "weekday": report.by_weekday,
        "hour": report.by_hour,
    }
    for name, groups in parts.items():
        for group in groups:
            yield [name, group.value, group.version, *_cells(group.figures)]


def _cells(one: Figures) -> list[object]:
    rate = one.rate
    return [
        *(one.pages, one.patients, one.told_again, None if rate is None else round(rate.patient_weeks, 2)),
        *((None,) * 3 if rate is None else (rate.rate, *(rate.ci or (None, None)))),
        *(one.outcomes[name] for name in OUTCOMES),
        *(one.without_outcome, one.useful.of, one.useful.n, *_share(one.useful), *_share(one.acted)),
        *(
            one.acknowledged.n,
            one.acknowledged.waiting,
        ),
        *(one.acknowledged.median_min, one.acknowledged.p90_min),
        *(one.in_time.n, one.in_time.of, *_share(one.in_time)),
        *(one.resolved.n, one.resolved.median_min, one.resolved.p90_min),
        *(one.acknowledged.ended, None if rate is None else rate.unwatched),
    ]


def _share(one: Share) -> tuple[float | None, float | None, float | None]:
    return (one.share, *(one.ci or (None, None)))
