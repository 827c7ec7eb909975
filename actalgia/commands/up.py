"""`actalgia up`: everything on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def up(
    data_dir: Annotated[Path | None, typer.Option("--data-dir", help="Where everything is kept.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="With a simulated ward that streams.")] = False,
) -> None:
    """Start everything on this machine and watch over it. Ctrl-C stops it."""
    from actalgia.configured import cut_points_of, screen_settings_of, thresholds_of
    from actalgia.settings import DEFAULT_DATA_DIR, Settings
    from actalgia.system import NoSystem
    from patrol.channels import operators_from
    from supervise.up import Up, data_dir_of

    settings = Settings()
    # Else a part would say it, in a log, again and again.
    for configured in (cut_points_of, thresholds_of, screen_settings_of):
        configured(settings)
    try:
        operators_from(settings.operator_channels, Path("operator.jsonl"))
    except ValueError as error:
        raise NoSystem(f"ACTALGIA_OPERATOR_CHANNELS: {error}") from error
    chosen = data_dir or settings.data_dir or DEFAULT_DATA_DIR
    Up(
        data_dir_of(chosen), demo, settings.broker, settings.channels, typer.echo, settings.watchdog_every > 0
    ).run()
