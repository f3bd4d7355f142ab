"""Refusals of keyholders, delayed changes, recovery and freezing; the README has their order among the others."""

from salus.core.errors import Kind, Refusal


class AccountBarred(Refusal):
    code, kind, text = (
        0x0230,
        Kind.FORBIDDEN,
        "The account is frozen or being recovered: only what protects is possible.",
    )


class NotFreezeKey(Refusal):
    code, kind, text = 0x0231, Kind.FORBIDDEN, "The key of no printed code of the account signed."


class NotCheckedByStaff(Refusal):
    code, kind, text = 0x0232, Kind.FORBIDDEN, "The organisation does not attest the member of staff at present."


class ByOneMember(Refusal):
    code, kind, text = 0x0233, Kind.FORBIDDEN, "The custodian and another member must re-identify the person."


class AlreadyFrozen(Refusal):
    code, kind, text = 0x0234, Kind.CONFLICT, "The account is frozen."


class NotFrozen(Refusal):
    code, kind, text = 0x0235, Kind.CONFLICT, "The account is not frozen, or the freeze is being lifted."


class UnknownChange(Refusal):
    code, kind, text = 0x0236, Kind.INVALID, "Nothing of this kind, for this account, can be changed with a delay."


class ChangePending(Refusal):
    code, kind, text = 0x0237, Kind.CONFLICT, "A change that this key wants is pending."


class NoSuchChange(Refusal):
    code, kind, text = 0x0238, Kind.NOT_FOUND, "No such change is pending, or the key that wanted it is over."


class ChangeDelayed(Refusal):
    code, kind, text = 0x0239, Kind.UNAVAILABLE, "The delay of the change has not passed."


class WrongKeyholders(Refusal):
    code, kind, text = 0x023A, Kind.INVALID, "The recovery policy asks for another number of keyholders."


class RecoveryPending(Refusal):
    code, kind, text = 0x023B, Kind.CONFLICT, "A recovery of the account is pending."


class NoSuchRecovery(Refusal):
    code, kind, text = 0x023C, Kind.NOT_FOUND, "No such recovery of the account is pending."


class NoKeyholders(Refusal):
    code, kind, text = 0x023D, Kind.FORBIDDEN, "The account has no keyholders."


class OtherPolicyVersion(Refusal):
    code, kind, text = 0x023E, Kind.CONFLICT, "The approval is of another version of the account's recovery policy."


class CompromisedLater(Refusal):
    code, kind, text = 0x023F, Kind.INVALID, "What is suspended since a time begins at a time that has been."


class TooFewApprovals(Refusal):
    code, kind, text = 0x0240, Kind.FORBIDDEN, "Fewer keyholders of the account approved than its policy asks for."


class NotAVetoingKey(Refusal):
    code, kind, text = 0x0241, Kind.FORBIDDEN, "Only a device key from before the latest changes can veto a recovery."


class Contested(Refusal):
    code, kind, text = 0x0242, Kind.CONFLICT, "The recovery is contested: the custodian's identity check settles it."


class NotContested(Refusal):
    code, kind, text = 0x0243, Kind.CONFLICT, "The recovery is not contested, or the identity was checked."


class RecoveryDelayed(Refusal):
    code, kind, text = 0x0244, Kind.UNAVAILABLE, "The delay of the recovery has not passed."


class IdentityUnchecked(Refusal):
    code, kind, text = (
        0x0245,
        Kind.FORBIDDEN,
        "The recovery is contested, and the custodian has not checked the identity.",
    )
