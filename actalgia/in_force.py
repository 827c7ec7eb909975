"""The settings with which a part works and that decide about pages, as the audit is told of them.

Left out: passwords and addresses of the database and the broker (the watchdog's password is another at each
start), and what decides nothing, such as the log level.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ladder.channel_address import kind_of, wrong_with
from store.audit.settings_told import Hidden, Setting

if TYPE_CHECKING:
    from actalgia.settings import Settings
    from alerting.sealing import Outside
    from severity.cut_points import CutPoints

NONE = "none"


def of_alerting(settings: Settings, outside: Outside, base_url: str) -> dict[str, Setting]:
    """Whom it tells, when a fault of a device is a case, where heads of the audit go."""
    return {
        "channels": _channels(settings.channels),
        "gap_case_after": _plain(settings.gap_case_after),
        "silence_case_after": _plain(settings.silence_case_after),
        "audit_head_file": Hidden("file", str(outside.file)) if outside.file else NONE,
        "audit_head_url": _url(outside.url),
        "audit_head_every": _plain(settings.audit_head_every),
        "base_url": _url(base_url),
    }


def of_variables(names: Iterable[str], environment: Mapping[str, str]) -> dict[str, Setting]:
    """The addresses that ward plans leave to the environment (`env:NAME`), by `env:NAME`."""
    found = {f"env:{name}": environment.get(name) for name in names}
    return {name: _channels(address) if address else "not set" for name, address in found.items()}


def of_analytics(thresholds: Any, screen: Any) -> dict[str, Setting]:
    """Each number of both sets, whether shipped or from a file: `escalation.severe`, `screen.page_score`."""
    return _set("escalation", thresholds) | _set("screen", screen)


def of_api(settings: Settings, cut_points: CutPoints, base_url: str) -> dict[str, Setting]:
    """What pain is called, which rules are for review, what every page says."""
    return {
        **{f"severity.{name}": _plain(getattr(cut_points, name)) for name in _CUT_POINTS},
        "useful_share": _plain(settings.useful_share),
        "notice": Hidden("text", settings.notice) if settings.notice else NONE,
        "broker_demonstration_only": _plain(settings.broker_demonstration_only),
        "base_url": _url(base_url),
    }


def of_watchdog(settings: Settings, base_url: str) -> dict[str, Setting]:
    """Whom it tells, and how often it walks."""
    return {
        "operator_channels": _channels(settings.operator_channels),
        "watchdog_every": _plain(settings.watchdog_every),
        "heartbeat_url": _url(settings.heartbeat_url),
        "base_url": _url(base_url),
    }


_CUT_POINTS = ("name", "version", "moderate", "severe")
_SCHEME = re.compile(r"(https?)://.*", re.IGNORECASE | re.DOTALL)


def _set(name: str, numbers: Any) -> dict[str, Setting]:
    return {f"{name}.{one.name}": _plain(getattr(numbers, one.name)) for one in fields(numbers)}


def _plain(value: object) -> str:
    """7 and 7.0 are the same number."""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _channels(configured: str) -> Setting:
    """Kinds in their order; `log` has no address that could be hidden."""
    addresses = [one.strip() for one in configured.split(",") if one.strip()]
    if set(addresses) == {"log"}:
        return "log"
    # Of what is no address even the beginning may be a secret.
    kinds = [kind_of(one) if wrong_with(one) is None else "unreadable" for one in addresses]
    return Hidden(", ".join(kinds), configured.strip())


def _url(address: str | None) -> Setting:
    if not address:
        return NONE
    scheme = _SCHEME.fullmatch(address)
    return Hidden(scheme[1].lower() if scheme else "unreadable", address)
