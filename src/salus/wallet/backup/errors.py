"""Refusals about backups, in order of precedence."""

from salus.core.errors import Kind, Refusal


class BackupDamaged(Refusal):
    code, kind, text = 0x5120, Kind.INVALID, "This is no backup of a wallet, or a byte of it has changed."


class UnreadableSecret(Refusal):
    code, kind, text = 0x5121, Kind.INVALID, "This opens no slot of any backup: look for a typing error."


class NotEnoughShares(Refusal):
    code, kind, text = 0x5122, Kind.INVALID, "These shares are too few, or not of one slot."


class WrongSlotSecret(Refusal):
    code, kind, text = 0x5123, Kind.UNAUTHENTICATED, "No slot of this backup opens with this."


class WrongOperatorShare(Refusal):
    code, kind, text = 0x5124, Kind.UNAUTHENTICATED, "The operator's share is not that of this backup."


class TooManySlots(Refusal):
    code, kind, text = 0x5125, Kind.EXHAUSTED, "A backup has from one to sixteen slots."


class UnfitKeyholders(Refusal):
    code, kind, text = 0x5126, Kind.INVALID, "Keyholders are two to sixteen, and at least two of them are needed."
