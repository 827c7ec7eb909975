"""Silences, snoozes and expected levels as the pages say them: who, why, until when, and what ends soon."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy.orm import Session

from api.pages import words
from ladder.in_words import span
from ladder.outlook import is_stale
from ladder.state import Life
from ladder.timing import ends_soon
from store.access import User, visible_patients
from store.alerts.accepted import Accepted, standing_levels, standing_levels_of
from store.alerts.answers import had_since
from store.alerts.case_life import life_of
from store.alerts.cases import Case
from store.alerts.coming import coming
from store.alerts.holds import waits_for_second
from store.alerts.second_person import same_name
from store.alerts.silences import AlertSilence, standing_silences
from store.alerts.wards import ward_of
from store.people import Patient


@dataclass(frozen=True, slots=True)
class Hold:
    """What keeps people from being told. `path` ends it, `agree` is for a second person (None: no need)."""

    what: str
    why: str
    ends: datetime
    soon: bool  #: it is time to remind people: the last quarter, at most three days
    path: str
    agree: str | None
    asked: str | None  #: what it does not do before a second person agrees, or that it covers urgent pages
    own: bool  #: the reader has made it, so somebody else has to agree


def holds_of(session: Session, patient_id: int, user: User, now: datetime) -> list[Hold]:
    """Of the patient, of the ward, of the open case; and the levels of pain that are expected."""
    own = visible_patients(user).where(Patient.id == patient_id)
    found = [silence_hold(session, one, user, now) for one in standing_silences(session, own, now)]
    return found + [level_hold(one, user, now) for one in standing_levels(session, patient_id, now)]


def level_hold(one: Accepted, user: User, now: datetime) -> Hold:
    """An expected level as the pages say it."""
    seconded = f" ({one.second} agrees)" if one.second else ""
    return Hold(
        f"Expected level, up to {one.level:g}, by {one.by}{seconded} (case {one.case_id})",
        one.why or "no reason was given",
        one.until,
        ends_soon(one.since, one.until, now),
        f"/cases/{one.case_id}/level/end",
        f"/cases/{one.case_id}/level/agree" if one.waits else None,
        "Not in force: it would cover urgent pain, so a second person has to agree." if one.waits else None,
        same_name(one.by, user.name),
    )


def silence_hold(session: Session, one: AlertSilence, user: User, now: datetime) -> Hold:
    """A silence or a snooze as the pages say it."""
    soon = ends_soon(one.begins, one.ends, now)
    own = same_name(one.author, user.name)
    seconded = f" ({one.second} agrees)" if one.second else ""
    if one.case_id is not None:
        waits = waits_for_second(one, session.get_one(Case, one.case_id))
        what = f"Snooze of case {one.case_id}, asked for by" if waits else f"Case {one.case_id} snoozed by"
        asked = "Not in force: an urgent case is snoozed when a second person agrees." if waits else None
    else:
        whose = f"Ward {one.site}" if one.site is not None else "Patient"
        what, waits = f"{whose} silenced by", one.second is None
        sent = "Urgent pages are sent all the same, until a second person agrees."
        asked = sent if waits else "Urgent pages are not sent either."
    agree = f"/silences/{one.id}/agree" if waits else None
    return Hold(
        f"{what} {one.author}{seconded}",
        one.reason,
        one.ends,
        soon,
        f"/silences/{one.id}/end",
        agree,
        asked,
        own,
    )


def marks_of(session: Session, user: User, zones: dict[int, tzinfo], now: datetime) -> dict[int, list[str]]:
    """For each patient of the user with any: who has silenced or snoozed what, which level is expected, why,
    until when. A silence of the ward is said once, above them all."""
    found: dict[int, list[str]] = {}

    def mark(patient_id: int, hold: Hold) -> None:
        until = words.local(hold.ends, zones[patient_id])
        end = ", ends soon" if hold.soon else ""
        asked = f" ({hold.asked})" if hold.asked else ""
        found.setdefault(patient_id, []).append(f"{hold.what} until {until}{end}: {hold.why}{asked}")

    for one in standing_silences(session, visible_patients(user), now):
        case = None if one.case_id is None else session.get_one(Case, one.case_id)
        of = one.patient_id if case is None else case.patient_id
        if of in zones:
            mark(of, silence_hold(session, one, user, now))
    for patient_id, levels in standing_levels_of(session, list(zones), now).items():
        for level in levels:
            mark(patient_id, level_hold(level, user, now))
    return found


@dataclass(frozen=True, slots=True)
class Next:
    """What happens next to an open case."""

    said: str
    unheard: bool
    stale: bool
    hold: str  #: how long an answer holds when nobody says until when
    soon: bool  #: an answer ends, and people are told again: the last quarter, at most three days


def next_of(session: Session, cases: Sequence[tuple[Case, str, tzinfo]], now: datetime) -> dict[int, Next]:
    """For each (case, its site, the zone of its patient); technical cases have none."""

    def clock(zone: tzinfo) -> Callable[[datetime], str]:
        return lambda at: words.short(at, zone, now)

    clinical = [(case, site, clock(zone)) for case, site, zone in cases if case.kind != "technical"]
    said = coming(session, clinical, now)
    lives = {case.id: life_of(case) for case, _, _ in clinical}
    since = had_since(session, [number for number, life in lives.items() if life.answered])
    found = {}
    for case, site, _ in clinical:
        life, hold = lives[case.id], ward_of(session, site, ()).timings.of[case.severity].hold
        soon = _comes_back_soon(life, since.get(case.id), now)
        found[case.id] = Next(said[case.id], life.unheard, is_stale(life, now), span(hold), soon)
    return found


def _comes_back_soon(life: Life, since: datetime | None, now: datetime) -> bool:
    """Not where a snooze keeps the case longer than the answer, nor where nobody was ever told of it."""
    if since is None or life.held_until is None or life.next_at is None or not life.answered:
        return False
    if life.snoozed_until is not None and life.snoozed_until > life.held_until:
        return False
    return ends_soon(since, life.held_until, now)
