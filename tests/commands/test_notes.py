"""`actalgia notes`: the lexicon on a file, for whoever checks it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


def run(*words, given: bytes | None = None):
    return subprocess.run(
        [sys.executable, "-m", "actalgia", "notes", *map(str, words)],
        input=given,
        capture_output=True,
        check=False,
    )


def test_one_note_a_line_and_findings_with_their_places_and_rules(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("No burning in my left foot\r\n\r\nIl ginocchio pulsa\n", "utf-8")
    document = json.loads(run(file, "--json").stdout)
    assert document["lexicon"] == "notes 1"
    one, other = document["notes"]
    assert (one["language"], other["language"]) == ("en", "it")
    assert one["findings"][0]["text"] == "burning"
    assert one["findings"][0]["negated"] is True
    assert one["findings"][0]["rule"].startswith("en quality thermal")
    for note in document["notes"]:
        for finding in note["findings"]:
            assert note["note"][finding["start"] : finding["end"]] == finding["text"]


def test_people_read_it_as_lines():
    told = run("-", given=b"no burning in my left foot\nthe sun is out").stdout.decode()
    assert "3-10 'burning': quality thermal (negated)" in told
    assert "site foot, left (negated)" in told
    assert "nothing recognised" in told


def test_a_language_can_be_given():
    document = json.loads(run("-", "--language", "it", "--json", given=b"burning bruciore").stdout)
    assert [f["text"] for f in document["notes"][0]["findings"]] == ["bruciore"]


@pytest.mark.parametrize(("words", "given", "sentence"), [
    (("-", "--language", "fr"), b"", "--language is one of en, it"),
    (("/nowhere/notes.txt",), None, "cannot be read"),
    (("-",), b"fine\nbrucer\xe0", "line 2 is not UTF-8"),
])  # fmt: skip
def test_a_mistake_is_one_sentence(words, given, sentence):
    done = run(*words, given=given)
    assert done.returncode == 2
    assert sentence in done.stderr.decode()
    assert done.stderr.decode().count("\n") == 1
    assert "Traceback" not in done.stderr.decode()
