"""Store to store: each job claims what is due, computes with the pure parts, and saves."""
