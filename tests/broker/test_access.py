"""Names, passwords and the account files."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker import access


@pytest.mark.parametrize("name", ["watch-1", "a", "A.b_c-9", "0", "_x", "health-7", "my-ingest", "x" * 64])
def test_a_name_for_a_device(name: str) -> None:
    assert access.is_device_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "x" * 65,
            "-a",
            ".a",
            "..",
            "a b",
            "a/b",
            "a+",
            "#",
            "$SYS",
            "a:b",
            "a\n",
            "\na",
            "a\0",
            "ä",
            "%u",
        ),
        *("ingest", "INGEST", "ingest-2", "ingest.b", "health", "gateway", "admin"),
    ],
)
def test_not_a_name_for_a_device(name: str) -> None:
    assert not access.is_device_name(name)


@given(st.text(max_size=70))
def test_a_device_name_is_one_level_of_a_topic_and_one_field_of_a_line(name: str) -> None:
    if access.is_device_name(name):
        assert name.isascii()
        assert not set(name) & set("/+#$:%") and name.split() == [name]


def test_passwords_are_long_and_never_the_same() -> None:
    made = {access.new_password() for _ in range(1000)}
    assert len(made) == 1000
    assert {len(password) for password in made} == {24}  # base64: 6 bits each, 144 bits


def test_the_hash_equals_mosquittos_own(tmp_path: Path) -> None:
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        pytest.skip("mosquitto_passwd is not installed")
    file = tmp_path / "passwd"
    file.touch(mode=0o600)
    subprocess.run([tool, "-b", str(file), "watch", "s3cret"], check=True, capture_output=True)
    name, kept = file.read_text().strip().split(":")
    salt = access.base64.b64decode(kept.split("$")[3])
    assert (name, kept) == ("watch", access.password_hash("s3cret", salt))


def test_a_hash_is_of_one_password_only() -> None:
    kept = access.password_hash("right")
    assert access.password_matches("right", kept)
    assert not access.password_matches("wrong", kept)
    assert not access.password_matches("", kept)
    for torn in ["", "right", "$7$101$$", "$6$" + kept[3:], kept[:-4], "$7$0$" + kept.split("$", 3)[3]]:
        assert not access.password_matches("right", torn)


def test_an_empty_password_is_none() -> None:
    with pytest.raises(ValueError, match="empty"):
        access.password_hash("")


def test_what_is_written_is_read_again() -> None:
    accounts = {name: access.password_hash(name) for name in ("ingest", "watch-1", "watch-11")}
    assert access.parse_password_file(access.password_file(accounts.items())) == accounts
