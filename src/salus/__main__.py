"""`python -m salus` is `salus`."""

from salus.cli.main import main

main()
