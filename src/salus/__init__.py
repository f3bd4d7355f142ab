"""Salus: a permissioned ledger for medical data, with the data kept off it."""

__version__ = "0.1.0"
