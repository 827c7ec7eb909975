"""One application for all tests of the API; each test has its own people."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from api.app import create_app
from api.settings import ApiSettings
from tests.api.house import BASE, House, furnish
from tests.made_curve import CURVE


@pytest.fixture(scope="session")
def app(migrated_url: str) -> Iterator[FastAPI]:
    app = create_app(ApiSettings(migrated_url, BASE, curve=CURVE))
    yield app
    app.state.engine.dispose()


@pytest.fixture
def house(app: FastAPI, engine: sa.Engine) -> House:
    return furnish(app, engine)
