"""Failpoints: a test can end this process at any stage, and a living system pays nothing for it."""

import os
import subprocess
import sys

import pytest

from ingest import failpoints

PASS_THREE_TIMES = (
    "from ingest.failpoints import reach\nfor _ in range(3): reach('before_commit'); print('passed')"
)


def run(fault):
    environment = {**os.environ, "ACTALGIA_FAULT": fault}
    return subprocess.run(
        [sys.executable, "-c", PASS_THREE_TIMES], env=environment, capture_output=True, text=True
    )


def test_the_process_ends_at_the_passage_that_was_named():
    ended = run("before_commit:2:exit")
    assert ended.returncode == 137
    assert ended.stdout.count("passed") < 2  # as if killed: even its buffers may be lost


def test_other_points_are_passed():
    assert run("after_commit").returncode == 0
    assert run("").stdout == "passed\n" * 3


def test_the_first_passage_and_the_end_are_what_is_meant_when_nothing_is_said():
    assert failpoints.parse("after_ack") == {"after_ack": (1, failpoints.ACTIONS["exit"])}
    assert failpoints.parse("after_ack:7") == {"after_ack": (7, failpoints.ACTIONS["exit"])}


@pytest.mark.parametrize("text", ["nowhere", "after_ack:x", "after_ack:1:explode", "after_ack:1:exit:2"])
def test_a_fault_that_is_none_is_named(text):
    with pytest.raises(ValueError, match="name:nth:action"):
        failpoints.parse(text)
