"""Settings as the audit tells them, and how two starts of a part differ. Pure.

A value that is nobody's to read, such as an address with a password in it, is told as its kind and a salted
digest: enough to see that it changed, and that it was changed back, not to read it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

SALT_BYTES = 8
_DIGEST_BYTES = 4  #: a change passes unseen once in four thousand million; a good guess can still be tried
_TOLD = re.compile(r".* \[(?P<salt>[0-9a-f]{16})\.[0-9a-f]{8}\]")


@dataclass(frozen=True, slots=True)
class Hidden:
    """A setting that is told by its kind alone. Whoever makes one sees to it that the kind tells nothing."""

    kind: str
    value: str


Setting = str | Hidden
Changes = Mapping[str, tuple[str | None, str | None]]  #: by name: as told before and now; None: not there


def told(setting: Setting, salt: bytes) -> str:
    """What may be written down of a setting; of a hidden one `kind [salt.digest]`.

    The digest is scrypt (RFC 7914) with N = 2^14, r = 8, p = 1: each guess costs as much as this call, some
    tens of milliseconds.
    """
    if isinstance(setting, str):
        return setting
    digest = hashlib.scrypt(setting.value.encode(), salt=salt, n=2**14, r=8, p=1, dklen=_DIGEST_BYTES)
    return f"{setting.kind} [{salt.hex()}.{digest.hex()}]"


def changes(before: Mapping[str, str], now: Mapping[str, Setting], salt: bytes) -> Changes:
    """What differs from what was told before, by name in their order."""
    found: dict[str, tuple[str | None, str | None]] = {
        name: (before[name], None) for name in before.keys() - now.keys()
    }
    for name, setting in now.items():
        if not _is(before.get(name), setting):
            found[name] = (before.get(name), told(setting, salt))
    return dict(sorted(found.items()))


def after(before: Mapping[str, str], changed: Changes) -> dict[str, str]:
    """What holds once that has changed."""
    held: dict[str, str | None] = {**before, **_new(changed)}
    return {name: value for name, value in held.items() if value is not None}


def document_of(changed: Changes) -> str:
    """As it stands in the detail of an audit entry: `{"name": [before, now]}`."""
    return json.dumps(changed, ensure_ascii=False)


def changes_in(document: str) -> Changes:
    """The changes that such a detail tells."""
    return {name: (before, now) for name, (before, now) in json.loads(document).items()}


def _new(changed: Changes) -> dict[str, str | None]:
    return {name: now for name, (_, now) in changed.items()}


def _is(stored: str | None, setting: Setting) -> bool:
    if stored is None or isinstance(setting, str):
        return stored == setting
    found = _TOLD.fullmatch(stored)
    return found is not None and stored == told(setting, bytes.fromhex(found["salt"]))
