"""Lines of files that are only added to."""

from __future__ import annotations

import json
import subprocess
import sys

from store.lines import append_line


def test_a_line_that_a_full_disk_takes_in_part_is_refused_whole(tmp_path):
    """A limit for the size of a file cuts a write off exactly as a full disk does."""
    file = tmp_path / "lines"
    append_line(file, "the first")
    program = (
        "import resource, signal, sys; from pathlib import Path; from store.lines import append_line\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))\n"
        "try:\n    append_line(Path(sys.argv[1]), 'x' * 100)\nexcept OSError as error:\n    print(error.errno)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(file)], capture_output=True, text=True)
    assert done.stdout.strip().isdigit(), done.stderr
    append_line(file, "the second")
    assert file.read_text() == "the first\nthe second\n"


def test_what_a_machine_that_stopped_left_of_a_line_spoils_no_other(tmp_path):
    file = tmp_path / "lines"
    file.write_text('{"at": "2026-')
    append_line(file, json.dumps({"n": 1}))
    assert file.read_text().splitlines() == ['{"at": "2026-', '{"n": 1}']
