"""Refusals in order of precedence: of two that apply, the one defined first is returned.

`InvalidKey` and `WrongSignature` of `salus.core.errors` come after all of these: a signature is
checked only when nothing cheaper speaks against the message.
"""

from salus.core.errors import Kind, Refusal


class NotMember(Refusal):
    code, kind, text = 0x0201, Kind.FORBIDDEN, "The organisation is no member in a state that allows this."


class NotGateway(Refusal):
    code, kind, text = 0x0202, Kind.FORBIDDEN, "The organisation's gateway key did not sign."


class NoSuchAccount(Refusal):
    code, kind, text = 0x0203, Kind.NOT_FOUND, "There is no such account of the kind that is asked for."


class NotCustodian(Refusal):
    code, kind, text = 0x0204, Kind.FORBIDDEN, "The organisation is not the custodian of the account."


class NotAdministration(Refusal):
    code, kind, text = 0x0205, Kind.FORBIDDEN, "Fewer administration keys signed than the organisation's threshold."


class NotClaimed(Refusal):
    code, kind, text = 0x0206, Kind.FORBIDDEN, "A custodial account has no keys of its own."


class NotDevice(Refusal):
    code, kind, text = 0x0207, Kind.FORBIDDEN, "No device key of the account signed."


class NotOwnKey(Refusal):
    code, kind, text = 0x0208, Kind.FORBIDDEN, "The key that is named did not sign."


class SecondKeyNeeded(Refusal):
    code, kind, text = 0x0209, Kind.FORBIDDEN, "Two device keys must sign."


class DelayNeeded(Refusal):
    code, kind, text = 0x020A, Kind.FORBIDDEN, "With one device key listed, only a delayed change is possible."


class AlreadyClaimed(Refusal):
    code, kind, text = 0x020B, Kind.CONFLICT, "The account has been claimed."


class ClaimPending(Refusal):
    code, kind, text = 0x020C, Kind.CONFLICT, "A claim of the account is pending."


class NoSuchClaim(Refusal):
    code, kind, text = 0x020D, Kind.NOT_FOUND, "No such claim is pending."


class ClaimDelayed(Refusal):
    code, kind, text = 0x020E, Kind.UNAVAILABLE, "The delay of the claim has not passed."


class NotInvited(Refusal):
    code, kind, text = 0x020F, Kind.NOT_FOUND, "The account has no invitation."


class InvitationExpired(Refusal):
    code, kind, text = 0x0210, Kind.GONE, "The invitation has expired."


class ClaimExpired(Refusal):
    code, kind, text = 0x0211, Kind.INVALID, "The claim's time is over, or lies too far ahead."


class AccountExists(Refusal):
    code, kind, text = 0x0212, Kind.CONFLICT, "An account with this id exists."


class CustodianSuspended(Refusal):
    code, kind, text = 0x0213, Kind.FORBIDDEN, "The member is suspended as a custodian."


class UnknownRole(Refusal):
    code, kind, text = 0x0214, Kind.INVALID, "Roles must be known, sorted and distinct."


class UnknownPolicy(Refusal):
    code, kind, text = 0x0215, Kind.INVALID, "The recovery policy is not on the menu."


class InvalidPeriod(Refusal):
    code, kind, text = 0x0216, Kind.INVALID, "The period is empty, or already over."


class StaffExists(Refusal):
    code, kind, text = 0x0217, Kind.CONFLICT, "This commitment was attested before."


class NoSuchStaff(Refusal):
    code, kind, text = 0x0218, Kind.NOT_FOUND, "No such attestation is in force."


class NoSuchKey(Refusal):
    code, kind, text = 0x0219, Kind.NOT_FOUND, "The account has no such key that is not revoked."


class UnsortedKeys(Refusal):
    code, kind, text = 0x021A, Kind.INVALID, "Keys to revoke must be sorted and distinct."


class TooManyKeys(Refusal):
    code, kind, text = 0x021B, Kind.EXHAUSTED, "The account would have more keys than the limit."


class WrongKeyRole(Refusal):
    code, kind, text = 0x021C, Kind.INVALID, "An account of this kind cannot list a key of this role."


class InvalidValidity(Refusal):
    code, kind, text = 0x021D, Kind.INVALID, "A key's validity is empty, or ends too early."


class InvalidThreshold(Refusal):
    code, kind, text = 0x021E, Kind.INVALID, "The threshold must be within 1 and the number of administration keys."


class KeyListed(Refusal):
    code, kind, text = 0x021F, Kind.CONFLICT, "The key is or was listed; a key is listed once, for ever."


class WrongSigners(Refusal):
    code, kind, text = 0x0220, Kind.INVALID, "A claim is signed by its invitation's key, then by each new key in order."
