"""PostgreSQL as root: not as root, and yet inside root's own folders."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from store.embedded import as_unprivileged

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives its user id up")


def ask(question: str) -> str:
    command = as_unprivileged([sys.executable, "-c", f"import os; print({question})"])
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_the_server_is_not_root():
    assert ask("os.geteuid() != 0 and os.getuid() != 0") == "True"


def test_programs_in_a_folder_of_root_alone_are_found(tmp_path):
    """As a clone in /root is: initdb asks whether it may run `postgres`, which lies beside it."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    program = closed / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert ask(f"os.access({str(program)!r}, os.X_OK)") == "True"
