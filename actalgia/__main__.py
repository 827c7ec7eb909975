"""`python -m actalgia` is the console script."""

from actalgia.cli import main

main()
