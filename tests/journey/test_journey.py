"""The main job, once through: recordings in over MQTT, an escalation out to a clinician."""

from __future__ import annotations

import http.server
import json
import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx2
import numpy as np
import pytest

from analytics.indices.recording import recording_indices
from analytics.recordings.read import read_recording
from ingest.messages import Diary
from simulate.connection import Address, CannotPublish
from simulate.device import Device
from store import blocks
from store.database import engine_for, transaction
from tests.conftest import SHARED
from tests.installation import Installation, eventually
from tests.ports import free_port

CONTROL_10 = SHARED / "data/actigraphy/epoch/depresjon/control_10.csv"
CALIBRATION = SHARED / "data/actigraphy/raw/agcounts_r/calibration_30hz.npz"
ROME = ZoneInfo("Europe/Rome")


class Sink:
    """Where the clinician's messages arrive."""

    def __init__(self) -> None:
        sink = self
        self.received: list[dict[str, object]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                sink.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def sink():
    one = Sink()
    yield one
    one.server.shutdown()
    one.server.server_close()


@pytest.fixture(scope="module")
def ward(tmp_path_factory, sink):
    """An installation with one patient, who wears a watch and writes on a phone."""
    house = Installation(
        tmp_path_factory.mktemp("journey") / "data", {"ACTALGIA_CHANNELS": f"log,{sink.url}"}
    )
    house.start()
    since = (datetime.now(UTC) - timedelta(days=60)).isoformat()
    house.run("enrol", "patient", "P-014", "--tz", "UTC")
    house.credentials = {
        name: json.loads(house.run("enrol", "device", name, "--json"))["password"]
        for name in ("watch", "raw", "phone")
    }
    for device in ("watch", "raw", "phone"):
        house.run("wear", device, "P-014", "--from", since)
    yield house
    house.stop()


@pytest.fixture(scope="module")
def counts_file(tmp_path_factory):
    """A fortnight of counts: control_10 of Depresjon, or a simulated one where that is not here."""
    if CONTROL_10.exists():
        return CONTROL_10
    rng = np.random.default_rng(5)
    path = tmp_path_factory.mktemp("recording") / "simulated.csv"
    start = datetime(2026, 3, 1, 9, tzinfo=UTC)
    lines = ["time,counts"]
    for minute in range(15 * 1440):
        at = start + timedelta(minutes=minute)
        awake = 0.02 + max(0.0, np.sin((at.hour + at.minute / 60 - 7) * np.pi / 15)) if at.hour >= 7 else 0.02
        lines.append(f"{at.isoformat()},{int(rng.gamma(0.8, 300 * awake))}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def raw_file(tmp_path_factory):
    """A night of raw samples: the 20.7 h calibration recording, or half an hour that is made here."""
    if CALIBRATION.exists():
        return CALIBRATION
    rng = np.random.default_rng(6)
    path = tmp_path_factory.mktemp("recording") / "simulated.npz"
    xyz = rng.integers(-1500, 1500, (30 * 60 * 30, 3)).astype(np.int16)
    np.savez(path, t0_us=1_772_355_600_000_000, hz=30.0, xyz=xyz, scale=0.001)
    return path


def stored_messages(ward, device):
    return ward.rows(
        "SELECT boot, seq, digest FROM reading.messages WHERE device = %s ORDER BY boot, seq", device
    )


def test_every_epoch_is_there_once_and_replaying_again_changes_nothing(ward, counts_file):
    ward.run("replay", str(counts_file), "--device", "watch", "--end", "now")
    recording = read_recording(counts_file)
    rows = ward.rows(
        "SELECT (extract(epoch FROM t) * 1000000)::bigint, counts FROM reading.epochs "
        "WHERE device = 'watch' AND patient = 'P-014' ORDER BY t"
    )
    t_us, counts = np.array([r[0] for r in rows]), np.array([float(r[1]) for r in rows])
    shift = t_us[0] - recording.t_us[0]
    assert shift % 86_400_000_000 == 0, "whole days"
    assert np.array_equal(t_us, recording.t_us + shift)
    assert np.array_equal(counts, recording.activity)
    before = stored_messages(ward, "watch")
    ward.run("replay", str(counts_file), "--device", "watch", "--end", "now")
    assert stored_messages(ward, "watch") == before


def test_the_indices_are_those_of_the_recording(ward, counts_file):
    expected = recording_indices(read_recording(counts_file))["recording"]
    last = (
        "SELECT index, value FROM reading.days WHERE patient = 'P-014' "
        "AND day = (SELECT max(day) FROM reading.days WHERE patient = 'P-014')"
    )

    def found():
        values = dict(ward.rows(last))
        waiting = ward.rows("SELECT count(*) FROM stale_day WHERE kind = 'movement' AND day < current_date")[
            0
        ][0]
        return values if not waiting and values.get("IS") is not None else None

    values = eventually(found, 60)
    for name in (
        "IS",
        "IV",
        "L5",
        "M10",
        "RA",
        "ISm",
        "IVm",
        "mesor",
        "amplitude",
        "acrophase_h",
        "r24",
        "phi",
    ):
        assert values[name] == pytest.approx(expected[name], rel=1e-9), name
    if counts_file == CONTROL_10:
        assert values["IS"] == pytest.approx(0.371513, abs=1e-6)
        assert values["IV"] == pytest.approx(0.631171, abs=1e-6)


def test_every_sample_is_there_once_and_equal(ward, raw_file):
    ward.run("replay", str(raw_file), "--device", "raw", "--end", "now")
    ward.run("replay", str(raw_file), "--device", "raw", "--end", "now")
    (segment,) = read_recording(raw_file).segments
    engine = engine_for(ward.up["database"])
    with transaction(engine) as session:
        ((device_id,),) = ward.rows("SELECT id FROM device WHERE name = 'raw'")
        now = datetime.now(UTC)
        stored = list(blocks.read_blocks(session, device_id, now - timedelta(days=8), now))
    engine.dispose()
    assert np.array_equal(np.vstack([block.xyz for block in stored]), segment.xyz)
    assert {block.hz for block in stored} == {segment.hz}
    assert {block.scale for block in stored} == {segment.scale}
    steps = np.diff([block.t0.timestamp() for block in stored])
    assert np.allclose(steps, 120.0, atol=1e-5)
    minutes = round(len(segment.xyz) / segment.hz / 60)

    def made():
        return ward.rows("SELECT count(*) FROM reading.epochs WHERE device = 'raw' AND enmo_mg IS NOT NULL")[
            0
        ][0]

    assert eventually(lambda: abs(made() - minutes) <= 1 and made(), 30)


def entry(seq, worst, at):
    return Diary(boot=1, seq=seq, id=str(uuid.UUID(int=seq + 1)), at=at.isoformat(), worst=worst)


def test_rising_pain_becomes_one_case_that_a_nurse_answers(ward, sink):
    up = ward.up
    now = datetime.now(UTC)
    address = Address("127.0.0.1", up["mqtt"]["port"], "phone", ward.credentials["phone"])
    rising = [(6, 3), (5, 2), (4, 3), (3, 5), (2, 6), (0, 8)]  # days ago, worst
    usual = [(days, 3) for days in range(14, 6, -1)]
    with Device(address) as phone:
        for seq, (days_ago, worst) in enumerate(usual + rising):
            phone.publish(entry(seq, worst, now - timedelta(days=days_ago, minutes=5)))
        phone.wait(timeout_s=20)
    (case,) = eventually(lambda: ward.rows("SELECT case_id, severity, state, reason FROM reading.cases"), 30)
    case_id, severity, _, reason = case
    assert severity == "high"
    assert "8 of 10" in reason

    message = eventually(lambda: sink.received, 30)[0]
    assert message["case"] == case_id
    assert message["link"] == f"{up['http']}/cases/{case_id}"
    assert set(message) == {"case", "step", "idempotency_key", "time", "link"}
    (line,) = (ward.root / "outbox.jsonl").read_text().splitlines()
    assert json.loads(line)["case"] == case_id

    password = json.loads(ward.run("account", "create", "--name", "anna", "--role", "clinician", "--json"))[
        "password"
    ]
    with httpx2.Client(base_url=up["http"], follow_redirects=True) as browser:
        page = browser.get(f"/cases/{case_id}").text
        form = dict(re.findall(r'name="(csrf_token|next)"[^>]*value="([^"]*)"', page))
        page = browser.post("/login", data={**form, "name": "anna", "password": password}).text
        assert "P-014" in page, "the link survives the log-in"
        assert "8 of 10" in page
        assert "Not for emergencies" in page
        page = browser.get("/").text
        assert "P-014" in page
        assert reason[1:] in page, "as a sentence, with a capital"
        form = dict(re.findall(r'name="(csrf_token)"[^>]*value="([^"]*)"', page))
        action = re.search(rf'action="([^"]*{case_id}/acknowledge)"', page).group(1)
        assert browser.post(action).status_code == 403, "a forged request"
        browser.post(action, data=form)
    state = "SELECT state, acknowledged_by, outcome FROM reading.cases"
    assert ward.rows(state) == [("acknowledged", "anna", None)]

    token = json.loads(ward.run("token", "create", "--role", "clinician", "--name", "journey", "--json"))[
        "token"
    ]
    with httpx2.Client(base_url=up["http"], headers={"Authorization": f"Bearer {token}"}) as program:
        answer = program.post(
            f"/api/v1/cases/{case_id}/resolve", json={"outcome": "acted", "comment": "dose raised"}
        )
        assert answer.status_code == 200, answer.text
        assert (
            program.get("/api/v1/cases", params={"state": "resolved"}).json()["items"][0]["outcome"]
            == "acted"
        )
    assert ward.rows(state) == [("resolved", "anna", "acted")]
    assert ward.rows("SELECT count(*) FROM reading.cases") == [(1,)]
    assert len(sink.received) == 1


def test_a_stranger_gets_nowhere(ward):
    up = ward.up
    for name, password in (("phone", "wrong"), ("nobody", "x"), ("watch", ward.credentials["phone"])):
        with pytest.raises(CannotPublish):
            Device(Address("127.0.0.1", up["mqtt"]["port"], name, password)).connect()
    with httpx2.Client(base_url=up["http"]) as browser:
        assert browser.get("/api/v1/patients").status_code == 401
        assert browser.get("/api/v1/patients/P-014").status_code == 401


def test_a_mistake_is_one_line_and_exit_code_2(ward, tmp_path):
    lie = tmp_path / "picture.csv"
    lie.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    mistakes = (
        ("replay", str(lie), "--device", "watch"),
        ("replay", str(tmp_path / "absent.csv"), "--device", "watch"),
        ("replay", str(CONTROL_10 if CONTROL_10.exists() else lie), "--device", "stranger"),
        ("enrol", "patient", "P-014", "--tz", "UTC"),
        ("enrol", "patient", "P-015", "--tz", "Mars/Olympus"),
        ("enrol", "device", "a/b"),
        ("enrol", "device", "ingest"),
        ("wear", "watch", "P-014", "--from", "yesterday"),
        ("wear", "watch", "nobody", "--from", "2026-01-01T00:00:00Z"),
        ("case", "resolve", "1", "--by", "x", "--outcome", "fine"),
        ("quarantine", "show", "999"),
        ("token", "create", "--role", "king", "--name", "x"),
    )
    with ThreadPoolExecutor(2) as pool:  # most of it is the start of the command
        for said in pool.map(lambda words: ward.run(*words, code=2), mistakes):
            assert len(said.strip().splitlines()) == 1, said
            assert "Traceback" not in said


def test_bulk_enrolment_makes_credentials_that_work(ward):
    lines = ["device,patient,tz,from"] + [
        f"bulk-{i},B-{i % 40},Europe/Rome,2026-01-01T00:00:00Z" for i in range(200)
    ]
    printed = json.loads(ward.run("enrol", "bulk", "-", "--json", text="\n".join(lines)))
    assert len(printed) == 200
    for credential in (printed[0], printed[123], printed[-1]):
        address = Address(
            "127.0.0.1", ward.up["mqtt"]["port"], credential["username"], credential["password"]
        )
        Device(address).connect()
    lines[150] = "bulk-x,B-1,Nowhere/None,2026-01-01T00:00:00Z"
    lines[1:] = [line.replace("bulk-", "again-") for line in lines[1:]]
    lines[150] = "again-x,C-1,Nowhere/None,2026-01-01T00:00:00Z"
    ward.run("enrol", "bulk", "-", text="\n".join(lines), code=2)
    assert ward.rows("SELECT count(*) FROM device WHERE name LIKE 'again-%%'") == [(0,)]


def test_no_log_holds_a_score_a_payload_or_a_name(ward):
    logs = "\n".join(path.read_text() for path in (ward.root / "logs").glob("*.log"))
    for word in ("P-014", "of 10", "dose raised", "worst", ward.credentials["phone"]):
        assert word not in logs, word
