"""Admission and execution: the same blocks give every node the same state, log and app hash."""
