"""What an operator may configure beside addresses: cut points of severity, thresholds of the rule, settings
of the screen, where heads of the audit go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actalgia.system import NoSystem

if TYPE_CHECKING:
    from pathlib import Path

    from actalgia.settings import Settings
    from alerting.sealing import Outside
    from analytics.escalation.settings import Settings as ScreenSettings
    from analytics.escalation.thresholds import Thresholds
    from severity.cut_points import CutPoints


def cut_points_of(settings: Settings) -> CutPoints:
    """The cut points of `ACTALGIA_SEVERITY`. Raises `NoSystem` in one sentence."""
    from severity.cut_points import BadCutPoints, chosen

    try:
        return chosen(settings.severity)
    except BadCutPoints as error:
        raise NoSystem(f"ACTALGIA_SEVERITY: {error}.") from error


def thresholds_of(settings: Settings) -> Thresholds:
    """The thresholds in the file of `ACTALGIA_ESCALATION`, else the shipped ones. Raises `NoSystem`."""
    from analytics.escalation.named_set import BadSet
    from analytics.escalation.thresholds import SHIPPED, read_thresholds

    try:
        return SHIPPED if settings.escalation is None else read_thresholds(settings.escalation)
    except BadSet as error:
        raise NoSystem(f"ACTALGIA_ESCALATION: {error}.") from error


def screen_settings_of(settings: Settings) -> ScreenSettings:
    """The settings in the file of `ACTALGIA_SCREEN`, else the shipped ones. Raises `NoSystem`."""
    from analytics.escalation.named_set import BadSet
    from analytics.escalation.settings import SHIPPED
    from analytics.escalation.settings_file import read_settings

    try:
        return SHIPPED if settings.screen is None else read_settings(settings.screen)
    except BadSet as error:
        raise NoSystem(f"ACTALGIA_SCREEN: {error}.") from error


def audit_head_file(settings: Settings, data_dir: Path | None) -> Path | None:
    """The file that heads of the audit go to; None in production unless one is named."""
    return settings.audit_head_file or (None if data_dir is None else data_dir / "audit-heads.jsonl")


def audit_outside_of(settings: Settings) -> Outside:
    """Where heads of the audit are published. Raises `NoSystem` in one sentence."""
    from datetime import timedelta

    from alerting.sealing import Outside

    try:
        file = audit_head_file(settings, settings.data_dir)
        return Outside(file, settings.audit_head_url or None, timedelta(minutes=settings.audit_head_every))
    except ValueError as error:
        raise NoSystem(f"ACTALGIA_AUDIT_HEAD_URL: {error}.") from error
