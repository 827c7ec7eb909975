"""How settings are told in the audit: what differs, and nothing that is nobody's to read."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from store.audit.settings_told import Hidden, after, changes, changes_in, document_of, told

SALT, OTHER = b"01234567", b"76543210"
HOOK = Hidden("webhook", "https://hooks.example.org/T0/secret")


def test_what_did_not_change_is_not_told():
    before = after({}, changes({}, {"hours": "6", "channels": HOOK}, SALT))
    assert changes(before, {"channels": HOOK, "hours": "6"}, OTHER) == {}


def test_a_number_is_told_with_what_held_before_and_a_setting_that_is_gone_too():
    assert changes({"hours": "6", "old": "1"}, {"hours": "12", "new": "2"}, SALT) == {
        "hours": ("6", "12"),
        "new": (None, "2"),
        "old": ("1", None),
    }


def test_another_address_of_the_same_kind_is_a_change_and_neither_is_in_it():
    before = after({}, changes({}, {"channels": HOOK}, SALT))
    found = changes(before, {"channels": Hidden("webhook", "https://hooks.example.org/T0/other")}, OTHER)
    assert list(found) == ["channels"]
    assert "example" not in document_of(found) and document_of(found).count("webhook [") == 2


def test_the_same_address_at_two_hospitals_has_two_digests():
    assert told(HOOK, SALT) != told(HOOK, OTHER)


def test_a_hidden_setting_that_becomes_plain_is_a_change():
    before = after({}, changes({}, {"channels": HOOK}, SALT))
    assert changes(before, {"channels": "log"}, OTHER)["channels"][1] == "log"


SETTINGS = st.dictionaries(
    st.sampled_from("abc"), st.text(max_size=9) | st.builds(Hidden, st.just("smtp"), st.text(max_size=9))
)


@settings(max_examples=15, deadline=None)
@given(st.lists(SETTINGS, max_size=4))
def test_the_changes_read_back_one_after_the_other_are_what_holds(starts):
    before = {}
    for now in starts:
        before = after(before, changes_in(document_of(changes(before, now, SALT))))
        assert before.keys() == now.keys() and changes(before, now, OTHER) == {}
