"""Epochs to indices: one index, one pure function."""
