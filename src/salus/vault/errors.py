"""Refusals of the vault in order of precedence: of two that apply, the one defined first is raised."""

from salus.core.errors import Kind, Refusal


class VaultInUse(Refusal):
    code, kind, text = 0x4001, Kind.UNAVAILABLE, "Another process has this vault open."


class NoVault(Refusal):
    code, kind, text = 0x4002, Kind.NOT_FOUND, "There is no vault in this folder."


class VaultExists(Refusal):
    code, kind, text = 0x4003, Kind.CONFLICT, "There is a vault in this folder already."


class WrongVaultKey(Refusal):
    code, kind, text = 0x4004, Kind.UNAUTHENTICATED, "This is not the vault's master key."


class WrongNetwork(Refusal):
    code, kind, text = 0x4005, Kind.CONFLICT, "The vault belongs to another network or custodian."


class UnknownSchema(Refusal):
    code, kind, text = 0x4006, Kind.CONFLICT, "The vault was written by a newer version of Salus."


class VaultDamaged(Refusal):
    code, kind, text = 0x4007, Kind.INVALID, "A stored byte of the vault has changed: run fsck, restore from a backup."


class StorageFull(Refusal):
    code, kind, text = 0x4008, Kind.EXHAUSTED, "The disk is full; nothing was stored."


class StorageFailed(Refusal):
    code, kind, text = 0x4009, Kind.UNAVAILABLE, "The disk failed; nothing was acknowledged. Open the vault again."


class OutOfScope(Refusal):
    code, kind, text = 0x400A, Kind.FORBIDDEN, "The authorised scope does not cover this."


class NoSuchRelation(Refusal):
    code, kind, text = 0x400B, Kind.NOT_FOUND, "The vault keeps no such relation."


class RelationDestroyed(Refusal):
    code, kind, text = 0x400C, Kind.GONE, "The relation's key was destroyed."


class NoSuchRecord(Refusal):
    code, kind, text = 0x400D, Kind.NOT_FOUND, "The relation holds no such record or version."


class VersionConflict(Refusal):
    code, kind, text = 0x400E, Kind.CONFLICT, "The record is at another version than the one expected."


class AlreadyImported(Refusal):
    code, kind, text = 0x400F, Kind.CONFLICT, "This very bundle was imported before."


class NoSuchOpening(Refusal):
    code, kind, text = 0x4010, Kind.NOT_FOUND, "The relation has no opening at this sequence number."


class UnknownRoot(Refusal):
    code, kind, text = (
        0x4011,
        Kind.CONFLICT,
        "The ledger holds a root that this vault never made: a restored backup?",
    )


class NoSuchSize(Refusal):
    code, kind, text = 0x4012, Kind.NOT_FOUND, "The relation's log never had this size."


class RecordErased(Refusal):
    code, kind, text = 0x4013, Kind.GONE, "The record was erased; nothing of its content is left."


class NotSettled(Refusal):
    code, kind, text = 0x4018, Kind.CONFLICT, "The relation holds what is not anchored; anchor it first."


class RelationKept(Refusal):
    code, kind, text = 0x4019, Kind.CONFLICT, "The vault keeps this relation already."


class CopyDamaged(Refusal):
    code, kind, text = 0x401A, Kind.INVALID, "What was handed over is not the relation that the ledger commits to."


class WrongSeal(Refusal):
    code, kind, text = 0x4020, Kind.INVALID, "The seal does not open: another key, another context, or changed bytes."


class WrongPassphrase(Refusal):
    code, kind, text = 0x4021, Kind.UNAUTHENTICATED, "Wrong passphrase for the keystore."


class KeystoreDamaged(Refusal):
    code, kind, text = 0x4022, Kind.INVALID, "The keystore file is damaged or no keystore."


class NoKeystore(Refusal):
    code, kind, text = 0x4023, Kind.NOT_FOUND, "There is no keystore file at this place."


class NoSuchSecret(Refusal):
    code, kind, text = 0x4024, Kind.NOT_FOUND, "The keystore holds no secret of this name."


class StreamDamaged(Refusal):
    code, kind, text = 0x4025, Kind.INVALID, "The stream was cut, reordered, changed, or belongs to another release."


class UnfitSecret(Refusal):
    code, kind, text = 0x4026, Kind.INVALID, "A secret has a name of 1 to 128 characters and 1 to 65,536 bytes."


class SharesDoNotFit(Refusal):
    code, kind, text = 0x402F, Kind.INVALID, "These shares are too few, too many, damaged, or not of one secret."
