"""`python -m ranking` is `tolqyn`."""

from ranking.cli import main

main()
