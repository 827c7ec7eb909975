"""Who may connect, and who may publish and hear what: mosquitto's two account files as text. Pure.

A device writes below its own `up`, hears its own `down`, and nothing else; ingest hears every `up`, writes
every `down`, and reads the broker's counters; the gateway publishes for devices. Whatever is not named here
is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable

INGEST = "ingest"  #: the account of the ingest process
#: Publishes as any device, for `actalgia replay`. An account of embedded installations only: where the
#: password file has no such name, its rules are for nobody.
GATEWAY = "gateway"
ROOT = "actalgia/v1"

#: mosquitto's own default. It is little for a password that a person thought of; ours are 128 random bits
#: and more, which no number of guesses reaches, and 5,000 of them are hashed in a second.
ITERATIONS = 101
#: mosquitto 2.0 takes no other length.
SALT_BYTES = 12
PASSWORD_BYTES = 18

#: Words that mean a part of the installation, now or later, in any spelling.
_RESERVED = re.compile(r"ingest([-_.].*)?|gateway|health|healthcheck|admin|bridge|actalgia", re.IGNORECASE)
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_HASH = re.compile(r"\$7\$[1-9][0-9]{0,6}\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/]{86}==")


def is_device_name(name: str) -> bool:
    """Whether a device may have this name: it is its MQTT user, a topic level, and an entry in a file.

    1 to 64 of the letters A to Z and a to z, digits, `-`, `_`, `.`; not starting with `-` or `.`; not a
    name of the installation such as `ingest` or `ingest-2`. So it holds no `/`, `+`, `#`, `$`, `:`, blank
    or line end.
    """
    return bool(_SAFE.fullmatch(name)) and not _RESERVED.fullmatch(name)


def new_password() -> str:
    """A random password for a device: 144 bits, 24 letters, digits, `-` and `_`."""
    return secrets.token_urlsafe(PASSWORD_BYTES)


def password_hash(password: str, salt: bytes | None = None) -> str:
    """The password as mosquitto keeps it: `$7$iterations$salt$digest`, PBKDF2 with SHA-512.

    `salt` is for comparisons with another implementation; without it, it is random. Raises `ValueError`
    for an empty password.
    """
    if not password:
        raise ValueError("An empty password is none.")
    salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${_base64(salt)}${_base64(digest)}"


def password_matches(password: str, kept: str) -> bool:
    """Whether `kept`, an entry made by `password_hash`, is of this password. False for any other format."""
    if not _HASH.fullmatch(kept):
        return False
    _, _, iterations, salt, digest = kept.split("$")
    tried = hashlib.pbkdf2_hmac("sha512", password.encode(), base64.b64decode(salt), int(iterations))
    return hmac.compare_digest(tried, base64.b64decode(digest))


def password_file(accounts: Iterable[tuple[str, str]]) -> str:
    """mosquitto's password file of (user name, password hash).

    Raises `ValueError` for a name that is not safe in it, one that comes twice, and a hash in another
    format: one bad line would keep mosquitto from starting. That no device has a reserved name is for
    `is_device_name` at enrolment.
    """
    lines: dict[str, str] = {}
    for name, kept in accounts:
        if not _SAFE.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of an account at the broker.")
        if name in lines:
            raise ValueError(f"The account {name} comes twice.")
        if not _HASH.fullmatch(kept):
            raise ValueError(f"The password of {name} is not in mosquitto's format.")
        lines[name] = f"{name}:{kept}\n"
    return "".join(lines.values())


def parse_password_file(text: str) -> dict[str, str]:
    """User name to password hash, of what `password_file` wrote."""
    return dict(line.split(":", 1) for line in text.splitlines())


def acl_file() -> str:
    """mosquitto's access file. It names no device: `%u` stands for whoever is connected, as one level."""
    # mosquitto applies the patterns to ingest, too. That gives it the topics of a device called "ingest",
    # which `is_device_name` rules out.
    return (
        f"user {INGEST}\n"
        f"topic read {ROOT}/+/up/#\n"
        f"topic write {ROOT}/+/down/#\n"
        "topic read $SYS/#\n"
        "\n"
        f"user {GATEWAY}\n"
        f"topic write {ROOT}/+/up/#\n"
        f"topic read {ROOT}/+/down/#\n"
        "\n"
        f"pattern write {ROOT}/%u/up/#\n"
        f"pattern read {ROOT}/%u/down/#\n"
    )


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
