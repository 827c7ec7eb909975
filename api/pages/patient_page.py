"""Everything on the page of one patient, read at one instant and put into words and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.orm import Session

from api.pages import words
from api.pages.after_treatment import after_treatments
from api.pages.axis import axis_of
from api.pages.because import asked_again, because
from api.pages.chart import Answer, Chart, Mark, draw
from api.pages.day_by_day import INDEX, PAIN, DayByDay, day_by_day
from api.pages.holds import Hold, Next, holds_of, next_of
from api.pages.hours import Hour, hours_of
from api.pages.index_table import INDICES, IndexTable, Indices, index_table
from api.pages.patients_words import Words, newest_words
from api.pages.risk_words import RiskWords, risk_words
from api.pages.score_chart import ScoreChart, draw_scores
from api.pages.standing import why_no_news
from api.pages.told_words import told_so_far
from api.pages.treatment_form import Form, blank
from api.pages.treatment_lane import Sign, lane
from api.pages.until import choices
from api.pages.wear_strip import going_on, together, watch_now
from api.pages.why_paged import Why, limit_of, why_paged
from days.cut import day_of, day_start
from ladder.words import CaseState
from severity.cut_points import CutPoints
from store.access import User, colleagues
from store.alerts.cases import Case, CaseEvent
from store.alerts.told import told_of
from store.associations import newest_alone
from store.calibrations import calibrations_worn
from store.check_ins import check_ins_of
from store.clocks import clocks_worn
from store.coverage import Gap, gaps_of
from store.decisions import Decision, newest_decision, untold_decisions
from store.diary import Report, Treatment, reports_of
from store.diary_days import diary_days, kept
from store.diary_links import DiaryLink, is_valid, links_of
from store.flare_risks import newest_risk
from store.gaps import SHOWN, said
from store.hours import read_hours
from store.judged import judged_days
from store.people import Patient
from store.results import DayIndex
from store.treatments import treatments_going_on
from store.wear_runs import stretches_of, wears_any
from store.worklist import Row, cases_of, day_indices
from store.zones import zone_of_patient

DAYS = 28
REPORTS_SHOWN = 10
SHOWN_ASKINGS = timedelta(days=7)
WEAR = (("Not worn", "not_worn_min"), ("Off or flat", "off_min"), ("No data", "no_data_min"))
Story = tuple[Case, list[CaseEvent]]


@dataclass(frozen=True, slots=True)
class Line:
    """One day of the table that says the same as the chart."""

    day: date
    worst: str
    average: str
    worn: str
    not_worn: list[str]  #: in the order of `WEAR`
    activity: str


@dataclass(frozen=True, slots=True)
class PatientPage:
    """What the template shows."""

    row: Row
    path: str
    zone: tzinfo
    clock: str
    watch: tuple[str, bool] | None  #: worn, not worn, off or silent since when, and whether it is worn
    gaps: list[str]
    journeys: list[str]  #: where the patient was before, in these days
    clocks: list[str]
    calibrations: list[str]
    missing: list[str]  #: what devices numbered in these days and never sent
    technical_cases: list[Story]
    open_cases: list[Story]
    closed_cases: list[Story]
    days: list[date]
    unit: str
    chart: Chart
    description: str
    table: list[Line]
    wear_heads: list[str]
    indices: IndexTable
    reports: list[Report]
    more_reports: int
    treatments: list[Treatment]  #: that touch these days, newest first
    signs: list[Sign]
    form: Form
    diary_links: list[DiaryLink]  #: those that open the diary page now
    after: list[str]  #: what became of the patient after each treatment
    diary: str  #: how many of the asked days were answered, in a sentence
    cut_points: CutPoints
    day_by_day: DayByDay
    asked_again: list[str]  #: on which days, and whether that was answered
    because: list[str]  #: what the newest decision rests on
    words: list[Words]  #: the newest notes
    more_words: int
    why: Why | None  #: how the newest decision came about
    untold: list[Decision]  #: those of these days that fired and of which nobody was told, the newest first
    risk: RiskWords | None  #: of a flare within seven days
    scores: ScoreChart | None
    coming: dict[int, Next]  #: of each open clinical case
    told: dict[int, str]  #: of each open case of which somebody was told: whom, how, when
    holds: list[Hold]  #: what keeps people from being told
    until: list[tuple[str, str]]  #: (instant, words) to choose from
    staff: list[str]  #: to whom a case can be handed


def read_page(
    session: Session, row: Row, now: datetime, cut_points: CutPoints, user: User, form: Form | None = None
) -> PatientPage:
    """The page of the patient in `row`: the last 28 local days up to `now`; `form`: of a treatment that
    could not be read."""
    zone = zone_of_patient(session, row.patient_id)
    there, today = now.astimezone(zone), day_of(now, zone)
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    start, end = day_start(days[0], zone), day_start(days[-1] + timedelta(days=1), zone)
    unit, hours = hours_of(read_hours(session, row.patient_id, start, end))
    reports = reports_of(session, row.patient_id, start, end)
    diary = diary_days(session, row.patient_id, days[0], days[-1], now)
    became = {one.day: one.state for one in diary}
    names = [name for _, name in (*INDICES, *WEAR)]
    indices = day_indices(session, row.patient_id, days[0], days[-1], names)
    states = together(stretches_of(session, row.patient_id, days[0], days[-1])[0])
    wears = wears_any(session, row.patient_id, now)
    if wears:
        states = going_on(states, now, row.moved_at)
    cases = cases_of(session, row.patient_id)
    treatments = treatments_going_on(session, row.patient_id, start, end)
    means = {
        day: found.value
        for (day, name), found in indices.items()
        if name == "mean_activity" and found.unit == unit and found.value is not None
    }
    answers = [Answer(one.at, one.scores["worst"], one.scores["average"]) for one in reports]
    marks = [
        Mark(case.opened_at, case.severity, f"case {case.id}, {words.STATE_ON_CHART[case.state]}")
        for case, _ in cases
        if case.kind != "technical"  # a device's trouble is no mark beside pain
    ]
    written, more_written = newest_words(session, reports)
    decision = newest_decision(session, row.patient_id)
    judged = judged_days(session, row.patient_id, days[0], days[-1])
    site = session.scalars(sa.select(Patient.site).where(Patient.id == row.patient_id)).one()
    still = [story for story in cases if story[0].state != CaseState.RESOLVED]
    return PatientPage(
        row=row,
        path=f"/patients/{quote(row.code, safe='')}",
        zone=zone,
        clock=f"{there:%Z}, now {there:%H:%M}",
        watch=watch_now(states, now, row.moved_at, zone) if wears and states else None,
        gaps=why_no_news(row, now),
        journeys=words.journeys(zone, start, now),
        clocks=[
            words.device_clock(one.device, one.offset)
            for one in clocks_worn(session, row.patient_id, now, now + timedelta(microseconds=1))
        ],
        calibrations=[
            words.device_calibration(one)
            for one in calibrations_worn(session, row.patient_id, now, now + timedelta(microseconds=1))
        ],
        missing=missing_in_words(gaps_of(session, row.patient_id, start, end), zone),
        technical_cases=[story for story in still if story[0].kind == "technical"],
        open_cases=[story for story in still if story[0].kind != "technical"],
        closed_cases=[story for story in cases if story[0].state == CaseState.RESOLVED],
        days=days,
        unit=unit,
        chart=draw(days, zone, hours, means, answers, marks, now, states, cut_points),
        description=_described(days, reports, hours, unit),
        table=[_line(day, reports, became.get(day, "not_asked"), indices) for day in reversed(days)],
        wear_heads=[label for label, _ in WEAR],
        indices=index_table(days, indices),
        reports=list(reversed(reports))[:REPORTS_SHOWN],
        more_reports=max(0, len(reports) - REPORTS_SHOWN),
        treatments=treatments,
        signs=lane(treatments, axis_of(days, zone), zone),
        form=form or blank(now, zone),
        diary_links=[link for link in links_of(session, row.patient_id) if is_valid(link, now)],
        after=after_treatments(session, row.patient_id, zone, now),
        diary=words.diary_kept(len(days), kept(diary)),
        cut_points=cut_points,
        day_by_day=day_by_day(*newest_alone(session, row.patient_id, INDEX, PAIN), zone),
        asked_again=asked_again(check_ins_of(session, row.patient_id, now - SHOWN_ASKINGS), reports, zone),
        # How likely it is stands in a sentence of its own.
        because=[] if decision is None else because({**decision.evidence, "probability": None}),
        words=written,
        more_words=more_written,
        why=None if decision is None else why_paged(decision, zone),
        untold=untold_decisions(session, row.patient_id, days[0]),
        risk=risk_words(newest_risk(session, row.patient_id), today),
        scores=draw_scores(days, zone, judged, limit_of(decision)),
        coming=next_of(session, [(case, site, zone) for case, _ in still], now),
        told={
            case_id: told_so_far(told, zone, now)
            for case_id, told in told_of(session, [case.id for case, _ in still], site).items()
        },
        holds=holds_of(session, row.patient_id, user, now),
        until=choices(now, zone),
        staff=sorted({user.name, *colleagues(session, site)}),
    )


def missing_in_words(gaps: Sequence[Gap], zone: tzinfo) -> list[str]:
    """A sentence for each stream of a device with gaps, since the oldest of them."""
    streams: dict[tuple[str, str, int], list[Gap]] = {}
    for gap in gaps:
        streams.setdefault((gap.device, gap.stream, gap.boot), []).append(gap)
    return [
        said(
            device,
            stream,
            [(gap.first_missing, gap.last_missing) for gap in own[:SHOWN]],
            max(0, len(own) - SHOWN),
            min(gap.seen_at for gap in own),
            zone,
        )
        for (device, stream, _), own in streams.items()
    ]


def _line(day: date, reports: Sequence[Report], became: str, indices: Indices) -> Line:
    without = {state: words.DIARY[state] for state in ("skipped", "missed", "not_asked", "open")}

    def highest(score: str, otherwise: str = "–") -> str:
        own = [one.scores[score] for one in reports if one.day == day]
        return str(max((value for value in own if value is not None), default=otherwise))

    worn, mean = indices.get((day, "worn_min")), indices.get((day, "mean_activity"))
    return Line(
        day,
        highest("worst", without.get(became, "–")),
        highest("average"),
        "no data" if worn is None or worn.value is None else words.minutes(worn.value),
        [_minutes(indices.get((day, name))) for _, name in WEAR],
        "–" if mean is None or mean.value is None else f"{words.figure(mean.value)} {mean.unit}",
    )


def _minutes(found: DayIndex | None) -> str:
    return "–" if found is None or found.value is None else words.minutes(found.value)


def _described(days: Sequence[date], reports: Sequence[Report], hours: Sequence[Hour], unit: str) -> str:
    """The chart in one or two sentences, for whoever does not see it."""
    worst = [one.scores["worst"] for one in reports if one.scores["worst"] is not None]
    known = sum(hour.activity is not None for hour in hours)
    said = f"worst pain from {min(worst)} to {max(worst)}" if worst else "no worst pain was given"
    return (
        f"From {days[0]} to {days[-1]}: {len(reports)} pain reports, {said}; "
        f"activity in {unit} for {known} hours. The table below has every day."
    )
