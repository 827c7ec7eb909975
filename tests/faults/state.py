"""What the database says of some devices: everything that must not depend on what went wrong meanwhile."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

Rows = dict[str, set[tuple[Any, ...]]]  #: device to rows

# Left out: when something was received or marked, and `at` of a status, which is the device's clock.
QUERIES = {
    "blocks": """
        SELECT d.name, b.t0, b.boot, b.seq, b.ends, b.hz, b.n, b.scale, b.digest
        FROM block b JOIN device d ON d.id = b.device_id WHERE d.name = ANY(:names)""",
    "epochs": """
        SELECT device, patient = device, t, epoch_s, counts, steps, worn FROM reading.epochs
        WHERE device = ANY(:names)""",
    "pain reports": """
        SELECT patient, id, day, at, worst, revision FROM reading.pain WHERE patient = ANY(:names)""",
    "statuses": """
        SELECT d.name, s.boot, s.seq, s.battery_pct, s.backlog
        FROM device_status s JOIN device d ON d.id = s.device_id WHERE d.name = ANY(:names)""",
    "settled ranges": """
        SELECT d.name, s.stream, s.boot, s.seqs::text
        FROM settled s JOIN device d ON d.id = s.device_id WHERE d.name = ANY(:names)""",
    "gaps": """
        SELECT device, stream, boot, first_missing, last_missing FROM reading.gaps WHERE device = ANY(:names)""",
    "quarantine": """
        SELECT device, stream, boot, seq, reason, digest FROM reading.messages
        WHERE state = 'quarantined' AND device = ANY(:names)""",
    "stale days": """
        SELECT p.code, s.day, s.kind FROM stale_day s JOIN patient p ON p.id = s.patient_id
        WHERE p.code = ANY(:names)""",
}


def read_state(engine: sa.Engine, names: dict[str, str]) -> dict[str, Rows]:
    """For each part of the state and each device its rows. `names`: the device, and how to call it here."""
    state: dict[str, Rows] = {}
    with engine.connect() as connection:
        for part, query in QUERIES.items():
            rows: Rows = {called: set() for called in names.values()}
            for device, *rest in connection.execute(sa.text(query), {"names": list(names)}):
                row = tuple(bytes(one) if isinstance(one, memoryview) else one for one in rest)
                assert row not in rows[names[device]], f"{part} has a row twice"
                rows[names[device]].add(row)
            state[part] = rows
    return state


def differences(state: dict[str, Rows], undisturbed: dict[str, Rows]) -> list[str]:
    """In which parts, of how many devices, the two differ; one sentence each."""
    found = []
    for part, rows in state.items():
        calm = undisturbed[part]
        other = [device for device in rows if rows[device] != calm[device]]
        if other:
            more = sum(len(rows[d] - calm[d]) for d in other)
            less = sum(len(calm[d] - rows[d]) for d in other)
            found.append(f"{part}: {len(other)} devices differ, {more} rows too much, {less} too few")
    return found
