"""A whole installation, started by the real command in a directory of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.installation import Installation


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    one = Installation(tmp_path_factory.mktemp("house") / "data")
    one.start()
    yield one
    if one.process is not None and one.process.poll() is None:
        one.stop()
