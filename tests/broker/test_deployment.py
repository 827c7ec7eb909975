"""What docker-compose.yml promises. There is no docker here: this reads it, and runs its scripts."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import broker
from broker.configuration import configuration
from broker.first_accounts import write_first_accounts
from tests.broker import compose_file
from tests.broker.running import ROOT, SHIPPED, hashed

PARTS = ("ingest", "analytics", "alerting", "api", "watchdog")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return compose_file.read((ROOT / "docker-compose.yml").read_text())


def test_every_part_runs_and_starts_again(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for part in PARTS:
        assert services[part]["command"] == ["actalgia", part]
        assert services[part]["restart"] == "unless-stopped"
        assert services[part]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert services["migrate"]["command"] == ["actalgia", "db", "upgrade"]
    for service in ("timescaledb", "broker", "api"):
        assert services[service]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")


def test_only_the_pages_and_encrypted_mqtt_are_published(compose: dict[str, Any]) -> None:
    published = {name: one["ports"] for name, one in compose["services"].items() if "ports" in one}
    assert published == {
        "broker": ["${ACTALGIA_MQTT_BIND:-0.0.0.0}:${ACTALGIA_MQTT_PORT:-8883}:8883"],
        "api": ["${ACTALGIA_HTTP_BIND:-127.0.0.1}:${ACTALGIA_HTTP_PORT:-8460}:8460"],
    }
    assert compose["networks"]["inside"] == {"internal": True}
    assert re.findall(r"^listener .*", (SHIPPED / "mosquitto.conf").read_text(), re.MULTILINE) == [
        "listener 8883"
    ]


def test_whatever_is_mentioned_is_declared(compose: dict[str, Any]) -> None:
    for name, one in compose["services"].items():
        assert "image" in one, name
        assert set(one.get("secrets", [])) <= set(compose["secrets"]), name
        assert set(one["networks"]) <= set(compose["networks"]), name
        assert set(one.get("depends_on", {})) <= set(compose["services"]), name
        for volume in one.get("volumes", []):
            source = volume.split(":")[0]
            made_by_script = source.startswith("./deploy/certificates/")
            assert source in compose["volumes"] or made_by_script or (ROOT / source).exists(), name


def test_images_of_others_are_pinned(compose: dict[str, Any]) -> None:
    for name in ("timescaledb", "broker"):
        assert re.fullmatch(r"[\w/-]+:\d+\.\d+\.\d+(-pg1[67])?", compose["services"][name]["image"])


def test_the_broker_and_those_who_write_its_accounts_are_one_user(compose: dict[str, Any]) -> None:
    (uid,) = re.findall(r"useradd --uid (\d+)", (ROOT / "Dockerfile").read_text())
    assert compose["services"]["broker"]["user"] == f"{uid}:{uid}"
    assert re.search(r"^USER actalgia$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_no_secret_stands_in_what_is_committed(compose: dict[str, Any]) -> None:
    for name, secret in compose["secrets"].items():
        assert secret["file"].startswith("./deploy/"), name
    for one in compose["services"].values():
        for key, value in one.get("environment", {}).items():
            assert "PASSWORD" not in key or key.endswith("_FILE")
            assert "://" not in value or "@" not in value
    ignored = (ROOT / "deploy" / ".gitignore").read_text().split()
    assert {"/certificates/", "/secrets/"} <= set(ignored)


def test_the_example_names_every_variable(compose: dict[str, Any]) -> None:
    used = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    named = set(re.findall(r"^#? ?(ACTALGIA_\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert used <= named


def test_the_image_holds_every_package_and_every_part_that_the_wheel_lists() -> None:
    listed = re.search(r"^packages = \[(.*)\]$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert listed
    copied = set(re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    assert copied == {*re.findall(r'"(\w+)"', listed[1]), "alembic"}


def test_the_shipped_configuration_limits_what_the_embedded_one_limits(tmp_path: Path) -> None:
    same = (
        *("max_packet_size", "max_inflight_messages", "max_queued_messages"),
        *("allow_anonymous", "persistence", "persistent_client_expiration", "autosave_on_changes"),
    )

    def settings(text: str) -> dict[str, str]:
        pairs = (line.split(" ", 1) for line in text.splitlines() if line and line[0] != "#")
        return {key: value for key, value in pairs if key in same}

    embedded = settings(configuration(tmp_path, 1884, queue_bytes=10**9))
    assert settings((SHIPPED / "mosquitto.conf").read_text()) == embedded
    assert set(embedded) == set(same)


def test_secrets_are_random_and_stay(tmp_path: Path) -> None:
    def make(folder: Path) -> dict[str, str]:
        subprocess.run([str(ROOT / "deploy" / "secrets.sh"), str(folder)], check=True, capture_output=True)
        return {file.name: file.read_text() for file in folder.iterdir()}

    first = make(tmp_path / "a")
    assert make(tmp_path / "a") == first
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700
    assert first["postgres_password"] in first["actalgia_database_url"]
    assert not set(first.values()) & set(make(tmp_path / "b").values())


def test_the_first_account_is_ingests_and_later_ones_stay(tmp_path: Path) -> None:
    address = tmp_path / "address"
    address.write_text("mqtts://ingest:p%40ss@broker:8883\n")
    command = [sys.executable, "-m", "broker.first_accounts", str(tmp_path / "accounts"), str(address)]
    subprocess.run(command, check=True, capture_output=True)
    passwd = tmp_path / "accounts" / "passwd"
    assert broker.access.password_matches("p@ss", passwd.read_text().strip().split(":", 1)[1])
    broker.write_accounts(tmp_path / "accounts", hashed({"ingest": "p@ss", "watch-1": "secret"}))
    kept = passwd.read_text()
    subprocess.run(command, check=True, capture_output=True)
    assert passwd.read_text() == kept


@pytest.mark.parametrize(
    "address", ["mqtts://broker:8883", "mqtts://watch:x@broker", "mqtts://ingest@broker", ""]
)
def test_an_address_that_is_not_ingests_makes_no_account(tmp_path: Path, address: str) -> None:
    with pytest.raises(ValueError, match="ingest:password"):
        write_first_accounts(tmp_path / "accounts", address)
    assert not (tmp_path / "accounts").exists()


def test_the_broker_waits_for_its_accounts(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [str(SHIPPED / "run.sh"), str(tmp_path / "none.conf"), str(tmp_path)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    with process.stderr as said:
        assert "waiting for the account files" in said.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == -signal.SIGTERM
