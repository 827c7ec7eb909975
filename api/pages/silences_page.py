"""`/silences`: what keeps people from being told at the reader's site, and the silence of a whole ward."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Annotated
from urllib.parse import quote

import sqlalchemy as sa
from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from api.auth import AsWardUser, Db
from api.pages.case_actions import instant_of, reason_of
from api.pages.holds import Hold, level_hold, silence_hold
from api.pages.render import any_simulated, page
from api.pages.until import choices
from api.problems import Problem
from store.access import Role, User, record, visible_patients
from store.alerts import holds
from store.alerts.accepted import standing_levels_of
from store.alerts.cases import Case
from store.alerts.silences import AlertSilence, silences_seen, standing_silences
from store.database import now
from store.zones import zones_of

OVER_SHOWN = 20

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """One line: what holds, of whom (None: the ward), and the clock on which its end is told."""

    hold: Hold
    code: str | None
    path: str | None
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class SilencesPage:
    """What the template shows."""

    path: str
    wards: list[Listed]
    others: list[Listed]
    over: list[tuple[AlertSilence, str | None]]  #: the newest that have ended, with the patient's code
    until: list[tuple[str, str]]
    zone: tzinfo  #: of most patients here


@router.get("/silences")
def silences(request: Request, db: Db, user: AsWardUser) -> Response:
    """What keeps people from being told now, and what did so lately."""
    at = now()
    shown = read_silences(db, user, at)
    count = len(shown.wards) + len(shown.others)
    record(db, at, user.name, "silences.list", detail=f"{count} holds of site {user.site}")
    return page(
        request,
        "silences.html",
        user,
        demonstration=any_simulated(db),
        here="silences",
        now=at,
        page=shown,
    )


@router.post("/silences")
def silence_ward(
    db: Db,
    user: AsWardUser,
    until: Annotated[str, Form(max_length=40)],
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Have nobody told of any patient of the ward; urgent pages pass through until a second person agrees."""
    if user.role is not Role.CLINICIAN:
        raise Problem(403, "A ward is silenced by its clinicians.")
    at = now()
    made = holds.silence_ward(db, user.site, user.name, instant_of(until), reason_of(reason), at)
    record(db, at, user.name, "silence.add", None, f"silence {made.id} site {user.site}", made.kept_in)
    return RedirectResponse("/silences", 303)


def read_silences(session: Session, user: User, at: datetime) -> SilencesPage:
    """The page as it is at `at`."""
    codes = {one.id: one.code for one in session.scalars(visible_patients(user))}
    zones = zones_of(session, codes)
    most = Counter(zone.key for zone in zones.values() if hasattr(zone, "key")).most_common(1)
    usual = next((zone for zone in zones.values() if most and getattr(zone, "key", "") == most[0][0]), UTC)
    own = user.site if user.role is Role.CLINICIAN else None
    wards, others = [], []
    for one in standing_silences(session, visible_patients(user), at, own):
        hold = silence_hold(session, one, user, at)
        if one.site is not None:
            wards.append(Listed(hold, None, None, usual))
        else:
            others.append(_of(hold, _whose(session, one), codes, zones))
    for patient_id, levels in standing_levels_of(session, list(codes), at).items():
        others += [_of(level_hold(level, user, at), patient_id, codes, zones) for level in levels]
    over = silences_seen(session, user, at, True, None, OVER_SHOWN, over=True)
    others.sort(key=lambda one: one.hold.ends)
    return SilencesPage("/silences", wards, others, over, choices(at, usual), usual)


def ward_banners(session: Session, user: User, at: datetime) -> list[Hold]:
    """Silences of whole wards of the reader's patients: every patient's line would say the same."""
    own = user.site if user.role is Role.CLINICIAN else None
    found = standing_silences(session, visible_patients(user), at, own, wards_only=True)
    return [silence_hold(session, one, user, at) for one in found]


def _whose(session: Session, one: AlertSilence) -> int:
    if one.patient_id is not None:
        return one.patient_id
    return session.scalars(sa.select(Case.patient_id).where(Case.id == one.case_id)).one()


def _of(hold: Hold, patient_id: int, codes: Mapping[int, str], zones: Mapping[int, tzinfo]) -> Listed:
    code = codes[patient_id]
    return Listed(hold, code, f"/patients/{quote(code, safe='')}", zones[patient_id])
