"""Refusals in order of precedence: of two that apply, the one defined first is returned."""

from salus.core.errors import Kind, Refusal


class NotTheGateway(Refusal):
    code, kind, text = 0x0401, Kind.FORBIDDEN, "No gateway key of the organisation that the message names signed."


class NoSuchRelation(Refusal):
    code, kind, text = 0x0402, Kind.NOT_FOUND, "There is no such relation."


class NotTheCustodian(Refusal):
    code, kind, text = 0x0403, Kind.FORBIDDEN, "Another organisation holds the relation."


class NotAuthorised(Refusal):
    code, kind, text = 0x0404, Kind.FORBIDDEN, "No signer may act for this person in this capacity."


class InvalidPeriod(Refusal):
    code, kind, text = 0x0405, Kind.INVALID, "The period is empty or already over."


class UnsortedPurposes(Refusal):
    code, kind, text = 0x0406, Kind.INVALID, "Purposes must be sorted and distinct."


class NoSuchPurpose(Refusal):
    code, kind, text = 0x0407, Kind.NOT_FOUND, "The network's table has no such purpose."


class BreakGlassByPermit(Refusal):
    code, kind, text = 0x0408, Kind.INVALID, "Break-glass never rests on a permit, nor on an order."


class BarredForCustodian(Refusal):
    code, kind, text = 0x0409, Kind.FORBIDDEN, "Only the person can permit research or marketing."


class ContradictoryEmergency(Refusal):
    code, kind, text = 0x040A, Kind.INVALID, "An emergency may lift the directive or may not, not both."


class MalformedGrantee(Refusal):
    code, kind, text = 0x040B, Kind.INVALID, "The id does not fit the kind of grantee."


class PermitToAnyone(Refusal):
    code, kind, text = 0x040C, Kind.INVALID, "Only a deny may name anyone as its grantee."


class NoSuchGrantee(Refusal):
    code, kind, text = 0x040D, Kind.NOT_FOUND, "There is no such organisation, role or group."


class NoSuchDirective(Refusal):
    code, kind, text = 0x040E, Kind.NOT_FOUND, "The relation has no such directive."


class DirectiveRevoked(Refusal):
    code, kind, text = 0x040F, Kind.GONE, "The directive is revoked."


class DirectiveReplaced(Refusal):
    code, kind, text = 0x0410, Kind.CONFLICT, "A newer version replaced the directive."


class DirectiveExpired(Refusal):
    code, kind, text = 0x0411, Kind.GONE, "The directive has ended."


class OtherEffect(Refusal):
    code, kind, text = 0x0412, Kind.CONFLICT, "A permit replaces permits only, a deny denies only."


class AlreadyAcknowledged(Refusal):
    code, kind, text = 0x0413, Kind.CONFLICT, "The directive is acknowledged, or needs no acknowledgement."


class TooManyPermits(Refusal):
    code, kind, text = 0x0414, Kind.EXHAUSTED, "The relation has as many active permits as it may have."


class DirectiveExists(Refusal):
    code, kind, text = 0x0415, Kind.CONFLICT, "The relation has a directive with this id: a nonce was used twice."


class NoSuchPolicySet(Refusal):
    code, kind, text = 0x0416, Kind.NOT_FOUND, "There is no such policy set."


class ForeignPolicySet(Refusal):
    code, kind, text = 0x0417, Kind.FORBIDDEN, "The policy set is another jurisdiction's."


class AttesterNotActive(Refusal):
    code, kind, text = 0x0418, Kind.FORBIDDEN, "The attester is no active member."


class StaffNotAttested(Refusal):
    code, kind, text = 0x0419, Kind.FORBIDDEN, "The attester does not attest the member of staff at present."


class UnknownMethod(Refusal):
    code, kind, text = 0x041A, Kind.INVALID, "No method of attestation has this number."


class AttestedByGrantee(Refusal):
    code, kind, text = 0x041B, Kind.FORBIDDEN, "Who would receive cannot attest the permit."


class SignedByPerson(Refusal):
    code, kind, text = 0x041C, Kind.FORBIDDEN, "What the person signed is not replaced by what is attested."


class NotAnIssuer(Refusal):
    code, kind, text = 0x041D, Kind.FORBIDDEN, "The issuer is neither the custodian nor an active regulator."


class NoSuchRecipient(Refusal):
    code, kind, text = 0x041E, Kind.NOT_FOUND, "There is no such organisation to receive."


class OrderExists(Refusal):
    code, kind, text = 0x041F, Kind.CONFLICT, "The relation has an order with this id: a nonce was used twice."


class NoSuchOrder(Refusal):
    code, kind, text = 0x0420, Kind.NOT_FOUND, "The relation has no such order."


class NotTheIssuer(Refusal):
    code, kind, text = 0x0421, Kind.FORBIDDEN, "Another organisation issued the order."


class OrderWithdrawn(Refusal):
    code, kind, text = 0x0422, Kind.GONE, "The order is withdrawn."


class NotSuspended(Refusal):
    code, kind, text = 0x0423, Kind.CONFLICT, "The directive is not suspended."


class NotUnderAuthority(Refusal):
    code, kind, text = 0x0430, Kind.CONFLICT, "Nobody gave it for the person: it rests on no authority of another."
