"""What becomes of a case until a named person has answered, and whom the ward's plan has told of it, when.

Pure: imports nothing of ours.
"""
