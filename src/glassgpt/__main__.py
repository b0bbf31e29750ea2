"""`python -m glassgpt`."""

from glassgpt.cli import main

main()
