"""A device that is lost is shut out at once; what it sent stays, and its neighbour notices nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from ingest.messages import Status
from simulate.connection import Address, CannotPublish
from simulate.device import Device
from tests.cast import micro
from tests.installation import Installation, eventually


@pytest.fixture
def devices(installation: Installation):
    port = installation.up["mqtt"]["port"]
    addresses = []
    for name in ("lost", "found"):
        given = json.loads(installation.run("enrol", "device", name, "--json"))
        addresses.append(Address("127.0.0.1", port, name, given["password"]))
    return addresses


def status(seq):
    return Status(boot=1, seq=seq, at=micro(datetime.now(UTC)))


def test_revoking_a_device_cuts_it_and_nobody_else(installation: Installation, devices):
    lost, found = (Device(address) for address in devices)
    lost.connect()
    found.connect()
    for device in (lost, found):
        device.publish(status(0))
        assert device.wait(timeout_s=30).receipted == 1

    said = json.loads(installation.run("enrol", "revoke", "lost", "--json"))
    assert said["device"] == "lost"
    # The live connection is cut, and the password opens no other.
    failure = eventually(lambda: lost.failure, 30)
    assert "does not know this name and password" in str(failure)
    with pytest.raises(CannotPublish):
        Device(devices[0]).connect()
    found.publish(status(1))
    assert found.wait(timeout_s=30).receipted == 2 and found.failure is None

    rows = installation.rows("SELECT device, count(*) FROM reading.messages GROUP BY 1 ORDER BY 1")
    assert rows == [("found", 2), ("lost", 1)]
    again = json.loads(installation.run("enrol", "revoke", "lost", "--json"))
    assert again == said
    actions = "SELECT action, detail FROM audit_entry WHERE action = 'device.revoke'"
    assert installation.rows(actions) == [("device.revoke", "lost")] * 2
    assert "no device" in installation.run("enrol", "revoke", "nobody", code=2)
    found.close()
