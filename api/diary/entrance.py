"""Who opens the diary page: whoever has a personal link that is valid, by a cookie that carries its token.

The cookie is looked up at every request, so a revoked link opens nothing from that moment on, on no phone.
Nothing slows guessing down: of 2^192 tokens a million tries a second for a thousand years find none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.settings import ApiSettings
from store.database import StoreError
from store.diary_links import DiaryLink, find_link, use_link
from store.people import Patient
from store.zones import zone_of_patient

PATH = "/diary"
COOKIE = "actalgia-diary"
LANGUAGE_COOKIE = "actalgia-diary-language"
LONGEST_TOKEN = 100
_LANGUAGE_KEPT_S = 400 * 86400


@dataclass(frozen=True, slots=True)
class Visitor:
    """A patient with a valid link."""

    link: DiaryLink
    patient: Patient
    zone: tzinfo

    @property
    def name(self) -> str:
        """Under which the audit has what is done with the link."""
        return f"patient (link {self.link.id})"


def visitor(session: Session, token: str | None, at: datetime) -> Visitor | None:
    """Whose link this is, and it is used; None for one that is unknown, expired or revoked."""
    if not token or len(token) > LONGEST_TOKEN or not token.isascii():
        return None
    link = find_link(session, token, at)
    patient = None if link is None else session.get(Patient, link.patient_id)
    if link is None or patient is None:
        return None
    use_link(link, at)
    return Visitor(link, patient, zone_of_patient(session, patient.id))


def token_in_cookie(request: Request) -> str | None:
    """The token that this browser keeps."""
    return request.cookies.get(_cookie(request.app.state.settings, COOKIE))


def keep_token(response: Response, settings: ApiSettings, token: str, link: DiaryLink, at: datetime) -> None:
    """Have the browser keep the token as long as the link lasts, for the diary alone.

    Strict: no other site can make a phone send it. What follows from that: `came_from_another_site`.
    """
    response.set_cookie(
        _cookie(settings, COOKIE),
        token,
        max_age=int((link.expires_at - at).total_seconds()),
        path=PATH,
        secure=settings.https,
        httponly=True,
        samesite="strict",
    )


def keep_language(response: Response, settings: ApiSettings, code: str) -> None:
    """Have the browser keep the language that was chosen."""
    response.set_cookie(
        _cookie(settings, LANGUAGE_COOKIE),
        code,
        max_age=_LANGUAGE_KEPT_S,
        path=PATH,
        secure=settings.https,
        httponly=True,
        samesite="strict",
    )


def language_in_cookie(request: Request) -> str | None:
    """The language that was chosen in this browser."""
    return request.cookies.get(_cookie(request.app.state.settings, LANGUAGE_COOKIE))


def came_from_another_site(request: Request) -> bool:
    """Whether a page of another site led here, say a mail in a browser: then a strict cookie stays at home.

    So it does even after our own redirect. A page of ours that leads here is what helps.
    """
    return request.headers.get("sec-fetch-site") == "cross-site"


def diary_of(link_address: str, token: str) -> str:
    """The personal link, under the address at which browsers reach the pages."""
    return f"{link_address.rstrip('/')}{PATH}/{token}"


def base_address(text: str) -> str:
    """The address to make links with. Raises `StoreError` for what is none."""
    if not text.startswith(("http://", "https://")) or len(text.split("//", 1)[1].strip("/")) == 0:
        raise StoreError("The address begins with https:// (or http://), as browsers reach the pages.")
    return text.rstrip("/")


def _cookie(settings: ApiSettings, name: str) -> str:
    # `__Host-`, as the ward's cookies have, would ask for the path /.
    return f"__Secure-{name}" if settings.https else name
