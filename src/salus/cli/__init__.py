"""The command line: one file per group of commands, each a thin face of `salus.services`."""
