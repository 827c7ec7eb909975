"""What an operator may configure beside addresses: cut points of severity, thresholds of the rule, settings
of the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actalgia.system import NoSystem

if TYPE_CHECKING:
    from actalgia.settings import Settings
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
