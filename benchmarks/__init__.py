"""Figures of what Salus does: `python -m benchmarks ledger|import|decision|fsck|all --json FILE [--full]`."""
