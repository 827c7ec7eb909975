"""What the lexicon makes of a note, rule by rule."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.notes.lexicon import LEXICON
from analytics.notes.reading import read_note


def told(text, language=None):
    """`word: value`, with ! for negated, ? for uncertain, @ for somebody else's."""
    marks = (("!", "negated"), ("?", "uncertain"), ("@", "other_person"))
    return {
        text[f.start : f.end]: f.value + "".join(mark for mark, name in marks if getattr(f, name))
        for f in read_note(text, language).findings
    }


def sides(text, language=None):
    found = read_note(text, language).findings
    return {text[f.start : f.end]: f.laterality for f in found if f.kind == "site"}


@pytest.mark.parametrize(("text", "expected"), [
    ("no burning", {"burning": "thermal!"}),
    ("No burning but it throbs", {"burning": "thermal!", "throbs": "temporal"}),
    ("not in the back but in the hip", {"back": "back!", "hip": "hip"}),
    ("denies burning, stabbing or tingling", {"burning": "thermal!", "stabbing": "punctate pressure!", "tingling": "brightness!"}),
    ("no burning, just a dull ache", {"burning": "thermal!", "dull": "dullness", "ache": "dullness"}),
    ("not only the back but also the ribs", {"back": "back", "ribs": "ribs"}),
    ("I can't sleep for the pain in my hip", {"hip": "hip"}),
    ("it no longer burns", {"burns": "thermal!"}),
    ("never had tingling", {"tingling": "brightness!"}),
    ("without burning", {"burning": "thermal!"}),
    ("Without the patch the burning comes back", {"burning": "thermal"}),
    ("I don't feel the burning. My knee throbs.", {"burning": "thermal!", "knee": "knee", "throbs": "temporal"}),
    ("the numbness has gone but the burning hasn't", {"numbness": "sensory miscellaneous!", "burning": "thermal"}),
    ("the throat isn't sore", {"throat": "throat!", "sore": "dullness!"}),
    ("the pain in my hip isn't sharp", {"hip": "hip", "sharp": "incisive pressure!"}),
    ("no pain in my knee since Monday", {"no pain": "none", "knee": "knee!", "since Monday": "since"}),
])  # fmt: skip
def test_english_denial_reaches_to_the_end_of_its_clause(text, expected):
    assert told(text, "en") == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("non ho bruciore ma fitte", {"bruciore": "thermal!", "fitte": "punctate pressure"}),
    ("niente bruciore, però formicolio", {"bruciore": "thermal!", "formicolio": "brightness"}),
    ("senza bruciore né fitte", {"bruciore": "thermal!", "fitte": "punctate pressure!"}),
    ("senza cerotto il bruciore torna", {"bruciore": "thermal"}),
    ("non solo la schiena", {"schiena": "back"}),
    ("non riesco a dormire dal male alla spalla", {"spalla": "shoulder"}),
    ("nessun dolore al ginocchio", {"nessun dolore": "none", "ginocchio": "knee!"}),
    ("mai avuto scosse", {"scosse": "spatial!"}),
    ("non sento più il bruciore", {"bruciore": "thermal!"}),
    ("il bruciore è passato", {"bruciore": "thermal!"}),
    ("non è la schiena ma l'anca", {"schiena": "back!", "anca": "hip"}),
])  # fmt: skip
def test_italian_denial_reaches_to_the_end_of_its_clause(text, expected):
    assert told(text, "it") == expected


@pytest.mark.parametrize(("text", "language", "expected"), [
    ("maybe it's the liver", "en", {"liver": "abdomen?"}),
    ("a bit like burning in my foot", "en", {"burning": "thermal?", "foot": "foot"}),
    ("from the hip, I think", "en", {"hip": "hip?"}),
    ("it is like a knife", "en", {"like a knife": "punctate pressure"}),
    ("forse è il fegato, un dolore sordo", "it", {"fegato": "abdomen?", "sordo": "dullness"}),
    ("mi sembra un crampo", "it", {"crampo": "constrictive pressure?"}),
    ("non so se è il rene o l'intestino", "it", {"rene": "flank?", "intestino": "abdomen?"}),
    ("quasi insopportabile", "it", {"insopportabile": "worst?"}),
])  # fmt: skip
def test_what_a_patient_is_not_sure_of_is_uncertain(text, language, expected):
    assert told(text, language) == expected


@pytest.mark.parametrize(("text", "language", "expected"), [
    ("my wife's back is bad", "en", {"back": "back@", "bad": "severe@"}),
    ("my mate had burning but my feet tingle", "en", {"burning": "thermal@", "feet": "foot", "tingle": "brightness"}),
    ("my husband says it is my back", "en", {"back": "back"}),
    ("mia moglie ha mal di schiena", "it", {"mal di schiena": "back@"}),
    ("a mio padre fa male il ginocchio", "it", {"ginocchio": "knee@"}),
    ("mio marito dice che è la schiena", "it", {"schiena": "back"}),
])  # fmt: skip
def test_somebody_elses_pain_is_not_the_patients(text, language, expected):
    assert told(text, language) == expected


def test_a_site_has_the_side_that_stands_beside_it():
    assert sides("my left foot and both knees", "en") == {"left foot": "left", "both knees": "both"}
    assert sides("spalla destra, tutte e due le gambe, ginocchio sx", "it") == {
        "spalla destra": "right", "tutte e due le gambe": "both", "ginocchio sx": "left",
    }  # fmt: skip
    assert sides("the hip hurts, the left one most", "en") == {"hip": None, "left one": "left"}
    assert sides("it is right in my hip", "en") == {"hip": None}
    assert sides("male a destra", "it") == {"a destra": "right"}


@pytest.mark.parametrize(("text", "scores"), [
    ("8/10 this morning, 3 out of 10 now", ["8", "3"]),
    ("dieci su dieci stanotte, adesso 6", ["10", "6"]),
    ("about a five", ["5"]),
    ("two tablets at 8 and 10 mg at ten, a 7 day course", []),
    ("12/10 and 8/100", []),
    ("since 3/10", []),
])  # fmt: skip
def test_a_number_is_a_score_when_the_patient_gives_it_as_one(text, scores):
    assert [f.value for f in read_note(text).findings if f.kind == "score"] == scores


def test_of_overlapping_phrases_the_longest_stands():
    assert told("pins and needles", "en") == {"pins and needles": "brightness"}
    assert told("lower back", "en") == {"lower back": "lower back"}
    assert told("peggio di ieri", "it") == {"peggio di ieri": "worse"}


def test_a_back_that_is_no_body_part_is_left_alone():
    assert told("came back from the shop, had a walk on the back of my friend's advice", "en") == {}


@pytest.mark.parametrize("text", [
    "DON’T HAVE BURNING",
    "don't have burning",
    "dont have burning",
    "donʼt have bürning",
])  # fmt: skip
def test_apostrophes_capitals_and_accents_change_nothing(text):
    assert [(f.value, f.negated) for f in read_note(text, "en").findings] == [("thermal", True)]


def test_places_are_code_points_of_the_note_as_it_was_written():
    note = "😀 L’anca è rigidità"
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, note)
        [hip, stiff] = read_note(text, "it").findings
        assert text[hip.start : hip.end] == "anca"
        assert text[stiff.start : stiff.end] == unicodedata.normalize(form, "rigidità")


def test_a_language_is_guessed_by_its_small_words_and_may_stay_unknown():
    assert read_note("It hurts when I walk").language == "en"
    assert read_note("Mi fa male la gamba").language == "it"
    assert read_note("ok").language == "unknown"
    assert told("Bruciore") == {"Bruciore": "thermal"}
    assert told("burning") == {"burning": "thermal"}


def test_a_language_without_a_lexicon_is_refused_by_name():
    with pytest.raises(ValueError, match="choose one of en, it"):
        read_note("ça brûle", "fr")


def test_a_reading_says_which_lexicon_and_a_finding_which_line():
    reading = read_note("burning", "en")
    assert reading.lexicon == LEXICON == "notes 1"
    assert reading.findings[0].rule.startswith("en quality thermal: burn(")


NOTE_WORDS = st.lists(
    st.sampled_from(
        [
            "no",
            "not",
            "non",
            "né",
            "senza",
            "but",
            "ma",
            "and",
            "e",
            ",",
            ".",
            "?",
            "maybe",
            "forse",
            "left",
            "destra",
            "both",
            "foot",
            "piede",
            "one",
            "il",
            "burning",
            "brucia",
            "my",
            "wife",
            "s",
            "mia",
            "moglie",
            "ha",
            "a",
            "8",
            "/",
            "10",
            "out",
            "of",
            "since",
            "so",
            "però",
            "or",
            "o",
            "the",
            "'",
            "\n",
            "-",
            "the",
            "left",
            "one",
            "quello",
            "sinistro",
            "sta",
            "bene",
            "has",
            "gone",
        ]
    ),
    max_size=60,
).map(" ".join)


@given(st.one_of(st.text(max_size=300), NOTE_WORDS), st.sampled_from([None, "en", "it"]))
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_and_its_findings_lie_in_it_in_order_and_apart(text, language):
    reached = 0
    for one in read_note(text, language).findings:
        assert reached <= one.start < one.end <= len(text)
        reached = one.end


HOSTILE = {
    "letters": "a", "commas": ",", "no": "no ", "and burning": "and burning ", "lists": "no burning, ", "digits": "9",
    "accents": "e\u0301", "marks": "\u0301", "left ones": "foot the left one ", "hedges": "maybe ", "wives": "my wife s ",
    "almost a phrase": "in the middle of the ", "quotes": "' ", "slashes": "8/10/", "surrogates": "\ud800",
}  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_time_grows_with_the_length_of_the_note_whatever_it_is(unit):
    def cost(length):
        text, best = (unit * length)[:length], float("inf")
        for _ in range(3):
            started = time.process_time()
            read_note(text)
            best = min(best, time.process_time() - started)
        return best

    read_note(unit)
    assert cost(2000) < 0.15
    # Ten times the text: a square would take a hundred times as long.
    assert cost(20_000) < 40 * cost(2000) + 0.05
