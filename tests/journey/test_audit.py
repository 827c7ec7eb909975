"""The audit of an installation that runs: sealed by the alerting process, published into the data directory."""

from __future__ import annotations

import json

from tests.installation import Installation, eventually


def test_what_an_operator_did_is_sealed_and_nothing_is_wrong(installation: Installation):
    installation.run("enrol", "patient", "P-audit", "--tz", "Europe/Rome")

    def sealed() -> list[dict]:
        lines = json.loads(installation.run("audit", "list", "--patient", "P-audit", "--json"))
        return [line for line in lines if line["seal"] is not None]

    first = eventually(sealed, 30)[0]
    assert (first["action"], first["beside"].startswith("cli:")) == ("patient.added", True)
    found = json.loads(installation.run("audit", "verify", "--json"))
    assert found["ok"], found["faults"]
    assert found["seals"] >= first["seal"]
