"""What becomes of a case until a named person has answered. Pure: imports nothing of ours."""
