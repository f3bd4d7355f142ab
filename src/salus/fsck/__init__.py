"""Offline verification: its own block reader, a replay, a plain tree beside it; everything read-only."""
