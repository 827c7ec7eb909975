"""Patients' free text to structured descriptors, by a lexicon that a reader can check. Pure.

Start with `reading.read_note`. What it can and cannot do: docs/decisions/0025-notes.md.
"""
