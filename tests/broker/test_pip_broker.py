"""The broker from pip: what it keeps, and why it is for demonstration data only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import broker
from broker import packets
from tests.broker.clients import VERSIONS, Client
from tests.broker.conftest import cast
from tests.broker.running import Running, embedded, soon

UP = "actalgia/v1/{}/up/raw"
both = pytest.mark.parametrize("version", VERSIONS, ids=["mqtt5", "mqtt311"])


@pytest.fixture(scope="module")
def pip(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    chosen = broker.choose(tmp_path_factory.mktemp("cache"), prefer="pip")
    with embedded(chosen, tmp_path_factory.mktemp("pip"), cast()) as running:
        yield running


def test_it_says_that_it_is_for_demonstration_data_only(tmp_path: Path) -> None:
    chosen = broker.choose(tmp_path, prefer="pip")
    assert (chosen.name, chosen.demonstration_only) == (broker.PIP_BROKER, True)


@both
def test_a_device_reads_what_another_sends_which_is_why(pip: Running, version: int) -> None:
    with Client(pip, "watch-1", version=version) as curious, Client(pip, "phone-2", version=version) as phone:
        curious.subscribe("actalgia/v1/phone-2/up/diary")
        phone.publish("actalgia/v1/phone-2/up/diary", b"pain 8")
        assert curious.got_topic("actalgia/v1/phone-2/up/diary")


@both
@pytest.mark.parametrize(
    "name, password",
    [(None, None), ("watch-1", "wrong"), ("watch-1", ""), ("watch-3", "secret"), ("door", "secret")],
)
def test_a_stranger_stays_outside(pip: Running, version: int, name: str | None, password: str | None) -> None:
    with Client(pip, name, password, version=version) as stranger:
        assert stranger.inside is False


@both
def test_what_waits_for_an_absent_ingest_is_delivered(pip: Running, version: int) -> None:
    with Client(pip, "ingest", version=version, keep_session=True) as ingest:
        ingest.subscribe("actalgia/v1/+/up/#")
    with Client(pip, "watch-1", version=version) as watch:
        for number in range(64):
            watch.publish(UP.format("watch-1"), bytes([number]) * 18_000)
    with Client(pip, "ingest", version=version, keep_session=True) as ingest:
        assert soon(lambda: {payload[0] for _, payload in ingest.got} == set(range(64)))


@both
def test_a_client_id_takes_nobody_over(pip: Running, version: int) -> None:
    with Client(pip, "ingest", version=version) as ingest:
        ingest.subscribe("actalgia/v1/+/up/#")
        with Client(pip, "watch-1", version=version, client_id="ingest") as thief:
            thief.publish(UP.format("watch-1"))
        assert ingest.got_topic(UP.format("watch-1"))
        assert ingest.ended is None


def test_it_listens_on_loopback_only_and_keeps_passwords_to_itself(pip: Running) -> None:
    listening = _listening(pip.process.pid)
    assert len(listening) == 3  # the door, and one for each MQTT version behind it
    assert {address for address, _ in listening} == {"127.0.0.1"}
    told = (Path("/proc") / str(pip.process.pid) / "cmdline").read_text()
    for password in pip.accounts.values():
        assert password not in told
        assert password not in pip.log.read_text()


def test_behind_the_door_a_devices_password_opens_nothing(pip: Running) -> None:
    inner = [port for _, port in _listening(pip.process.pid) if port != pip.port]
    for port in inner:
        assert not broker.accepts("127.0.0.1", port, "watch-1", pip.accounts["watch-1"])
    assert broker.accepts("127.0.0.1", pip.port, "watch-1", pip.accounts["watch-1"])


def test_accounts_come_and_go_while_it_runs(tmp_path: Path) -> None:
    with embedded(broker.PipBroker(), tmp_path, cast()) as pip:
        new = broker.new_password()
        with Client(pip, "ingest") as ingest, Client(pip, "watch-1") as watch:
            rest = {name: word for name, word in pip.accounts.items() if name != "watch-1"}
            gone = pip.accounts["watch-1"]
            pip.change_accounts({**rest, "watch-new": new})
            assert soon(lambda: watch.ended is not None)
            assert soon(lambda: broker.accepts("127.0.0.1", pip.port, "watch-new", new))
            assert not broker.accepts("127.0.0.1", pip.port, "watch-1", gone)
            assert ingest.ended is None


def test_a_hello_keeps_what_the_client_said_about_its_will_and_session() -> None:
    hello = packets.connect("phone", "phone-2", "secret")
    read = packets.read_connect(hello[2:])
    assert (read.version, read.name, read.password) == (4, "phone-2", "secret")
    assert read.told_as("phone", "phone-2", "secret") == hello


@pytest.mark.parametrize("cut", range(2, 30, 3))
def test_a_torn_hello_is_refused(cut: int) -> None:
    whole = packets.connect("phone", "phone-2", "secret")[2:]
    with pytest.raises(packets.NotMqtt):
        packets.read_connect(whole[:cut])


def _listening(pid: int) -> set[tuple[str, int]]:
    """Address and port of every place where the process listens."""
    handles = (Path("/proc") / str(pid) / "fd").iterdir()
    sockets = {str(handle.readlink()) for handle in handles if handle.is_symlink()}
    found: set[tuple[str, int]] = set()
    for table in ("tcp", "tcp6"):
        for line in (Path("/proc/net") / table).read_text().splitlines()[1:]:
            field = line.split()
            if field[3] == "0A" and f"socket:[{field[9]}]" in sockets:
                raw, port = field[1].split(":")
                address = (
                    ".".join(str(byte) for byte in reversed(bytes.fromhex(raw))) if len(raw) == 8 else raw
                )
                found.add((address, int(port, 16)))
    return found
