"""Engines that order, keep and execute blocks behind the `Ledger` port of the client."""
