"""`actalgia alerts`: how useful pages were, by what clinicians said of their cases."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from actalgia.commands.common import DataDirOption, JsonOption, local_date, say, say_json, table, write_down

if TYPE_CHECKING:
    from groups.alert_report import Definitions, Group, Report
    from store.alerts.report import Period

HEADS = [
    "",
    "pages",
    "patients",
    "a patient-week",
    "useful",
    "acted on",
    "no outcome yet",
    "acknowledged",
    "in time",
    "closed",
]


def alerts(
    since: Annotated[
        str, typer.Option("--since", metavar="DAY", help="The first local day, like 2026-05-04.")
    ],
    until: Annotated[
        str | None, typer.Option("--until", metavar="DAY", help="The last local day. Today.")
    ] = None,
    site: Annotated[
        str | None, typer.Option("--site", help="Only this ward. All of them, side by side.")
    ] = None,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
) -> None:
    """How useful pages were: how many, what their cases turned out to be, how soon somebody answered.

    By rule and version, severity, ward and hour of the ward's clock; rules of which too few pages were useful
    are named. By what it is measured (the ward's plan, or the setting) stands at its end.
    Aggregates only. Leaves an audit entry, and changes nothing else.
    """
    from actalgia.system import find_system
    from groups.alert_report import definitions, report
    from store.alerts.report import read_period
    from store.database import now, transaction

    system, at = find_system(data_dir), now()
    first = local_date(since, "--since")
    # Somewhere it is tomorrow already; what has not come yet has no pages.
    last = at.date() + timedelta(days=1) if until is None else local_date(until, "--until")
    if first > last:
        raise typer.BadParameter("--since is after --until" if until else "--since is not in the past")
    with transaction(system.engine()) as session:
        period = read_period(session, site, first, last, at)
        write_down(session, "alerts.report", f"{site or 'all sites'} from={first} to={last}")
    if period.simulated is None:
        raise typer.BadParameter(f"there are no patients{f' of {site}' if site else ''}")
    by = definitions(period.paged, list(period.plans.values()), system.settings.useful_share)
    found = report(period.paged, period.patient_weeks, at, by.review_below)
    about = {"site": site, "first": first, "last": last, "at": at.isoformat(), "simulated": period.simulated}
    if as_json:
        more = {"patients": period.patients, "definitions": asdict(by)}
        say_json({**about, **more, **asdict(found), "beside": asdict(period.beside)})
    else:
        _tell(found, by, period, f"{first} to {'today' if until is None else last}")


def _tell(found: Report, by: Definitions, period: Period, when: str) -> None:
    label = "simulated patients" if period.simulated else "patients"
    weeks = sum(period.patient_weeks.values())
    whole, beside = found.whole, period.beside
    say(f"{when}: {whole.pages} pages, {period.patients} {label} watched for {weeks:.0f} patient-weeks")
    say(
        f"Beside: told again {whole.told_again}, held back {beside.suppressed}, evidence that told nobody "
        f"anew {beside.untold}, said again after its case was closed {beside.untold_without_case}, cases of "
        f"which nobody was told {beside.cases_without_page}, days for review {beside.reviews}, "
        f"patients asked again {beside.check_ins}"
    )
    for one in found.for_review:
        say(f"FOR REVIEW {one.sentence}{'' if one.clearly else '; the interval reaches above'}")
    parts: dict[str, list[Group]] = {
        "By kind": found.by_kind,
        "By rule": found.by_rule,
        "By severity": found.by_severity,
        "By ward": found.by_site,
    }
    for title, groups in parts.items():
        if groups:
            say(f"\n{title}")
            table(HEADS, [_row(group) for group in groups])
    for title, times in (("weekday", found.by_weekday), ("hour", found.by_hour)):
        counts = ", ".join(f"{one.value}: {one.figures.pages}" for one in times if one.figures.pages)
        say(f"\nPages by {title}, on the ward's clock: {counts or 'none'}")
    say(
        "\nUseful: closed as acted or expected_level, of the cases with an outcome that says whether. Cases "
        "without an outcome, and `other`, are in no share. 95 % intervals; fewer than ten: no share."
    )
    _tell_measures(by, several=len(period.plans) > 1)


def _tell_measures(by: Definitions, *, several: bool) -> None:
    from groups.in_words import within_in_words

    below = by.review_below_from
    say(f"For review: below {100 * below.share:.0f} % useful pages ({below.said}).")
    for one in by.answer_times:
        where = f"ward {one.site}, " if several else ""
        say(f"In time: {within_in_words(one)} ({where}{one.said}; pages: {one.pages}).")


def _row(group: Group) -> list[str]:
    from groups.in_words import rate_in_words, share_in_words, times_in_words

    one = group.figures
    return [
        group.value if group.version is None else f"{group.value} ({group.version})",
        *(str(one.pages), str(one.patients), rate_in_words(one.rate)),
        *(share_in_words(one.useful), share_in_words(one.acted)),
        *(str(one.without_outcome), times_in_words(one.acknowledged), share_in_words(one.in_time)),
        times_in_words(one.resolved),
    ]
