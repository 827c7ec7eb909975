import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from typer.testing import CliRunner

from actalgia.cli import app

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def recording(tmp_path):
    """Five days of minutes over the clock change of spring 2026 in Rome; the watch lies in a drawer for 26 h."""
    chance = np.random.default_rng(3)
    lines = ["timestamp,date,activity"]
    at = datetime(2026, 3, 27, tzinfo=UTC)  # read as a wall clock
    for _ in range(5 * 1440):
        awake = 7 <= at.hour < 23
        drawer = (30, 10) <= (at.day, at.hour) < (31, 12)
        if not (at.day == 29 and at.hour == 2):
            value = 0 if drawer else int(chance.integers(50, 900)) if awake else int(chance.integers(0, 9))
            lines.append(f"{at:%Y-%m-%d %H:%M:%S},{at:%Y-%m-%d},{value}")
        at += timedelta(minutes=1)
    path = tmp_path / "a&<b>.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_actogram_of_a_file_is_drawn_beside_its_indices(recording, tmp_path):
    out = tmp_path / "out.svg"
    out.write_text("an older figure")
    found = CliRunner().invoke(app, ["indices", str(recording), "--tz", "Europe/Rome", "--plot", str(out)])
    assert found.exit_code == 0 and "IS " in found.stdout
    tree = ET.parse(out).getroot()
    assert tree.find(f"{SVG}title").text == "Actogram of a&<b>.csv"
    rows = [g for g in tree.iter(f"{SVG}g") if g.get("class") == "row"]
    assert [(g.get("data-day"), g.get("data-hours")) for g in rows] == [
        ("2026-03-27", "24"),
        ("2026-03-28", "24"),
        ("2026-03-29", "23"),
        ("2026-03-30", "24"),
        ("2026-03-31", "24"),
    ]
    assert "Not worn 26.0 h" in tree.find(f"{SVG}desc").text
    labels = [t.text for t in tree.iter(f"{SVG}text") if (t.text or "").startswith(("L5", "M10"))]
    shown = dict(
        line.split() for line in found.stdout.splitlines() if line.startswith(("L5_onset", "M10_onset"))
    )
    assert sorted(set(labels)) == [f"L5 {shown['L5_onset']}", f"M10 {shown['M10_onset']}"]


def test_a_place_that_cannot_be_written_is_one_sentence(recording, tmp_path):
    nowhere = tmp_path / "no-such-folder" / "out.svg"
    found = CliRunner().invoke(app, ["indices", str(recording), "--plot", str(nowhere)])
    assert found.exit_code == 2
    assert "cannot be written" in found.output and "Traceback" not in found.output
