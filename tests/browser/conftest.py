"""One server and one browser for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.chromium import ARGS, CHROMIUM
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
