"""Refusals in order of precedence: of two that apply, the one defined first is returned.

The actions of a proposal are checked in their order, each against what those before it changed; for
each action the order is again that of this file.
"""

from salus.core.errors import Kind, Refusal


class NotActiveMember(Refusal):
    code, kind, text = 0x0101, Kind.FORBIDDEN, "The organisation is no active member."


class NotAdministration(Refusal):
    code, kind, text = 0x0102, Kind.FORBIDDEN, "Fewer administration keys signed than the member's threshold."


class EffectiveTooEarly(Refusal):
    code, kind, text = 0x0103, Kind.INVALID, "The effective height leaves less than the delay for a vote."


class ProposalExists(Refusal):
    code, kind, text = 0x0104, Kind.CONFLICT, "The member already made a proposal with this id."


class UnknownAction(Refusal):
    code, kind, text = 0x0105, Kind.INVALID, "No action has this number."


class NoSuchProposal(Refusal):
    code, kind, text = 0x0106, Kind.NOT_FOUND, "There is no such proposal."


class ProposalClosed(Refusal):
    code, kind, text = 0x0107, Kind.GONE, "The vote has ended."


class AlreadyVoted(Refusal):
    code, kind, text = 0x0108, Kind.CONFLICT, "The member has cast its ballot, which cannot be changed."


class NoSuchOrganisation(Refusal):
    code, kind, text = 0x0109, Kind.NOT_FOUND, "No organisation has this account."


class AlreadyMember(Refusal):
    code, kind, text = 0x010A, Kind.CONFLICT, "The organisation is a member, or was succeeded by one."


class NoSuchMember(Refusal):
    code, kind, text = 0x010B, Kind.NOT_FOUND, "The organisation is no member."


class InvalidTransition(Refusal):
    code, kind, text = 0x010C, Kind.CONFLICT, "A member in its state cannot enter the one that is named."


class ValidatorRemains(Refusal):
    code, kind, text = 0x010D, Kind.CONFLICT, "The member still has a validator; remove it first."


class LastActiveMember(Refusal):
    code, kind, text = 0x010E, Kind.CONFLICT, "No active member would remain."


class UnknownParameter(Refusal):
    code, kind, text = 0x010F, Kind.INVALID, "No parameter has this number."


class ParameterOutOfBounds(Refusal):
    code, kind, text = 0x0110, Kind.INVALID, "The value is outside the parameter's bounds."


class ValidatorWithoutMember(Refusal):
    code, kind, text = 0x0111, Kind.FORBIDDEN, "Only an active member can have a validator."


class NoSuchValidator(Refusal):
    code, kind, text = 0x0112, Kind.NOT_FOUND, "The member has no validator with this key."


class LastValidator(Refusal):
    code, kind, text = 0x0113, Kind.CONFLICT, "No validator would remain."


class KeyListed(Refusal):
    code, kind, text = 0x0114, Kind.CONFLICT, "The key is or was listed; a key is listed once, for ever."


class NoSuchGroup(Refusal):
    code, kind, text = 0x0115, Kind.NOT_FOUND, "There is no such group."


class UnsortedMembers(Refusal):
    code, kind, text = 0x0116, Kind.INVALID, "The members of a group must be sorted and distinct."


class OutsiderInGroup(Refusal):
    code, kind, text = 0x0117, Kind.NOT_FOUND, "A group can hold members of the network only."


class NoSuchPolicySet(Refusal):
    code, kind, text = 0x0118, Kind.NOT_FOUND, "There is no such policy set."


class UnsortedRules(Refusal):
    code, kind, text = 0x0119, Kind.INVALID, "Rules and purposes of a policy set must be sorted and distinct."


class UnknownPurpose(Refusal):
    code, kind, text = 0x011A, Kind.NOT_FOUND, "The network's table has no such purpose."


class RuleForBreakGlass(Refusal):
    code, kind, text = 0x011B, Kind.INVALID, "Break-glass rests on no rule: the set's emergency rule speaks of it."


class UnknownRole(Refusal):
    code, kind, text = 0x011C, Kind.INVALID, "No role of organisations has this number."


class EmergencyOutOfBounds(Refusal):
    code, kind, text = (
        0x011D,
        Kind.INVALID,
        "An emergency has a group and at most twelve hours, or neither.",
    )


class NoSuchEmergencyGroup(Refusal):
    code, kind, text = 0x011E, Kind.NOT_FOUND, "There is no such emergency group."


class SuccessorNotActive(Refusal):
    code, kind, text = 0x0160, Kind.CONFLICT, "The successor must be another active member."


class SuccessionTooLong(Refusal):
    code, kind, text = 0x0161, Kind.EXHAUSTED, "Too many successions would follow one another."


class NothingSuspended(Refusal):
    code, kind, text = 0x0162, Kind.INVALID, "A suspension is as recipient, as custodian, or as both."


class SuspendsItself(Refusal):
    code, kind, text = 0x0163, Kind.INVALID, "A member does not suspend itself."


class SignerSuspended(Refusal):
    code, kind, text = 0x0164, Kind.FORBIDDEN, "Who is suspended in an emergency suspends nobody."


class TooFewMembers(Refusal):
    code, kind, text = 0x0165, Kind.FORBIDDEN, "Fewer members sign than an emergency suspension takes."


class AlreadySuspended(Refusal):
    code, kind, text = 0x0166, Kind.CONFLICT, "The member is suspended so already."


class SaidBefore(Refusal):
    code, kind, text = 0x0167, Kind.CONFLICT, "One of these members suspended it before; only a vote goes further."


class NoQuorumLeft(Refusal):
    code, kind, text = 0x0168, Kind.CONFLICT, "Not more than two thirds of the active members would be unsuspended."


class NotServing(Refusal):
    code, kind, text = 0x0169, Kind.FORBIDDEN, "The organisation is no member that serves patients."


class NoSuchEscrow(Refusal):
    code, kind, text = 0x016A, Kind.NOT_FOUND, "The organisation has no escrow with this commitment."


class NotEntitled(Refusal):
    code, kind, text = (
        0x016B,
        Kind.FORBIDDEN,
        "An escrow is opened by its organisation, once succeeded by its successor.",
    )


class EscrowOpen(Refusal):
    code, kind, text = 0x016C, Kind.CONFLICT, "The escrow has been opened by this organisation."


class UpgradeTooEarly(Refusal):
    code, kind, text = 0x016D, Kind.INVALID, "The upgrade leaves nodes less than the delay for a vote to prepare."


class UpgradePending(Refusal):
    code, kind, text = 0x016E, Kind.CONFLICT, "An upgrade is scheduled already; withdraw it first."


class RulesNotNewer(Refusal):
    code, kind, text = 0x016F, Kind.CONFLICT, "Only a later version of the rules can follow the one in force."


class NoSuchUpgrade(Refusal):
    code, kind, text = 0x0170, Kind.NOT_FOUND, "No upgrade to this version is scheduled, or it is in force already."


class TooManyValidators(Refusal):
    code, kind, text = 0x0171, Kind.EXHAUSTED, "More validators would remain than a network can have."


class PowerConcentrated(Refusal):
    code, kind, text = (
        0x0172,
        Kind.CONFLICT,
        "One of four members or more would have a greater share of the validators' power than the network allows.",
    )
