"""Figures of a recording, as SVG text. Pure: arrays in, text out."""
