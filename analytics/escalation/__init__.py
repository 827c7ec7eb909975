"""Daily rows in, decisions out."""
