"""The account of ingest, for a broker that has no accounts yet.

    python -m broker.first_accounts DIRECTORY FILE

FILE holds the address with which ingest connects (`mqtts://ingest:password@broker:8883`); a file, because
a command line is visible to everybody on the machine. Accounts that are there stay as they are:
`actalgia enrol` writes them, from the database.
"""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from broker.access import INGEST, password_hash
from broker.files import PASSWORDS, write_accounts


def write_first_accounts(directory: Path, address: str) -> bool:
    """Write the account of ingest unless there are accounts; whether it did.

    Raises `ValueError` for an address that is not of ingest, or without a password.
    """
    if (directory / PASSWORDS).exists():
        return False
    parts = urlsplit(address.strip())
    if parts.username != INGEST or not parts.password:
        raise ValueError(f"the address is mqtts://{INGEST}:password@host:port")
    write_accounts(directory, [(INGEST, password_hash(unquote(parts.password)))])
    return True


def _main(arguments: list[str]) -> str | None:
    try:
        directory, file = map(Path, arguments)
        write_first_accounts(directory, file.read_text())
    except (OSError, ValueError) as error:
        return f"The account of ingest could not be written: {error}."
    return None


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
