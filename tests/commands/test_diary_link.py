"""`actalgia enrol diary-link`: a link to hand over, which there are, and the end of one."""

from __future__ import annotations

import json
from functools import partial

import pytest
import sqlalchemy as sa

from store.access import AuditEntry
from store.database import now, transaction
from store.diary_links import find_link
from tests.cast import enrol_cast

AT = ("--address", "https://ward.example/")


@pytest.fixture
def run(engine: sa.Engine, command):
    """What follows `actalgia enrol diary-link`."""
    enrol_cast(engine)
    return partial(command, "enrol", "diary-link")


def test_a_link_is_printed_once_and_opens_the_diary(run, engine):
    said = json.loads(run("P-rising", "--language", "it", "--days", "30", *AT, "--json"))
    assert (said["patient"], said["link"], said["language"]) == ("P-rising", 1, "it")
    base, _, token = said["url"].rpartition("/")
    assert base == "https://ward.example/diary"
    with transaction(engine) as session:
        link = find_link(session, token, now())
        assert link.expires_at.isoformat() == said["expires_at"]
        assert 29 <= (link.expires_at - now()).days <= 30
        [entry] = session.scalars(sa.select(AuditEntry)).all()
    assert (entry.action, entry.patient_id, entry.detail) == ("diary_link.create", link.patient_id, "link 1")
    assert entry.actor.startswith("cli:") and token not in run("P-rising", "--list", "--json")


def test_for_people_the_address_stands_alone_on_its_line(run):
    first, second = run("P-rising", *AT).splitlines()
    assert first.startswith("https://ward.example/diary/") and " " not in first
    assert "shown this once" in second


def test_links_are_listed_and_ended(run, engine):
    token = run("P-rising", *AT).splitlines()[0].rpartition("/")[2]
    assert "never" in run("P-rising", "--list")
    assert "opens nothing any more" in run("P-rising", "--revoke", "1")
    [link] = json.loads(run("P-rising", "--list", "--json"))
    assert link["revoked_at"] is not None and link["last_used_at"] is None
    with transaction(engine) as session:
        assert find_link(session, token, now()) is None
        actions = session.scalars(sa.select(AuditEntry.action)).all()
    looks = "diary_link.list"
    assert actions == ["diary_link.create", looks, "diary_link.revoke", looks]


@pytest.mark.parametrize(
    "words, said",
    [
        (("P-nobody", *AT), "There is no patient P-nobody"),
        (("P-rising", "--language", "xx", *AT), "--language is one of: en, it"),
        (("P-rising", "--address", "ward.example"), "The address begins with https://"),
        (("P-rising", "--days", "0", *AT), "Input should be greater than or equal to 1"),
        (("P-rising",), "Say with --address"),
        (("P-rising", "--revoke", "7"), "P-rising has no diary link 7"),
        (("P-rising", "--list", "--revoke", "7"), "either --list or --revoke"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence_and_changes_nothing(run, engine, words, said):
    assert said in " ".join(run(*words, code=2).split())
    with transaction(engine) as session:
        assert session.scalars(sa.select(AuditEntry)).all() == []


def test_the_link_of_one_patient_is_not_ended_in_the_name_of_another(run, engine):
    run("P-rising", *AT)
    assert "P-steady has no diary link 1" in run("P-steady", "--revoke", "1", code=2)
