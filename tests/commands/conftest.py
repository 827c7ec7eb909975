from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from actalgia import cli

Run = Callable[..., str]


@pytest.fixture
def command(
    engine: sa.Engine, migrated_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """One command on an empty database, and what it said; on standard error where it failed."""
    monkeypatch.setenv("ACTALGIA_DATABASE_URL", migrated_url)
    # A command ends with its process and leaves its connections to that; this process goes on.
    monkeypatch.setattr("actalgia.system.System.engine", lambda _: engine)

    def run(*words: str, code: int = 0) -> str:
        monkeypatch.setattr("sys.argv", ["actalgia", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert ended.value.code == code, said
        return said.err if code in (1, 2) else said.out

    return run
