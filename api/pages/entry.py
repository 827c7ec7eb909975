"""The door: log-in, log-out, and what an error looks like on a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlsplit

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from api import auth
from api.auth import CurrentUser, Db
from api.diary.render import is_diary, problem_page
from api.login import log_in, log_out
from api.pages.render import any_simulated, page
from api.problems import Problem
from store.database import now, transaction

router = APIRouter(include_in_schema=False)

WRONG = "Name and password do not fit, or there were too many tries: wait a few minutes and try again."
OVER = (
    "You were logged out after a while without use, so nothing of this was saved. Log in, then send it again."
)
TITLES = {
    403: "This is not for you",
    404: "There is nothing here",
    409: "This cannot be done",
    413: "That was too much",
    422: "Something is missing",
    503: "The database does not answer",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """What came with a form: from which page, and what somebody had written in it."""

    back: str
    words: tuple[str, ...]


async def keep_typed(request: Request) -> None:
    """Dependency of forms: an answer that is an error gives back what was written."""
    form = await request.form()
    words = (str(form.get(name, "")).strip() for name in ("comment", "reason"))
    request.state.typed = Typed(own_path(str(form.get("back", "/"))), tuple(filter(None, words)))


@router.get("/login")
def login_form(request: Request, db: Db, next: str = "/") -> Response:
    """Ask who is there."""
    return _form(request, own_path(next), any_simulated(db))


@router.post("/login", dependencies=[Depends(auth.refuse_forged_login)])
def login(
    request: Request,
    db: Db,
    name: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=1000)],
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Let somebody in, to where they wanted to go."""
    entered = log_in(db, name.strip(), password, now(), replaces=auth.session_secret(request))
    if not isinstance(entered, str):
        return _form(request, own_path(next), any_simulated(db), WRONG, name, 403)
    response = RedirectResponse(own_path(next), 303)
    auth.set_session_cookie(response, request.app.state.settings, entered)
    return response


@router.post("/logout")
def logout(request: Request, db: Db, user: CurrentUser) -> Response:
    """Leave: the cookie opens nothing any more."""
    log_out(db, auth.session_secret(request) or "", user.name, now())
    response = RedirectResponse("/login", 303)
    auth.clear_session_cookie(response, request.app.state.settings)
    return response


def error_page(request: Request, problem: Problem) -> Response:
    """An error as a page with a next step; whoever is not logged in is sent to the door, and back later."""
    if is_diary(request):  # a patient's, in the patient's language
        return problem_page(request, problem)
    typed: Typed = getattr(request.state, "typed", Typed("/", ()))
    if problem.status == 401 and typed.words and auth.same_origin(request):
        return _form(request, _wanted(request), _simulated(request), OVER, status=401, typed=typed.words)
    if problem.status == 401:
        return RedirectResponse("/login?next=" + quote(_wanted(request), safe=""), 303)
    return page(
        request,
        "problem.html",
        None,
        demonstration=_simulated(request),
        status=problem.status,
        title=TITLES.get(problem.status, "This did not work"),
        sentence=_sentence(problem),
        step_href=typed.back,
        step="Go to the worklist" if typed.back == "/" else "Back to the patient",
        typed=typed.words,
        fragment=False,
    )


def own_path(wanted: str) -> str:
    """The path if it is one of ours, else the worklist: nobody is sent to another site from here."""
    parts = urlsplit(wanted)
    foreign = parts.scheme or parts.netloc or not wanted.startswith("/") or wanted.startswith(("//", "/\\"))
    return "/" if foreign or any(c < " " or c == "\\" for c in wanted) else wanted


def _form(
    request: Request,
    wanted: str,
    simulated: bool,
    error: str | None = None,
    name: str = "",
    status: int = 200,
    typed: tuple[str, ...] = (),
) -> Response:
    secret = auth.form_secret(request) or auth.new_form_secret()
    response = page(
        request,
        "login.html",
        None,
        demonstration=simulated,
        status=status,
        next=wanted,
        error=error,
        name=name,
        typed=typed,
        form_token=auth.token_of(secret),
    )
    auth.set_form_cookie(response, request.app.state.settings, secret)
    return response


def _wanted(request: Request) -> str:
    """Where to go after the log-in: the page itself; after an action on a case, that case."""
    path = request.url.path
    if request.method == "GET":
        return path + (f"?{request.url.query}" if request.url.query else "")
    parts = path.split("/")
    return "/".join(parts[:3]) if parts[1] == "cases" and len(parts) > 2 else "/"


def _sentence(problem: Problem) -> str:
    if problem.status == 404:
        return "The address is wrong, or what was here belongs to another site."
    return problem.detail


def _simulated(request: Request) -> bool:
    try:
        with transaction(request.app.state.engine) as session:
            return any_simulated(session)
    except sa.exc.SQLAlchemyError:  # the page that says that the database is away must not need it
        return False
