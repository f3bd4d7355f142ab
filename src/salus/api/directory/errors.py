"""Refusals of the directory."""

from salus.core.errors import Kind, Refusal


class NoDirectory(Refusal):
    code, kind, text = 0x8030, Kind.NOT_FOUND, "There is no directory here: ask the network's node."


class NoSuchSealKey(Refusal):
    code, kind, text = 0x8031, Kind.NOT_FOUND, "The directory has no sealing key of this id."
