"""What the environment says, read once at the border: `ACTALGIA_...`, `.env`, or files of /run/secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_DATA_DIR = Path("actalgia-data")
Hours = Annotated[float, Field(gt=0, le=8760)]
Below1 = Annotated[float, Field(gt=0, lt=1)]
Reason = Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
_SECRETS = Path("/run/secrets")


class Settings(BaseSettings):
    """Settings of a part or command. Either a data directory (embedded) or addresses (production)."""

    model_config = SettingsConfigDict(
        env_prefix="ACTALGIA_",
        env_file=".env",
        secrets_dir=str(_SECRETS) if _SECRETS.is_dir() else None,
        extra="ignore",
    )

    data_dir: Path | None = None
    database_url: str | None = None
    mqtt_url: str | None = None
    mqtt_ca_file: str | None = None
    broker_dir: Path | None = None  #: production: where the broker's account files are
    broker: str | None = None  #: `mosquitto` or `pip`, to force one in embedded mode
    broker_demonstration_only: bool = False  #: the broker cannot keep devices apart
    http_host: str = "127.0.0.1"
    http_port: int = 8460
    base_url: str | None = None
    notice: str | None = None  #: one sentence on every page: whom to call in an emergency
    channels: str = "log"
    watchdog_mqtt_url: str | None = None  #: the broker, with the account of the watchdog's own device
    watchdog_every: Annotated[float, Field(ge=0, le=86_400)] = 300.0  #: seconds; 0: no watchdog
    operator_channels: str = "log"  #: whom the watchdog tells
    heartbeat_url: str | None = None  #: asked after each round that got through, and only then
    gap_case_after: Hours = 6.0  #: until missing messages are a technical case
    silence_case_after: Hours = 24.0  #: until the silence of a worn device is one
    audit_head_file: Path | None = None  #: where heads of the audit go; else into the data directory
    audit_head_url: str | None = None  #: takes a POST of each
    audit_head_every: Annotated[float, Field(gt=0, le=1440)] = 10.0  #: minutes between two
    severity: str = "esas"  #: what pain is called severe: a shipped set of cut points, or a TOML file
    escalation: Path | None = None  #: a TOML file with other thresholds of the rule
    screen: Path | None = None  #: a TOML file with other settings of the screen
    useful_share: Below1 = 0.5  #: a rule whose pages are useful less often is for review
    change_reason: Reason | None = None  #: why settings were changed; told with the change in the audit
    log_level: str = "info"
