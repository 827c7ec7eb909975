"""One command as a process of its own, as a shell runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


def run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "actalgia", *map(str, words)], capture_output=True, text=True
    )


def document(*words: object) -> Any:
    done = run(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
