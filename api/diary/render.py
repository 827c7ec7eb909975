"""The patient's pages out of their templates; a layout of its own, without anything of the ward."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from api.diary import form
from api.diary.entrance import PATH, Visitor, keep_language, language_in_cookie
from api.diary.words import Words, language, languages, words
from api.pages.render import asset
from api.problems import Problem


def words_for(request: Request, who: Visitor | None) -> Words:
    """In the language chosen on the page, else the link's, else the browser's."""
    own = None if who is None else who.link.language
    chosen = (request.query_params.get("language"), language_in_cookie(request), own)
    return words(language(chosen, request.headers.get("accept-language", "")))


def page(
    request: Request, template: str, who: Visitor | None, *, status: int = 200, **context: Any
) -> HTMLResponse:
    """A page of the diary."""
    settings, said = request.app.state.settings, words_for(request, who)
    shown = {
        "words": said,
        "t": said.text,
        "languages": languages(),
        "here": PATH,
        "notice": settings.notice,
        "demonstration": settings.demonstration_only or (who is not None and who.patient.demonstration),
        "urgent": True,
        **context,
    }
    response = HTMLResponse(_environment().get_template(template).render(shown), status)
    if request.query_params.get("language") in languages():
        keep_language(response, settings, said.code)
    return response


def sorry_page(request: Request) -> Response:
    """For a link that is unknown, incomplete, expired or revoked: the same in all of these."""
    return page(request, "sorry.html", None, status=404)


def is_diary(request: Request) -> bool:
    """Whether this is an address of the diary page."""
    return request.url.path == PATH or request.url.path.startswith(PATH + "/")


def problem_page(request: Request, problem: Problem) -> Response:
    """An error on the diary page, in the patient's language."""
    return page(request, "problem.html", None, status=problem.status)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(asset=asset, limits=form)
    return environment
