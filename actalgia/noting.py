"""A part that starts has the audit told of changed settings, and waits for that only a little."""

from __future__ import annotations

import getpass
import os
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    import sqlalchemy as sa
    from sqlalchemy.orm import Session

    from store.audit.settings_told import Setting

log = structlog.get_logger()

AGAIN_S = 5.0
LONGEST_WAIT_S = 5.0  #: a long audit is read through; pages come before what is written of settings


def note(
    engine: sa.Engine,
    part: str,
    settings_of: Callable[[Session], Mapping[str, Setting]],
    reason: str | None,
    wait_s: float = LONGEST_WAIT_S,
    *,
    let_go: bool = False,
) -> None:
    """Have it written down, tried until the database takes it, beside what the part does.

    `let_go`: the engine is needed for nothing else, so its connections are closed then.
    """

    def tell() -> None:
        _until_told(engine, part, settings_of, reason)
        if let_go:
            engine.dispose()

    told = threading.Thread(target=tell, name="settings", daemon=True)
    told.start()
    told.join(wait_s)


def _until_told(
    engine: sa.Engine,
    part: str,
    settings_of: Callable[[Session], Mapping[str, Setting]],
    reason: str | None,
) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    from store.audit.config_changes import note_settings
    from store.database import now, transaction

    said = "the audit was not told of the settings"
    failed = False
    while True:
        try:
            with transaction(engine) as session:
                changed = note_settings(session, part, _user(), now(), settings_of(session), reason)
        except SQLAlchemyError as error:  # away, or its tables are not made yet
            if not failed:
                log.warning(said, action="settings_not_noted", part=part, error=type(error).__name__)
            failed = True
            threading.Event().wait(AGAIN_S)
        except Exception as error:  # noqa: BLE001  an entry that nobody can read keeps no part from its work
            log.error(said, action="settings_not_noted", part=part, error=type(error).__name__)
            return
        else:
            if changed:
                log.info("settings differ from the last start", action="settings_changed", part=part)
            return


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container with a user that has no name
        return str(os.getuid())
