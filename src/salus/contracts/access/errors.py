"""Refusals in order of precedence: of two that apply, the one defined first is returned."""

from salus.core.errors import Kind, Refusal


class NotTheGateway(Refusal):
    code, kind, text = 0x0501, Kind.FORBIDDEN, "No gateway key of the custodian signed."


class RequestMalformed(Refusal):
    code, kind, text = 0x0502, Kind.INVALID, "The request is not the one form of a request with one signature."


class RequestExpired(Refusal):
    code, kind, text = 0x0503, Kind.GONE, "The request's time has passed."


class RequestTooFarAhead(Refusal):
    code, kind, text = 0x0504, Kind.INVALID, "The request is valid for longer than the network allows."


class NoSuchRelation(Refusal):
    code, kind, text = 0x0505, Kind.NOT_FOUND, "There is no such relation."


class NotTheCustodian(Refusal):
    code, kind, text = 0x0506, Kind.FORBIDDEN, "Another organisation holds the relation."


class RequestKeyNotLive(Refusal):
    code, kind, text = 0x0507, Kind.UNAUTHENTICATED, "The key that signed the request is not listed, or not in force."


class NotARequester(Refusal):
    code, kind, text = 0x0508, Kind.FORBIDDEN, "The key is neither a gateway's nor a device of the relation's person."


class RequestNotSigned(Refusal):
    code, kind, text = 0x0509, Kind.UNAUTHENTICATED, "The request's signature does not verify."


class AlreadyAnswered(Refusal):
    code, kind, text = 0x050A, Kind.CONFLICT, "The request was answered, which consumed it."


class UnknownReason(Refusal):
    code, kind, text = 0x050B, Kind.INVALID, "No reason that may stand on the ledger has this number."


class MayNotReceive(Refusal):
    code, kind, text = 0x050C, Kind.FORBIDDEN, "The recipient is no active member, or is suspended as recipient."


class NoSuchPurpose(Refusal):
    code, kind, text = 0x050D, Kind.NOT_FOUND, "The network's table has no such purpose."


class StaffNotAttested(Refusal):
    code, kind, text = 0x050E, Kind.FORBIDDEN, "The recipient does not attest the member of staff at present."


class RootNotValid(Refusal):
    code, kind, text = 0x050F, Kind.CONFLICT, "The relation root is not the current one, nor replaced just now."


class TriggerNotSupported(Refusal):
    code, kind, text = (
        0x0510,
        Kind.INVALID,
        "The message does not take this trigger: a request has one, a push and the law have others.",
    )


class InvalidDelivery(Refusal):
    code, kind, text = 0x0511, Kind.INVALID, "The delivery is due in the past, or too far ahead."


class BasisNotSupported(Refusal):
    code, kind, text = 0x0512, Kind.INVALID, "The network knows no such basis, or it is not fully given."


class NotOwnAccess(Refusal):
    code, kind, text = 0x0513, Kind.FORBIDDEN, "The requester is not the person of the relation."


class MayNotHold(Refusal):
    code, kind, text = 0x0514, Kind.FORBIDDEN, "The custodian is no active member, or is suspended as custodian."


class NoSuchDirective(Refusal):
    code, kind, text = 0x0515, Kind.NOT_FOUND, "The relation has no such directive."


class NotAPermit(Refusal):
    code, kind, text = 0x0516, Kind.INVALID, "The directive is no permit."


class DirectiveRevoked(Refusal):
    code, kind, text = 0x0517, Kind.GONE, "The directive is revoked."


class StaleVersion(Refusal):
    code, kind, text = (
        0x0518,
        Kind.CONFLICT,
        "The directive, or the policy set in force, does not stand in this version.",
    )


class NotAcknowledged(Refusal):
    code, kind, text = 0x0519, Kind.CONFLICT, "The custodian has not acknowledged the directive."


class NotYetInForce(Refusal):
    code, kind, text = 0x051A, Kind.CONFLICT, "The directive has not begun."


class DirectiveExpired(Refusal):
    code, kind, text = 0x051B, Kind.GONE, "The directive has ended."


class OtherRecipient(Refusal):
    code, kind, text = 0x051C, Kind.FORBIDDEN, "The directive is for another recipient."


class BreakGlassByPermit(Refusal):
    code, kind, text = 0x051D, Kind.FORBIDDEN, "Break-glass never rests on a permit."


class OtherPurpose(Refusal):
    code, kind, text = 0x051E, Kind.FORBIDDEN, "The directive is for another purpose."


class UsesExhausted(Refusal):
    code, kind, text = 0x051F, Kind.EXHAUSTED, "The directive has no uses left."


class TotallyDenied(Refusal):
    code, kind, text = 0x0520, Kind.FORBIDDEN, "A deny of everything is in force for this recipient and purpose."


class NoSuchRelease(Refusal):
    code, kind, text = 0x0521, Kind.NOT_FOUND, "There is no such release."


class NotTheRecipient(Refusal):
    code, kind, text = 0x0522, Kind.FORBIDDEN, "The signer is not the recipient of the release."


class OtherLeaves(Refusal):
    code, kind, text = 0x0523, Kind.CONFLICT, "The leaves are not those of the release."


class AlreadyAcknowledged(Refusal):
    code, kind, text = 0x0524, Kind.CONFLICT, "The release is acknowledged."


class AttestedNotHonoured(Refusal):
    code, kind, text = 0x0525, Kind.FORBIDDEN, "The policy set does not honour an attested consent for this purpose."


class NoSuchOrder(Refusal):
    code, kind, text = 0x0526, Kind.NOT_FOUND, "The relation has no such order."


class OrderNotInForce(Refusal):
    code, kind, text = 0x0527, Kind.FORBIDDEN, "The order is not in force, or is for another recipient or purpose."


class NotByPolicy(Refusal):
    code, kind, text = 0x0528, Kind.FORBIDDEN, "The policy set has no rule for this recipient and purpose."


class OptedOut(Refusal):
    code, kind, text = 0x0529, Kind.FORBIDDEN, "The person opted out."


class NotOptedIn(Refusal):
    code, kind, text = 0x052A, Kind.FORBIDDEN, "The policy asks for an opt-in, and there is none."


class NotMandated(Refusal):
    code, kind, text = 0x052B, Kind.FORBIDDEN, "What the law triggers rests on a mandate or an order."


class InvalidEnd(Refusal):
    code, kind, text = (
        0x052C,
        Kind.INVALID,
        "The session ends in the past, or later than its ground or the network allows.",
    )


class NotAnEmergency(Refusal):
    code, kind, text = 0x052D, Kind.INVALID, "The request is not for the purpose of break-glass."


class BreakGlassNotAllowed(Refusal):
    code, kind, text = 0x052E, Kind.FORBIDDEN, "The policy set of the relation allows no break-glass."


class NotOfTheEmergencyGroup(Refusal):
    code, kind, text = 0x052F, Kind.FORBIDDEN, "The recipient is not of the emergency group at present."


class UnknownGlassReason(Refusal):
    code, kind, text = 0x0530, Kind.INVALID, "No reason to break the glass has this number."


class PastTheWindow(Refusal):
    code, kind, text = 0x0531, Kind.INVALID, "The delivery is due later than the policy set's emergency window."


class NoSuchBreakGlass(Refusal):
    code, kind, text = 0x0532, Kind.NOT_FOUND, "There is no such break-glass."


class NotAReviewer(Refusal):
    code, kind, text = 0x0533, Kind.FORBIDDEN, "Custodian, regulators and the person review it; none of these signed."


class ByTheRequester(Refusal):
    code, kind, text = 0x0534, Kind.FORBIDDEN, "Who broke the glass does not review it."


class UnknownVerdict(Refusal):
    code, kind, text = 0x0535, Kind.INVALID, "No verdict has this number."


class ReviewClosed(Refusal):
    code, kind, text = 0x0536, Kind.CONFLICT, "Two reviewers have spoken, which closed the review."


class AlreadyReviewed(Refusal):
    code, kind, text = 0x0537, Kind.CONFLICT, "A reviewer of this kind has spoken."


class NoSuchSession(Refusal):
    code, kind, text = 0x0538, Kind.NOT_FOUND, "There is no such session."


class SessionClosed(Refusal):
    code, kind, text = 0x0539, Kind.GONE, "The session is closed."


class RelationRestricted(Refusal):
    code, kind, text = 0x053A, Kind.FORBIDDEN, "The relation is kept and not used: only the person has access."


class PersonDeceased(Refusal):
    code, kind, text = 0x0548, Kind.GONE, "The person has died: what rests on a living person's word is over."


class RelationClosed(Refusal):
    code, kind, text = 0x0549, Kind.GONE, "The relation is closed: only the person, a mandate or an order reaches it."


class AuthorityEnded(Refusal):
    code, kind, text = 0x0550, Kind.GONE, "The authority of who granted it for the person has ended."


class AuthoritySuspended(Refusal):
    code, kind, text = 0x0551, Kind.FORBIDDEN, "The authority of who granted it does not hold at present."


class InvalidOutage(Refusal):
    code, kind, text = (
        0x0560,
        Kind.INVALID,
        "The emergency lies ahead, or the state that it was decided on is later, or older than the network allows.",
    )


class DeferredTooLate(Refusal):
    code, kind, text = 0x0561, Kind.GONE, "The emergency lies longer back than the network allows."


class NotAnIssuer(Refusal):
    code, kind, text = (
        0x0562,
        Kind.FORBIDDEN,
        "The issuer did not sign, or is neither a regulator in office nor the custodian that was served.",
    )


class InvalidSilence(Refusal):
    code, kind, text = (
        0x0563,
        Kind.INVALID,
        "The order must end ahead, and silence no earlier, and no later than the network allows.",
    )


class SealedExists(Refusal):
    code, kind, text = 0x0564, Kind.CONFLICT, "There is a sealed order or release of this id."


class AlreadyOpened(Refusal):
    code, kind, text = 0x0565, Kind.CONFLICT, "The sealed release is open."


class NoticeForbidden(Refusal):
    code, kind, text = 0x0566, Kind.FORBIDDEN, "The time for which notice is forbidden has not passed."


class WrongOpening(Refusal):
    code, kind, text = (
        0x0567,
        Kind.INVALID,
        "The opening is not what was committed to, or not one of a relation of the custodian's and a recipient.",
    )


class TooManyEntries(Refusal):
    code, kind, text = 0x0568, Kind.INVALID, "The bulk release has more entries than the network allows."


class NothingReleased(Refusal):
    code, kind, text = 0x0569, Kind.FORBIDDEN, "No entry of the bulk release stands."
