"""Figures of what Salus does: `python -m benchmarks ledger|import|decision|fsck|tourist|all --json FILE [--full]`."""
