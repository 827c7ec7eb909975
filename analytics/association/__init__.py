"""How pain and activity move together within a person."""
