"""Hints over a real server: they come, they say nothing, they hold nothing, they survive a lost line."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import httpx2
import pytest
import sqlalchemy as sa
from pwdlib import PasswordHash

from store.access import Role, create_account, create_token
from store.alerts.open_cases import open_or_join
from store.database import now, transaction
from tests.cast import Cast, enrol_cast
from tests.pages.server import Served, serving


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    cast = enrol_cast(engine)
    with transaction(engine) as session:
        create_account(session, "anna", PasswordHash.recommended().hash("pw"), Role.CLINICIAN, "main")
    return cast


@pytest.fixture
def served(cast: Cast, migrated_url: str) -> Iterator[Served]:
    with serving(migrated_url) as served:
        yield served


@pytest.fixture
def token(cast: Cast, engine: sa.Engine) -> str:
    with transaction(engine) as session:
        return create_token(session, "ward display", Role.CLINICIAN, "main")


class Listening:
    """Reads a stream in the background, line by line."""

    def __init__(self, url: str, token: str) -> None:
        self.lines: list[str] = []
        self._url, self._token = url, token
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            with httpx2.stream("GET", self._url, headers=headers, timeout=10) as stream:
                self.lines.append(stream.headers["content-type"])
                for line in stream.iter_lines():
                    self.lines.append(line)
        except httpx2.HTTPError:
            self.lines.append("ended")

    def hears(self, line: str, times: int = 1, within: float = 5) -> None:
        deadline = time.monotonic() + within
        while self.lines.count(line) < times:
            assert time.monotonic() < deadline, self.lines
            time.sleep(0.02)


def test_a_new_case_is_hinted_to_every_open_page_without_a_word_about_it(served, cast, engine, token):
    first = Listening(f"{served.url}/live", token)
    first.hears("event: changed")  # the listening began: what happened before may have been missed
    second = Listening(f"{served.url}/live", token)
    second.hears(": open")
    with transaction(engine) as session:
        open_or_join(session, cast.rising, "high", "worst pain 8", {}, ["log"], now())
    first.hears("event: changed", times=2)
    second.hears("event: changed")
    for page in (first, second):
        assert set(page.lines) <= {
            "text/event-stream; charset=utf-8",
            "retry: 1000",
            ": open",
            "event: changed",
            "data: worklist",
            "",
        }


def test_an_open_stream_holds_no_connection_of_the_pool(served, cast, token):
    pages = [Listening(f"{served.url}/live", token) for _ in range(3)]
    for page in pages:
        page.hears(": open")
    assert served.app.state.engine.pool.checkedout() == 0


def test_a_lost_listening_connection_comes_back_and_hints_again(served, cast, engine, token):
    page = Listening(f"{served.url}/live", token)
    page.hears("event: changed")
    with engine.connect() as connection:
        killed = connection.execute(
            sa.text(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
        ).scalar_one()
    assert killed == 1
    page.hears("event: changed", times=2)  # after the new connection
    with transaction(engine) as session:
        open_or_join(session, cast.rising, "high", "worst pain 8", {}, ["log"], now())
    page.hears("event: changed", times=3)


def test_nobody_listens_without_being_allowed_to(served, cast, engine):
    with transaction(engine) as session:
        researcher = create_token(session, "study", Role.RESEARCHER, "main")
    url = f"{served.url}/live"
    assert httpx2.get(url).status_code == 401
    assert httpx2.get(url, headers={"Authorization": f"Bearer {researcher}"}).status_code == 403
