"""Log-in, its back-off, and the end of sessions."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from pwdlib import PasswordHash
from sqlalchemy.orm import Session
from starlette.responses import Response
from starlette.testclient import TestClient

from api.app import create_app
from api.auth import set_session_cookie
from api.login import log_in, log_out
from api.settings import ApiSettings
from store.access import Account, AuditEntry, LoginSession, Role, create_account, user_of_session
from store.database import transaction
from tests.api.house import House
from tests.cast import NOON

PASSWORD = "correct horse battery"
HASHED = PasswordHash.recommended().hash(PASSWORD)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def account(engine: sa.Engine) -> sa.Engine:
    with transaction(engine) as session:
        create_account(session, "Berta", HASHED, Role.CLINICIAN, "main")
    return engine


def attempt(
    engine: sa.Engine, at: datetime, password: str = "wrong", name: str = "Berta"
) -> str | datetime | None:
    with transaction(engine) as session:
        return log_in(session, name, password, at)


def test_passwords_are_kept_as_argon2id() -> None:
    assert HASHED.startswith("$argon2id$")


def test_the_right_password_opens_a_session_and_wrong_ones_do_not(account: sa.Engine) -> None:
    assert attempt(account, NOON) is None
    assert attempt(account, NOON, PASSWORD, "nobody") is None
    secret = attempt(account, NOON, PASSWORD)
    assert isinstance(secret, str)
    with transaction(account) as session:
        user = user_of_session(session, secret, NOON)
    assert user is not None and (user.name, user.role) == ("Berta", Role.CLINICIAN)


def test_after_five_wrong_passwords_each_further_one_costs_twice_the_time_up_to_15_minutes(
    account: sa.Engine,
) -> None:
    at = NOON
    for _ in range(5):
        assert attempt(account, at) is None
    waits = []
    for _ in range(6):
        locked = attempt(account, at, PASSWORD)  # not even the right one
        assert isinstance(locked, datetime)
        waits.append((locked - at) / MINUTE)
        at = locked
        assert attempt(account, at) is None
    assert waits == [1, 2, 4, 8, 15, 15]


def test_a_log_in_forgets_the_failures_before_it(account: sa.Engine) -> None:
    for _ in range(4):
        attempt(account, NOON)
    assert isinstance(attempt(account, NOON, PASSWORD), str)
    for _ in range(4):
        assert attempt(account, NOON) is None
    assert isinstance(attempt(account, NOON, PASSWORD), str)


def test_an_unknown_name_costs_a_password_check_too(
    account: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    real = PasswordHash.verify

    def counted(self: PasswordHash, password: str | bytes, hash: str | bytes) -> bool:
        checked.append(str(hash))
        return real(self, password, hash)

    monkeypatch.setattr(PasswordHash, "verify", counted)
    attempt(account, NOON, name="nobody")
    assert len(checked) == 1 and checked[0].startswith("$argon2id$")
    assert checked[0].split("$")[3] == HASHED.split("$")[3]  # the same cost


def test_a_disabled_account_lets_nobody_in_and_ends_its_sessions(account: sa.Engine) -> None:
    secret = attempt(account, NOON, PASSWORD)
    with transaction(account) as session:
        session.execute(sa.update(Account).values(disabled_at=NOON))
    assert attempt(account, NOON, PASSWORD) is None
    with transaction(account) as session:
        assert user_of_session(session, str(secret), NOON) is None


def test_log_ins_that_work_and_that_do_not_are_written_down(account: sa.Engine) -> None:
    attempt(account, NOON)
    attempt(account, NOON, name="pass\nword typed here")
    attempt(account, NOON, PASSWORD)
    with transaction(account) as session:
        entries = session.execute(
            sa.select(AuditEntry.actor, AuditEntry.action).order_by(AuditEntry.id)
        ).all()
    assert [tuple(e) for e in entries] == [
        ("Berta", "login.failed"),
        ("unknown", "login.failed"),
        ("Berta", "login"),
    ]


def seen(session: Session, secret: str, at: datetime) -> bool:
    found = user_of_session(session, secret, at) is not None
    session.flush()
    return found


def test_a_session_ends_after_15_idle_minutes_and_after_12_hours_of_work(account: sa.Engine) -> None:
    secret = str(attempt(account, NOON, PASSWORD))
    with transaction(account) as session:
        assert seen(session, secret, NOON + 14 * MINUTE)
        assert not seen(session, secret, NOON + 30 * MINUTE)
    secret = str(attempt(account, NOON, PASSWORD))
    with transaction(account) as session:
        at = NOON
        while at < NOON + timedelta(hours=12) - 10 * MINUTE:
            at += 10 * MINUTE
            assert seen(session, secret, at) is (at < NOON + timedelta(hours=12))
        assert not seen(session, secret, NOON + timedelta(hours=12))


def test_an_idle_session_is_asked_to_log_in_again(house: House) -> None:
    browser = house.browser("anna")
    assert browser.get("/api/v1/patients").status_code == 200
    with transaction(house.engine) as session:
        session.execute(sa.update(LoginSession).values(seen_at=LoginSession.seen_at - 15 * MINUTE))
    assert browser.get("/api/v1/patients").status_code == 401


def test_a_log_in_replaces_the_session_the_browser_came_with_and_log_out_kills_it(account: sa.Engine) -> None:
    old = str(attempt(account, NOON, PASSWORD))
    with transaction(account) as session:
        new = log_in(session, "Berta", PASSWORD, NOON, replaces=old)
    assert isinstance(new, str) and new != old
    with transaction(account) as session:
        assert user_of_session(session, old, NOON) is None
        assert user_of_session(session, new, NOON) is not None
        log_out(session, new, "Berta", NOON)
        assert user_of_session(session, new, NOON) is None


def test_cookies_are_for_this_host_alone_and_no_script(migrated_url: str) -> None:
    response = Response()
    set_session_cookie(response, ApiSettings(migrated_url, "https://ward.example"), "secret")
    parts = {part.strip().lower() for part in response.headers["set-cookie"].split(";")}
    assert parts == {"__host-actalgia=secret", "httponly", "path=/", "samesite=lax", "secure"}
    assert ApiSettings(migrated_url, "http://127.0.0.1:8460").cookie() == "actalgia"


def test_the_secrets_of_sessions_and_tokens_are_not_in_the_database(house: House) -> None:
    secret = house.browser("anna").cookies["actalgia"]
    with transaction(house.engine) as session:
        dump = str(
            session.execute(
                sa.text(
                    "SELECT digest, encode(digest, 'escape') FROM login_session UNION ALL SELECT digest, encode(digest, 'escape') FROM token"
                )
            ).all()
        )
    assert secret not in dump and house.tokens["anna"] not in dump


def test_over_tls_the_plain_cookie_name_is_not_looked_at(house: House, migrated_url: str) -> None:
    secure = create_app(ApiSettings(migrated_url, "https://testserver"))
    secret = house.browser("anna").cookies["actalgia"]
    for name, status in (("actalgia", 401), ("__Host-actalgia", 200)):
        client = TestClient(secure, "https://testserver", headers={"Cookie": f"{name}={secret}"})
        assert client.get("/api/v1/patients").status_code == status
    secure.state.engine.dispose()
