"""Who makes a request, whether they may, and whether they meant to."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterator
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.problems import Problem
from api.settings import ApiSettings
from store.access import Role, User, user_of_session, user_of_token
from store.database import now, transaction

SESSION_COOKIE = "actalgia"
FORM_COOKIE = "actalgia-form"
# Says in the OpenAPI description that a token goes here; `bearer` reads it.
_DESCRIBED = HTTPBearer(auto_error=False, description="`actalgia token create`")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def database(request: Request) -> Iterator[Session]:
    """One transaction a request, rolled back on any error."""
    with transaction(request.app.state.engine) as session:
        yield session


# "function": the commit comes before the response is sent. What a client hears of has happened.
Db = Annotated[Session, Depends(database, scope="function")]


def bearer(request: Request) -> str | None:
    """The token of a program."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def session_secret(request: Request) -> str | None:
    """The cookie of a browser that is logged in, or was."""
    return request.cookies.get(_settings(request).cookie(SESSION_COOKIE))


async def refuse_forgery(request: Request) -> None:
    """A request that changes something and comes with a cookie must come from a page of ours.

    A program with a token is exempt: a browser never adds that header by itself.
    """
    secret = session_secret(request)
    # Without a cookie nobody is logged in: `current_user` says so, and there is nothing to forge.
    if request.method not in SAFE_METHODS and bearer(request) is None and secret is not None:
        await must_be_ours(request, secret)


async def refuse_forged_login(request: Request) -> None:
    """The same for the log-in form, where there is no session yet."""
    secret = form_secret(request)
    if secret is None:
        raise Problem(403, "Open the log-in page first, with cookies allowed.", "csrf_token")
    await must_be_ours(request, secret)


def current_user(
    request: Request,
    session: Db,
    _: Annotated[None, Depends(refuse_forgery)],
    __: Annotated[object, Depends(_DESCRIBED)],
) -> User:
    """Whoever makes this request: a program by its token, else a person by the session cookie."""
    token, cookie = bearer(request), session_secret(request)
    user = None
    if token is not None:
        user = user_of_token(session, token)
    elif cookie is not None:
        user = user_of_session(session, cookie, now())
    if user is None:
        raise Problem(401, "Log in, or send a valid token.", headers={"WWW-Authenticate": "Bearer"})
    return user


CurrentUser = Annotated[User, Depends(current_user)]


def _one_of(*roles: Role) -> Callable[[User], User]:
    def allowed(user: CurrentUser) -> User:
        if user.role not in roles:
            raise Problem(403, f"This is not for the role {user.role}.")
        return user

    return allowed


#: A clinician; or an administrator, who then sees the simulated patients only (`visible_patients`).
AsWardUser = Annotated[User, Depends(_one_of(Role.CLINICIAN, Role.ADMINISTRATOR))]
AsResearcher = Annotated[User, Depends(_one_of(Role.RESEARCHER))]
AsAdministrator = Annotated[User, Depends(_one_of(Role.ADMINISTRATOR))]


def csrf_token(request: Request) -> str:
    """What the forms of this session carry in the field `csrf_token`; '' without a session."""
    secret = session_secret(request)
    return token_of(secret) if secret else ""


def token_of(secret: str) -> str:
    """The token that proves that a page was made for the holder of this cookie."""
    return hmac.new(secret.encode(), b"a form of Actalgia", hashlib.sha256).hexdigest()


def form_secret(request: Request) -> str | None:
    """The cookie that goes with a log-in form."""
    return request.cookies.get(_settings(request).cookie(FORM_COOKIE))


def new_form_secret() -> str:
    """A new cookie for a log-in form: `set_form_cookie`, and `token_of` it in the field `csrf_token`."""
    return secrets.token_urlsafe(32)


def set_form_cookie(response: Response, settings: ApiSettings, secret: str) -> None:
    """Give a browser the cookie of a log-in form."""
    _set(response, settings, FORM_COOKIE, secret)


def set_session_cookie(response: Response, settings: ApiSettings, secret: str) -> None:
    """Give a browser its session."""
    _set(response, settings, SESSION_COOKIE, secret)


def clear_session_cookie(response: Response, settings: ApiSettings) -> None:
    """Take a browser's session away; `api.login.log_out` ends it on the server, too."""
    name = settings.cookie(SESSION_COOKIE)
    response.delete_cookie(name, secure=settings.https, httponly=True, samesite="lax")


def _set(response: Response, settings: ApiSettings, name: str, secret: str) -> None:
    # Lax, not strict: whoever follows the link in a message must arrive logged in.
    response.set_cookie(
        settings.cookie(name), secret, secure=settings.https, httponly=True, samesite="lax", path="/"
    )


async def must_be_ours(request: Request, secret: str) -> None:
    """Raise `Problem` unless a page of ours, made for the holder of `secret`, sends this form."""
    if not same_origin(request):
        raise Problem(403, "This request comes from another site.", "foreign_origin")
    given = request.headers.get("x-csrf-token", "")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not given and kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
        given = str((await request.form()).get("csrf_token", ""))
    if not hmac.compare_digest(given.encode(), token_of(secret).encode()):
        raise Problem(403, "The form is too old: open the page again and repeat.", "csrf_token")


def same_origin(request: Request) -> bool:
    """Whether a page of ours, or no page at all, sends this."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site not in ("same-origin", "none"):
        return False
    # A page with the policy no-referrer posts its own forms with the origin "null" (Fetch standard), so
    # "null" is right from a browser that vouches by Sec-Fetch-Site, and from nobody else.
    if origin is None or (origin == "null" and site == "same-origin"):
        return True
    base = urlsplit(_settings(request).base_url)
    ours = {f"{base.scheme}://{base.netloc}", f"{base.scheme}://{request.headers.get('host', '')}"}
    return origin in ours


def _settings(request: Request) -> ApiSettings:
    settings: ApiSettings = request.app.state.settings
    return settings
