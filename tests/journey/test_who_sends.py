"""Who may send, and whose the data are: a leaked password, data that nobody wore yet, and the trail of both."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from ingest.messages import Diary, Epoch, Status
from simulate.connection import Address, CannotPublish
from simulate.device import Device
from tests.cast import micro
from tests.installation import Installation, eventually

NOW = datetime.now(UTC)


def enrol(installation: Installation, name: str) -> Address:
    given = json.loads(installation.run("enrol", "device", name, "--json"))
    return Address("127.0.0.1", installation.up["mqtt"]["port"], name, given["password"])


def status(seq: int) -> Status:
    return Status(boot=1, seq=seq, at=micro(datetime.now(UTC)))


def diary(seq: int, at: datetime, worst: int) -> Diary:
    return Diary(boot=1, seq=seq, id=str(uuid.uuid4()), at=at.isoformat(), worst=worst)


def test_a_new_password_cuts_the_connection_with_the_old_one(installation: Installation):
    old = enrol(installation, "leaked")
    device = Device(old)
    device.connect()
    device.publish(status(0))
    assert device.wait(timeout_s=30).receipted == 1

    given = json.loads(installation.run("enrol", "password", "leaked", "--json"))
    assert given["password"] != old.password
    failure = eventually(lambda: device.failure, 30)
    assert "does not know this name and password" in str(failure)
    with pytest.raises(CannotPublish):
        Device(old).connect()
    again = Device(Address("127.0.0.1", old.port, "leaked", given["password"]))
    again.connect()
    again.publish(status(1))
    assert again.wait(timeout_s=30).receipted == 1
    again.close()

    assert "no device" in installation.run("enrol", "password", "nobody", code=2)
    installation.run("enrol", "revoke", "leaked")
    assert "revoked" in installation.run("enrol", "password", "leaked", code=2)


def test_what_nobody_wore_is_counted_and_belongs_to_whoever_is_said_to_have_worn_it(
    installation: Installation,
):
    device = Device(enrol(installation, "spare"))
    installation.run("enrol", "patient", "P-spare", "--tz", "Europe/Rome")
    # Two days of minutes, a severe report of three days ago, told in time, and one of now.
    start = (NOW - timedelta(days=3)).replace(minute=0, second=0, microsecond=0)
    device.connect()
    counts = [float(k % 60) for k in range(2880)]
    device.publish(Epoch(boot=1, seq=0, t0=micro(start), epoch_s=60.0, counts=counts))
    device.publish(diary(0, NOW - timedelta(days=3), 9))
    device.publish(diary(1, datetime.now(UTC), 8))
    assert device.wait(timeout_s=20).receipted == 3

    known = json.loads(installation.run("db", "status", "--json"))
    mine = [s for s in known["unworn_newest"] if s["device"] == "spare"]
    assert known["unworn"] >= 1
    assert datetime.fromisoformat(mine[0]["first"]) == min(start, NOW - timedelta(days=3))
    assert "actalgia wear spare PATIENT --from" in installation.run("db", "status")
    assert installation.rows("SELECT count(*) FROM reading.days WHERE patient = 'P-spare'") == [(0,)]

    installation.run("wear", "spare", "P-spare", "--from", (start - timedelta(days=1)).isoformat())
    cases = "SELECT reason FROM reading.cases WHERE patient = 'P-spare' AND kind = 'clinical'"
    ((reason,),) = eventually(lambda: installation.rows(cases), 30)
    assert "8" in reason
    assert "9" not in reason
    days = "SELECT count(DISTINCT day) FROM reading.days WHERE patient = 'P-spare' AND index = 'worn_min'"
    assert eventually(lambda: installation.rows(days)[0][0] >= 3, 30)
    assert len(installation.rows("SELECT id FROM reading.pain WHERE patient = 'P-spare'")) == 2
    known = json.loads(installation.run("db", "status", "--json"))
    assert not [s for s in known["unworn_newest"] if s["device"] == "spare"]
    device.close()


def test_whoever_wears_the_device_now_keeps_it_when_an_older_stretch_is_given_away(
    installation: Installation,
):
    device = Device(enrol(installation, "handed-on"))
    for code in ("P-before", "P-now"):
        installation.run("enrol", "patient", code, "--tz", "Europe/Rome")
    taken = NOW - timedelta(days=1)
    installation.run("wear", "handed-on", "P-now", "--from", taken.isoformat())
    device.connect()
    device.publish(diary(0, NOW - timedelta(days=3), 3))
    device.publish(diary(1, NOW - timedelta(hours=1), 2))
    assert device.wait(timeout_s=20).receipted == 2
    device.close()
    (line,) = [li for li in installation.run("db", "status").splitlines() if "wear handed-on" in li]
    said = line.split("#")[0].replace("PATIENT", "P-before").split()[1:]
    assert said[-2:] == ["--to", taken.isoformat()]
    assert "no longer" not in installation.run(*said)
    whose = "SELECT patient FROM reading.pain WHERE patient IN ('P-before', 'P-now') ORDER BY at"
    assert installation.rows(whose) == [("P-before",), ("P-now",)]

    # Without an end it takes what was another's, and says so.
    printed = installation.run("wear", "handed-on", "P-before", "--from", NOW.isoformat())
    assert f"handed-on is no longer P-now's from {NOW.isoformat()} on." in printed
    printed = installation.run(*said[:5], "--to", (taken + timedelta(hours=1)).isoformat())
    assert f"P-now's from {taken.isoformat()} to {(taken + timedelta(hours=1)).isoformat()}." in printed


def test_an_old_severe_report_that_finds_its_patient_pages_nobody(installation: Installation):
    device = Device(enrol(installation, "late"))
    installation.run("enrol", "patient", "P-late", "--tz", "Europe/Rome")
    device.connect()
    device.publish(diary(0, NOW - timedelta(days=3), 9))
    assert device.wait(timeout_s=20).receipted == 1
    installation.run("wear", "late", "P-late", "--from", (NOW - timedelta(days=5)).isoformat())
    decided = "SELECT count(*) FROM decision d JOIN patient p ON p.id = d.patient_id WHERE p.code = 'P-late'"
    assert eventually(lambda: installation.rows(decided)[0][0] >= 1, 30)
    assert installation.rows("SELECT 1 FROM reading.cases WHERE patient = 'P-late'") == []
    assert len(installation.rows("SELECT id FROM reading.pain WHERE patient = 'P-late'")) == 1
    device.close()


def test_every_change_of_who_may_send_wear_or_see_is_in_the_audit(installation: Installation):
    at = NOW.isoformat()
    commands = [
        ("enrol patient P-trail --tz Europe/Rome", "patient.enrol", "P-trail"),
        ("enrol device trail --json", "device.enrol", "trail"),
        ("enrol password trail --json", "device.password", "trail"),
        (f"wear trail P-trail --from {at}", "wear", f"trail P-trail from {at} to open"),
        (f"wear --end trail --at {at}", "wear", f"trail nobody from {at} to open"),
        ("enrol revoke trail", "device.revoke", "trail"),
        ("account create --name nina --role clinician --json", "account.create", "nina clinician main"),
        ("account disable nina", "account.disable", "nina"),
        ("token create --name book --role researcher --json", "token.create", "book researcher main"),
        ("token revoke book", "token.revoke", "book"),
    ]
    newest = "SELECT action, detail, actor LIKE 'cli:_%%' FROM audit_entry ORDER BY id DESC LIMIT %s"
    secrets = []
    for words, action, detail in commands:
        printed = installation.run(*words.split())
        assert installation.rows(newest, 1) == [(action, detail, True)], words
        if words.endswith("--json"):
            document = json.loads(printed)
            secrets.append(document.get("password") or document["token"])
    trail = " ".join(detail for _, detail, _ in installation.rows(newest, 100))
    assert len(secrets) == 4
    assert not [secret for secret in secrets if secret in trail]
    lines = "device,patient,tz,from\n" + "".join(f"b{k},P-b{k},Europe/Rome,{at}\n" for k in range(3))
    installation.run("enrol", "bulk", "-", text=lines)
    detail = "3 devices with their patients, of a file"
    assert installation.rows(newest, 1) == [("device.enrol", detail, True)]


def test_a_command_that_changes_nothing_leaves_no_trail(installation: Installation):
    before = installation.rows("SELECT count(*) FROM audit_entry")
    installation.run("enrol", "device", "not/a/name", code=2)
    installation.run("wear", "trail", "P-nobody", "--from", NOW.isoformat(), code=2)
    installation.run("account", "disable", "nobody", code=2)
    assert installation.rows("SELECT count(*) FROM audit_entry") == before
