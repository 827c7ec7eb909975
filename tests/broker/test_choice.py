"""Which broker a machine gets, and mosquitto without root."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import broker
from broker import choice, mosquitto, unpack
from tests.broker.clients import Client
from tests.broker.conftest import cast
from tests.broker.running import embedded

MISSING = """\
	linux-vdso.so.1 (0x00007ffd)
	libwrap.so.0 => not found
	libssl.so.3 => /lib/x86_64-linux-gnu/libssl.so.3 (0x00007f)
	libdlt.so.2 => not found
"""
DEPENDS = (
    "libc6 (>= 2.34), libcjson1 (>= 1.7), libwrap0 (>= 7.6-4~) | libwrap1, adduser, libssl3:amd64 (>= 3)"
)


def program(folder: Path, says: str) -> Path:
    """A program named mosquitto that says this."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mosquitto"
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit 3\n")
    path.chmod(0o755)
    return path


def test_an_installed_mosquitto_is_taken(tmp_path: Path) -> None:
    chosen = broker.choose(tmp_path, allow_unpack=False)
    assert (chosen.name, chosen.demonstration_only) == (broker.MOSQUITTO, False)


def test_it_is_found_where_path_does_not_look(tmp_path: Path) -> None:
    beside = program(tmp_path / "sbin", "mosquitto version 2.0.18")
    found = mosquitto.installed(path=str(tmp_path / "bin"), beside=[str(beside.parent)])
    assert found is not None and found.executable == beside


@pytest.mark.parametrize("says", ["mosquitto version 1.6.9", "something else", ""])
def test_an_old_or_broken_one_is_not_taken(tmp_path: Path, says: str) -> None:
    place = program(tmp_path / "bin", says).parent
    assert mosquitto.installed(path=str(place), beside=[]) is None


def test_without_any_mosquitto_the_pip_broker_steps_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice.mosquitto, "installed", lambda: None)
    assert broker.choose(tmp_path, allow_unpack=False).name == broker.PIP_BROKER
    with pytest.raises(broker.NoBroker, match="install it"):
        broker.choose(tmp_path, allow_unpack=False, prefer="mosquitto")


def test_a_broker_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(broker.NoBroker, match="say mosquitto or pip"):
        broker.choose(tmp_path, prefer="emqx")


def test_what_is_missing_is_read_from_ldd_and_found_in_depends() -> None:
    assert unpack.missing_libraries(MISSING) == ["libwrap.so.0", "libdlt.so.2"]
    assert unpack.library_packages(DEPENDS) == ["libcjson1", "libwrap0", "libssl3"]


def test_mosquitto_is_unpacked_without_root_and_keeps_devices_apart(tmp_path: Path) -> None:
    if shutil.which("apt-get") is None:
        pytest.skip("no apt-get: another distribution")
    (tmp_path / "probe").mkdir()
    try:
        done = subprocess.run(
            ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", "mosquitto"],
            cwd=tmp_path / "probe",
            capture_output=True,
            timeout=30,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("apt-get does not get through to its mirror")
    if done.returncode:
        pytest.skip("apt-get cannot download mosquitto here")
    cache = tmp_path / "cache"
    made = unpack.unpack(cache)
    assert made is not None
    assert made.executable.is_relative_to(cache)
    assert unpack.unpacked(cache) == made  # the second start does not download
    assert [path.name for path in cache.iterdir()] == ["mosquitto"]
    with embedded(made, tmp_path / "data", cast()) as running, Client(running, "watch-1") as watch:
        watch.subscribe("actalgia/v1/watch-1/down/#")
        with Client(running, "ingest") as ingest:
            ingest.publish("actalgia/v1/watch-11/down/receipt/raw/1")
            ingest.publish("actalgia/v1/watch-1/down/receipt/raw/1")
        assert watch.got_topic("actalgia/v1/watch-1/down/receipt/raw/1")
        assert len(watch.got) == 1
