"""`--rules FILE`: other settings of the screen than the shipped ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from analytics.escalation.settings import Settings

RulesOption = Annotated[
    Path | None,
    typer.Option(
        "--rules", metavar="FILE", help="TOML with other settings of the screen, as ACTALGIA_SCREEN."
    ),
]


def rules_of(file: Path | None) -> Settings:
    """The settings in the file, else the shipped ones. Raises a usage error in one sentence."""
    from analytics.escalation.named_set import BadSet
    from analytics.escalation.settings import SHIPPED
    from analytics.escalation.settings_file import read_settings

    try:
        return SHIPPED if file is None else read_settings(file)
    except BadSet as error:
        raise typer.BadParameter(f"--rules {file}: {error}") from error
