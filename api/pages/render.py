"""Templates to responses. Everything is escaped; no page has a script or a style inside itself."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse

from api.auth import csrf_token
from api.diary.words import languages
from api.pages import axis, because, chart, score_chart, standing, story, treatment_words, until, words
from api.road import of_page
from api.treatment_kinds import KINDS
from severity.cut_points import severity
from store.access import User
from store.alerts.case_acts import REOPENS_FOR
from store.people import Patient
from store.worklist import CANNOT_JUDGE, FIRE

HERE = Path(__file__).parent


def page(
    request: Request,
    template: str,
    user: User | None,
    *,
    demonstration: bool,
    status: int = 200,
    **context: Any,
) -> HTMLResponse:
    """A page, or with `?fragment=1` only what is inside its `main`."""
    settings = request.app.state.settings
    shown = {
        "user": user,
        "csrf": csrf_token(request),
        "demonstration": demonstration or settings.demonstration_only,
        "notice": settings.notice,
        "fragment": is_refresh(request),
        "here": "",
        "live": False,
        "road": of_page(request.app.state.road, user.site if user else None),
        **context,
    }
    return HTMLResponse(_environment().get_template(template).render(shown), status)


def is_refresh(request: Request) -> bool:
    """Whether the page itself asks, and not a person."""
    return request.query_params.get("fragment") == "1"


def any_simulated(session: Session) -> bool:
    """Whether there are simulated patients: then every page says so."""
    return bool(session.scalar(sa.select(sa.exists().where(Patient.demonstration))))


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so browsers may keep it for ever."""
    digest = hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:12]}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        asset=asset,
        axis=axis,
        reopens_for=REOPENS_FOR,
        story_of=story.story,
        because_of_case=because.of_case,
        cannot_judge=CANNOT_JUDGE,
        fire=FIRE,
        geometry=chart,
        diary_languages=languages,
        is_old=standing.is_old,
        kinds=tuple(KINDS),
        limits=standing,
        longest_of=until.longest_of,
        score=score_chart,
        severity=severity,
        treatment=treatment_words,
        words=words,
    )
    return environment
