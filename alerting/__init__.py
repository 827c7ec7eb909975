"""Decisions to people: cases, and the messages that tell of them."""
