"""Who gets what at a real mosquitto: the embedded one, and the shipped configuration with TLS.

That nothing came is shown by something allowed that came after it: the broker serves in order.
"""

from __future__ import annotations

import pytest

from tests.broker.clients import VERSIONS, Client
from tests.broker.running import Running, soon

pytestmark = pytest.mark.parametrize("version", VERSIONS, ids=["mqtt5", "mqtt311"])

UP, DOWN = "actalgia/v1/{}/up/{}", "actalgia/v1/{}/down/{}"
RECEIPT = "receipt/raw/1"
MARK = DOWN.format("watch-1", "receipt/mark/1")


def test_what_a_device_sends_reaches_ingest(mosquitto: Running, version: int) -> None:
    with Client(mosquitto, "ingest", version=version) as ingest:
        ingest.subscribe("actalgia/v1/+/up/#")
        with Client(mosquitto, "watch-1", version=version) as watch:
            watch.publish(UP.format("watch-1", "raw"), b"block")
        assert ingest.got_topic(UP.format("watch-1", "raw"))


@pytest.mark.parametrize(
    "topic",
    [
        pytest.param(UP.format("watch-11", "raw"), id="a device whose name goes on"),
        pytest.param(UP.format("watch-", "raw"), id="a device whose name ends earlier"),
        pytest.param(UP.format("phone-2", "diary"), id="another device's diary"),
        pytest.param(UP.format("ingest", "raw"), id="a device named like ingest"),
        pytest.param("actalgia/v1//up/raw", id="no device"),
        pytest.param("actalgia/v2/watch-1/up/raw", id="another protocol"),
    ],
)
def test_a_device_cannot_send_as_another(mosquitto: Running, version: int, topic: str) -> None:
    allowed = UP.format("watch-1", "status")
    with Client(mosquitto, "ingest", version=version) as ingest:
        ingest.subscribe("actalgia/v1/+/up/#", "actalgia/v2/#")
        with Client(mosquitto, "watch-1", version=version) as watch:
            watch.publish(topic, b"forged")
        with Client(mosquitto, "watch-1", version=version) as watch:
            watch.publish(allowed)
        assert ingest.got_topic(allowed)
        assert ingest.topics() == {allowed}


@pytest.mark.parametrize("receiver", ["watch-1", "watch-11"])
def test_a_device_cannot_forge_a_receipt(mosquitto: Running, version: int, receiver: str) -> None:
    mark = DOWN.format(receiver, "receipt/mark/1")
    with Client(mosquitto, receiver, version=version, client_id="own") as victim:
        victim.subscribe(DOWN.format(receiver, "#"))
        forger = "phone-2" if receiver == "watch-1" else "watch-1"
        with Client(mosquitto, forger, version=version) as watch:
            watch.publish(DOWN.format(receiver, RECEIPT), b"forged")
        with Client(mosquitto, "ingest", version=version) as ingest:
            ingest.publish(mark)
        assert victim.got_topic(mark)
        assert victim.topics() == {mark}


def test_a_device_cannot_write_its_own_receipt(mosquitto: Running, version: int) -> None:
    with Client(mosquitto, "watch-1", version=version) as watch:
        watch.subscribe(DOWN.format("watch-1", "#"))
        watch.publish(DOWN.format("watch-1", RECEIPT), b"forged")
        with Client(mosquitto, "ingest", version=version) as ingest:
            ingest.publish(MARK)
        assert watch.got_topic(MARK)
        assert watch.topics() == {MARK}


@pytest.mark.parametrize(
    "wish",
    [
        "#",
        "+/#",
        "actalgia/#",
        "actalgia/v1/+/up/raw",
        "actalgia/v1/+/up/#",
        "actalgia/v1/+/down/#",
        "actalgia/v1/watch-1/up/#",
        "actalgia/v1/watch-11/down/#",
        "actalgia/v1/phone-2/up/diary",
        "$SYS/#",
        "$SYS/broker/clients/connected",
        "$share/all/actalgia/v1/+/up/#",
    ],
)
def test_a_device_hears_only_its_own_receipts(mosquitto: Running, version: int, wish: str) -> None:
    with (
        Client(mosquitto, "ingest", version=version) as ingest,
        Client(mosquitto, "watch-1", version=version) as watch,
        Client(mosquitto, "phone-2", version=version) as phone,
        Client(mosquitto, "watch-11", version=version) as neighbour,
    ):
        watch.subscribe(wish, DOWN.format("watch-1", "#"))
        phone.publish(UP.format("phone-2", "diary"), b"pain 8")
        neighbour.publish(UP.format("watch-11", "raw"))
        ingest.publish(DOWN.format("watch-11", RECEIPT))
        ingest.publish(DOWN.format("phone-2", RECEIPT))
        ingest.publish(MARK)
        assert watch.got_topic(MARK)
        assert watch.topics() == {MARK}


def test_a_retained_receipt_is_there_when_its_device_comes(mosquitto: Running, version: int) -> None:
    topic = DOWN.format("watch-1", f"receipt/raw/{version}")
    with Client(mosquitto, "ingest", version=version) as ingest:
        ingest.publish(topic, b"settled", retain=True)
    with Client(mosquitto, "watch-11", version=version) as neighbour:
        neighbour.subscribe("actalgia/v1/+/down/#", topic, DOWN.format("watch-11", "#"))
    with Client(mosquitto, "watch-1", version=version) as watch:
        watch.subscribe(DOWN.format("watch-1", "receipt/#"))
        assert watch.got_topic(topic)
        assert topic in watch.retained
        with Client(mosquitto, "ingest", version=version) as ingest:
            ingest.publish(topic, b"", retain=True)
    assert neighbour.got == []


def test_ingest_reads_the_counters_and_forges_no_device(mosquitto: Running, version: int) -> None:
    with Client(mosquitto, "ingest", version=version) as ingest:
        ingest.subscribe("$SYS/broker/version", "actalgia/v1/+/up/#")
        assert ingest.got_topic("$SYS/broker/version")
        ingest.got.clear()
        ingest.publish(UP.format("watch-1", "raw"), b"forged")
        with Client(mosquitto, "watch-1", version=version) as watch:
            watch.publish(UP.format("watch-1", "status"))
        assert ingest.got_topic(UP.format("watch-1", "status"))
        assert ingest.topics() == {UP.format("watch-1", "status")}


@pytest.mark.parametrize(
    "name, password",
    [
        pytest.param(None, None, id="anonymous"),
        pytest.param("watch-1", "wrong", id="wrong password"),
        pytest.param("watch-1", "", id="empty password"),
        pytest.param("ingest", "ingest", id="a guess"),
        pytest.param("watch-3", "secret", id="unknown device"),
        pytest.param("gateway", "gateway", id="the gateway where it has no account"),
        pytest.param("watch-1:", "secret", id="a name that is none"),
    ],
)
def test_a_stranger_stays_outside(
    mosquitto: Running, version: int, name: str | None, password: str | None
) -> None:
    with Client(mosquitto, name, password, version=version) as stranger:
        assert stranger.inside is False


def test_a_stolen_client_id_hears_nothing(mosquitto: Running, version: int) -> None:
    """Client ids are free, so one that is guessed cuts its owner off; but what is heard goes by the user."""
    up, down = UP.format("watch-11", "raw"), DOWN.format("watch-11", RECEIPT)
    for owner, sender, heard in (("ingest", "watch-11", up), ("watch-11", "ingest", down)):
        with Client(mosquitto, owner, version=version, client_id="x", keep_session=True) as client:
            client.subscribe(heard)
        with (
            Client(mosquitto, owner, version=version, client_id="y") as witness,
            Client(mosquitto, "watch-1", version=version, client_id="x", keep_session=True) as thief,
            Client(mosquitto, sender, version=version) as other,
        ):
            assert thief.inside
            witness.subscribe(heard)
            other.publish(heard)
            assert witness.got_topic(heard)
            assert thief.got == []


def test_a_device_may_have_two_connections_at_once(mosquitto: Running, version: int) -> None:
    with (
        Client(mosquitto, "ingest", version=version) as ingest,
        Client(mosquitto, "watch-1", version=version, client_id="hears") as hears,
        Client(mosquitto, "watch-1", version=version, client_id="tells") as tells,
    ):
        ingest.subscribe("actalgia/v1/+/up/#")
        hears.subscribe(DOWN.format("watch-1", RECEIPT))
        tells.publish(UP.format("watch-1", "raw"))
        ingest.publish(DOWN.format("watch-1", RECEIPT))
        assert ingest.got_topic(UP.format("watch-1", "raw"))
        assert hears.got_topic(DOWN.format("watch-1", RECEIPT))
        assert hears.ended is None and tells.ended is None


def test_a_message_over_the_limit_cuts_the_device(mosquitto: Running, version: int) -> None:
    from ingest.messages import MAX_MESSAGE_BYTES

    topic = UP.format("watch-1", "raw")
    patience_s = 60.0  # four megabytes each way through TLS, on a machine that may be busy
    with Client(mosquitto, "ingest", version=version) as ingest:
        ingest.subscribe("actalgia/v1/+/up/#")
        with Client(mosquitto, "watch-1", version=version) as watch:
            watch.publish(topic, b"x" * (MAX_MESSAGE_BYTES + 8192), within_s=patience_s)
            assert soon(lambda: watch.ended is not None, patience_s)
        with Client(mosquitto, "watch-1", version=version) as watch:
            assert watch.inside
            assert watch.publish(topic, b"y" * MAX_MESSAGE_BYTES, within_s=patience_s)
            assert watch.ended is None
        assert soon(lambda: ingest.got, patience_s)
        assert [payload[:1] for _, payload in ingest.got] == [b"y"]


def test_the_accounts_are_their_owners_alone(mosquitto: Running, version: int) -> None:
    for name in ("passwd", "acl"):
        assert (mosquitto.accounts_directory / name).stat().st_mode & 0o777 == 0o600
    for password in mosquitto.accounts.values():
        assert password not in (mosquitto.accounts_directory / "passwd").read_text()
        assert password not in mosquitto.log.read_text()
