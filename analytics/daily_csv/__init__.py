"""A CSV of daily rows, of any length and in any order, to rows of patients side by side."""
