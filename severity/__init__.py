"""How severe a pain score is called: named, versioned cut points (pure).

They disagree with one another, so they are configuration: docs/decisions/0022-days-of-the-diary.md.
"""
