"""Samples to epochs."""
