"""Vault: medical data encrypted at its custodian, and the relation logs and maps that commit to it.

`vault.py` is the front; the other modules are its parts, each named by what it keeps. Nothing here
speaks to the ledger or decides who may read: reads require a `Scope`, which services alone make.
"""
