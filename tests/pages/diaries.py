"""A patient with a personal link: what they do on the diary page, and what is stored."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import sqlalchemy as sa
from starlette.testclient import TestClient

from store.database import now, transaction
from store.diary import PainReport
from store.diary_links import create_link

COOKIE = "actalgia-diary"


def given_link(
    engine: sa.Engine, patient_id: int, language: str = "en", days: int = 90, ago: timedelta = timedelta()
):
    """(number, token) of a new link."""
    with transaction(engine) as session:
        link, token = create_link(session, patient_id, language, "anna", now() - ago, timedelta(days=days))
        return link.id, token


def opened_diary(client: TestClient, token: str) -> str:
    """The form of today, as the browser has it after it followed the link."""
    assert client.get(f"/diary/{token}").status_code == 303
    return client.get("/diary").text


def hidden_in(html: str, kind: str = "answer") -> dict[str, str]:
    """The hidden fields of one of the two forms, and the day of its button."""
    form = next(part for part in html.split("<form ")[1:] if f'name="kind" value="{kind}"' in part)
    fields = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {"day": re.search(r'name="day" value="([^"]*)"', form)[1], **dict(fields)}


def answer(client: TestClient, html: str, kind: str = "answer", **fields):
    return client.post("/diary", data={**hidden_in(html, kind), **fields})


def reports(engine: sa.Engine) -> list[PainReport]:
    with transaction(engine) as session:
        return list(session.scalars(sa.select(PainReport).order_by(PainReport.id)))


def seen(html: str) -> str:
    """What a reader sees, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.split("<body", 1)[-1])).split())
