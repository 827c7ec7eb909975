"""The shipped listener: encrypted, with a certificate by the shipped script that clients can verify."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker import packets
from tests.broker.clients import Client
from tests.broker.conftest import cast
from tests.broker.running import Running, make_certificates, shipped_mosquitto, soon


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with shipped_mosquitto(tmp_path_factory.mktemp("encryption"), cast()) as running:
        yield running


def handshake(to: Running, context: ssl.SSLContext, name: str = "127.0.0.1") -> str | None:
    """Shake hands; the version of TLS."""
    with (
        socket.create_connection(("127.0.0.1", to.port), 5) as plain,
        context.wrap_socket(plain, server_hostname=name) as encrypted,
    ):
        return encrypted.version()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "broker"])
def test_the_certificate_is_good_for_every_name_that_was_asked_for(shipped: Running, name: str) -> None:
    context = ssl.create_default_context(cafile=shipped.ca_file)
    assert handshake(shipped, context, name) == "TLSv1.3"


def test_another_name_is_not_believed(shipped: Running) -> None:
    context = ssl.create_default_context(cafile=shipped.ca_file)
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        handshake(shipped, context, "elsewhere.example")


def test_an_authority_that_is_not_ours_is_not_believed(shipped: Running, tmp_path: Path) -> None:
    other = make_certificates(tmp_path / "other")
    context = ssl.create_default_context(cafile=other / "ca.crt")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(shipped, context)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    "newest, taken",
    [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)],
)
def test_versions_before_1_2_are_refused(shipped: Running, newest: ssl.TLSVersion, taken: bool) -> None:
    context = ssl.create_default_context(cafile=shipped.ca_file)
    context.set_ciphers("ALL:@SECLEVEL=0")  # so that it is the broker that refuses
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, newest
    if taken:
        assert handshake(shipped, context)
        return
    with pytest.raises(ssl.SSLError, match=r"alert|version"):
        handshake(shipped, context)


def test_a_right_password_without_encryption_does_not_get_in(shipped: Running) -> None:
    with socket.create_connection(("127.0.0.1", shipped.port), 5) as plain:
        plain.sendall(packets.connect("watch-1", "watch-1", shipped.accounts["watch-1"]))
        try:
            answer = plain.recv(64)
        except ConnectionResetError:
            answer = b""
    assert not answer.startswith(b"\x20")  # 0x20 is MQTT's answer to a hello


def test_a_renewed_certificate_is_taken_over_without_a_restart(shipped: Running) -> None:
    assert shipped.ca_file is not None
    context = ssl.create_default_context(cafile=shipped.ca_file)

    def serial() -> object:
        with (
            socket.create_connection(("127.0.0.1", shipped.port), 5) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as encrypted,
        ):
            found = encrypted.getpeercert()
            assert found is not None
            return found["serialNumber"]

    before = serial()
    with Client(shipped, "watch-1") as watch:
        make_certificates(shipped.ca_file.parent)
        assert soon(lambda: serial() != before)
        assert watch.ended is None


def test_the_keys_are_in_a_folder_that_only_its_owner_opens(tmp_path: Path) -> None:
    folder = make_certificates(tmp_path / "certificates")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "ca.key").stat().st_mode & 0o777 == 0o600
    assert {file.name for file in folder.iterdir()} == {"ca.crt", "ca.key", "server.crt", "server.key"}


@pytest.mark.parametrize("name", ["a b", "x,DNS:evil.example", "", "*"])
def test_a_name_that_is_none_makes_no_certificate(tmp_path: Path, name: str) -> None:
    script = Path(__file__).resolve().parents[2] / "deploy" / "certificates.sh"
    done = subprocess.run([str(script), str(tmp_path / "c"), name], capture_output=True, check=False)
    assert done.returncode == 2
    assert not (tmp_path / "c" / "ca.key").exists()
