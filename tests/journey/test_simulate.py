"""`actalgia simulate --publish`: simulated people enter an installation as real ones would, over MQTT."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from simulate.cohort.members import members
from tests.installation import Installation, eventually

PATIENTS, DAYS, SEED = 3, 12, 6


def simulate(installation: Installation, *words: str, code: int = 0) -> str:
    return installation.run(
        *("simulate", "--patients", str(PATIENTS), "--days", str(DAYS), "--seed", str(SEED), "--publish"),
        *words,
        code=code,
    )


def test_what_was_simulated_is_there_once_and_is_marked_as_simulated(installation: Installation) -> None:
    group = members(PATIENTS, DAYS, SEED)
    said = simulate(installation)
    entries = sum(int((~np.isnan(one.cohort.worst[one.index])).sum()) for one in group)
    days = sum(int(one.cohort.present[one.index].sum()) for one in group)
    assert f"{entries + days} messages are receipted." in said
    stored = "SELECT count(*) FROM reading.messages WHERE device LIKE 'sim-%%' AND state = %s"
    assert installation.rows(stored, "stored") == [(entries + days,)]
    assert installation.rows(stored, "quarantined") == [(0,)]

    pain = dict(
        installation.rows("SELECT (patient, day)::text, worst FROM reading.pain WHERE worst IS NOT NULL")
    )
    assert len(pain) == entries
    yesterday = datetime.now(UTC).astimezone(ZoneInfo("Europe/Rome")).date() - timedelta(days=1)
    for one in group:
        for day, worst in enumerate(one.cohort.worst[one.index]):
            when = yesterday - timedelta(days=DAYS - 1 - day)
            assert np.isnan(worst) or pain[f"({one.code},{when})"] == worst
    assert installation.rows("SELECT DISTINCT demonstration FROM patient WHERE code LIKE 'SIM-%%'") == [
        (True,)
    ]
    given = sum(int((one.cohort.treatment[one.index] != "").sum()) for one in group)
    assert installation.rows("SELECT count(*) FROM reading.treatments WHERE patient LIKE 'SIM-%%'") == [
        (given,)
    ]

    simulate(installation)
    assert installation.rows(stored, "stored") == [(entries + days,)], "the same again changes nothing"


def test_minutes_become_the_days_figures(installation: Installation) -> None:
    simulate(installation)
    one = next(m for m in members(PATIENTS, DAYS, SEED) if (m.cohort.wear_fraction[m.index] > 0.6).any())
    day = int(np.flatnonzero(one.cohort.wear_fraction[one.index] > 0.6)[-1])
    yesterday = datetime.now(UTC).astimezone(ZoneInfo("Europe/Rome")).date() - timedelta(days=1)
    when = yesterday - timedelta(days=DAYS - 1 - day)

    def computed() -> list[tuple[float]]:
        query = "SELECT value FROM reading.days WHERE patient = %s AND day = %s AND index = 'worn_min'"
        return installation.rows(query, one.code, when)

    ((worn,),) = eventually(computed, within_s=60)
    assert abs(worn - 1440 * one.cohort.wear_fraction[one.index, day]) < 30


def test_the_same_names_on_other_days_are_refused_in_one_sentence(installation: Installation) -> None:
    simulate(installation)
    said = simulate(installation, "--until", "2026-01-31", code=2)
    assert "take another --seed" in said
    assert said.count("\n") == 1
