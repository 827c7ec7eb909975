"""The broker's files: readable by their owner alone, replaced at once."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from broker import access

PASSWORDS = "passwd"
ACCESS = "acl"


def write_accounts(directory: Path, accounts: Iterable[tuple[str, str]]) -> None:
    """Write who may connect, as (user name, password hash), and who may do what.

    The list is complete: whoever is not in it is out. A running broker takes it over at the next SIGHUP,
    which the caller sends. Two callers at once need a lock of theirs. Raises `ValueError` for an account
    that mosquitto could not read, and then changes nothing.
    """
    passwords = access.password_file(accounts)
    # One that is there keeps its mode: in production it is a mounted volume.
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Access first: nobody new may connect before the rules are there.
    write_private(directory / ACCESS, access.acl_file())
    write_private(directory / PASSWORDS, passwords)


def write_private(path: Path, text: str) -> None:
    """Replace a file at once, mode 0600: a reader sees the old or the new, never half."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
