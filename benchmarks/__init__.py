"""Figures of what Salus does: `python -m benchmarks TOPIC|all --json FILE [--full]`."""
