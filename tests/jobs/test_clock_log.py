"""What the log says of a job that fails: which, why in kind, and where. Nothing of a patient's row."""

from __future__ import annotations

import json
import subprocess
import sys

ANALYTICS = """
import sys, threading
import sqlalchemy as sa
from actalgia import logs
from analytics import clock
from store.database import engine_for, transaction

WRONG = "INSERT INTO treatment (patient_id, kind, at, entered_by, entered_at, drug, cycle)" \\
        " VALUES (1, 'chemo', now(), 'anna', now(), :drug, -1)"

def refused(engine, at):
    with transaction(engine) as session:
        session.execute(sa.text(WRONG), {"drug": "secretumab"})

logs.configure("analytics", "INFO")
clock.read_notes = refused
stop = threading.Event()
threading.Timer(4, stop.set).start()
clock.run(engine_for(sys.argv[1]), stop)
"""


def test_a_job_that_the_database_refuses_leaves_no_value_in_the_log(migrated_url: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ANALYTICS, migrated_url],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "secretumab" not in done.stderr + done.stdout
    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    failed = [line for line in lines if line.get("action") == "job_failed" and line["job"] == "notes"]
    assert failed and failed[0]["error"] == "IntegrityError" and failed[0]["where"]
