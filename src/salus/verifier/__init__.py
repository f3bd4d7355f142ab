"""Signatures checked beside whoever executes blocks, ledger or fsck: by a second thread, or by a process."""
