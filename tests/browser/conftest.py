"""One server and one browser for the tests of a file, and a nurse who can log in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pwdlib import PasswordHash

from store.access import Role, create_account
from store.database import now, transaction
from tests.browser.chromium import ARGS, CHROMIUM
from tests.cast import Cast, enrol_cast
from tests.pages.server import Served, serving


@pytest.fixture(scope="module")
def served(migrated_url: str) -> Iterator[Served]:
    with serving(migrated_url) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright import sync_api

    with sync_api.sync_playwright() as runner:
        browser = runner.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def cast(engine: sa.Engine) -> Cast:
    cast = enrol_cast(engine, since=now() - timedelta(days=40))
    with transaction(engine) as session:
        create_account(session, "anna", PasswordHash.recommended().hash("pw"), Role.CLINICIAN, "main")
    return cast
