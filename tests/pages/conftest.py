"""Four people with accounts, and a browser without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from store.access import Role, create_account
from store.database import now, transaction
from tests.cast import Cast, enrol_cast
from tests.pages.visits import (
    HASHED,
    HTML,
)


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    cast = enrol_cast(engine, since=now() - timedelta(days=40))
    with transaction(engine) as session:
        create_account(session, "anna", HASHED, Role.CLINICIAN, "main")
        create_account(session, "hilda", HASHED, Role.CLINICIAN, "hill")
        create_account(session, "root", HASHED, Role.ADMINISTRATOR, "main")
        create_account(session, "rita", HASHED, Role.RESEARCHER, "main")
    return cast


@pytest.fixture
def client(cast: Cast, migrated_url: str) -> Iterator[TestClient]:
    app = create_app(ApiSettings(migrated_url, "http://testserver"))
    with TestClient(app, headers=HTML, follow_redirects=False) as client:
        yield client
