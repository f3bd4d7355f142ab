"""Refusals of services in order of precedence: of two that apply, the one defined first is raised."""

from salus.core.errors import Kind, Refusal


class NoSuchActor(Refusal):
    code, kind, text = 0x6001, Kind.NOT_FOUND, "The region has no such organisation or person."


class NoSuchMember(Refusal):
    code, kind, text = 0x6002, Kind.NOT_FOUND, "There is no such member, or it cannot be reached."


class UnknownPurpose(Refusal):
    code, kind, text = 0x6003, Kind.INVALID, "The network's table has no such purpose."


class UnknownRelation(Refusal):
    code, kind, text = 0x6004, Kind.NOT_FOUND, "The ledger has no such relation."


class UnknownSealKey(Refusal):
    code, kind, text = (
        0x6005,
        Kind.NOT_FOUND,
        "The public sealing key is not published, or is another than the ledger's.",
    )


class NoInvitation(Refusal):
    code, kind, text = 0x6006, Kind.NOT_FOUND, "The ledger has no open invitation for this code."


class NoPendingClaim(Refusal):
    code, kind, text = 0x6007, Kind.NOT_FOUND, "No claim of this account is pending."


class WrongShortCode(Refusal):
    code, kind, text = 0x6008, Kind.FORBIDDEN, "The short code is not the one of the pending claim: reject the claim."


class AmbiguousPatient(Refusal):
    code, kind, text = 0x6009, Kind.CONFLICT, "The identifiers of a patient lead to different relations."


class WrongPlace(Refusal):
    code, kind, text = 0x600A, Kind.CONFLICT, "A record of this id is kept for another patient."


class NotForUs(Refusal):
    code, kind, text = 0x600B, Kind.FORBIDDEN, "It is addressed to somebody else."


class NotCustodian(Refusal):
    code, kind, text = 0x600C, Kind.FORBIDDEN, "The relation is not this organisation's."


class WrongOpening(Refusal):
    code, kind, text = 0x600D, Kind.INVALID, "What was handed over does not open its commitment."


class NoSuchDirective(Refusal):
    code, kind, text = 0x600E, Kind.NOT_FOUND, "The ledger has no such directive in force."


class NotReleased(Refusal):
    code, kind, text = 0x600F, Kind.FORBIDDEN, "The ledger holds no release that this delivery could be."


class Refuted(Refusal):
    code, kind, text = 0x6010, Kind.INVALID, "The evidence does not prove what the delivery says."


class Rollback(Refusal):
    code, kind, text = 0x6011, Kind.CONFLICT, "A version seen before was dropped, or an older state is shown."


class Incomplete(Refusal):
    code, kind, text = 0x6012, Kind.INVALID, "The list of records is not complete."


class NothingAnchored(Refusal):
    code, kind, text = 0x6013, Kind.NOT_FOUND, "The relation holds nothing yet."


class NotCarried(Refusal):
    """Says what a member said that did not carry it, where one did."""

    code, kind, text = 0x6014, Kind.UNAVAILABLE, "No member carried the message; try again."

    def __init__(self, why: Refusal | None = None) -> None:
        super().__init__(why)
        self.why = why

    def __str__(self) -> str:
        if self.why is None:
            return super().__str__()
        return f"{self.text} One said: {self.why.text} (0x{self.code:04x})"


class ReadOnly(Refusal):
    code, kind, text = 0x6015, Kind.UNAVAILABLE, "The region was opened for reading only."


class RegionExists(Refusal):
    code, kind, text = 0x6016, Kind.CONFLICT, "There is a region in this folder already."


class NoRegion(Refusal):
    code, kind, text = 0x6017, Kind.NOT_FOUND, "There is no region in this folder."


class ActorExists(Refusal):
    code, kind, text = 0x6018, Kind.CONFLICT, "The region has an actor of this name already."


class UnusableName(Refusal):
    code, kind, text = (
        0x6019,
        Kind.INVALID,
        "A short name is 1 to 40 of a-z, 0-9 and hyphen, hyphen not first, no two alike, no page of a server.",
    )


class RequestOver(Refusal):
    code, kind, text = 0x601A, Kind.GONE, "The request's time is over."


class AlreadyAnswered(Refusal):
    code, kind, text = 0x601B, Kind.CONFLICT, "The request was answered."


class NoSuchKey(Refusal):
    code, kind, text = 0x601C, Kind.NOT_FOUND, "The account lists no such key."


class OtherGenesis(Refusal):
    code, kind, text = 0x601D, Kind.CONFLICT, "The ledger is of another genesis than the region's."


class OtherLog(Refusal):
    code, kind, text = (
        0x601E,
        Kind.CONFLICT,
        "The checkpoint is not over this ledger's log, or an earlier one than the evidence.",
    )


class SealedPartElsewhere(Refusal):
    code, kind, text = 0x601F, Kind.NOT_FOUND, "The sealed part of the directive is not in this wallet."


class StateTooOld(Refusal):
    code, kind, text = 0x6030, Kind.UNAVAILABLE, "The view of the ledger is too old to decide on; try again."


class NoSuchSession(Refusal):
    code, kind, text = 0x6031, Kind.NOT_FOUND, "The ledger has no such session that is open."


class PageAnswered(Refusal):
    code, kind, text = 0x6032, Kind.CONFLICT, "This page of the session, or a later one, was answered."


class OtherSessionLog(Refusal):
    code, kind, text = 0x6033, Kind.CONFLICT, "The log shown is not the one that the session's closing committed to."


class NothingToPush(Refusal):
    code, kind, text = 0x6034, Kind.NOT_FOUND, "Nothing of the relation may go to the recipient on this ground."


class NotPermitted(Refusal):
    code, kind, text = 0x6035, Kind.FORBIDDEN, "No ground lets this go to the recipient at present."


class NoSuchReview(Refusal):
    code, kind, text = 0x6036, Kind.NOT_FOUND, "The relation has no such break-glass."


class NotComparable(Refusal):
    code, kind, text = 0x6040, Kind.INVALID, "Of two checkpoints the longer came without its published files."


class NoSuchEntry(Refusal):
    code, kind, text = 0x6041, Kind.NOT_FOUND, "The log has no such entry under this checkpoint."


class WitnessExists(Refusal):
    code, kind, text = 0x6042, Kind.CONFLICT, "There is a witness in this folder already."


class NoWitness(Refusal):
    code, kind, text = 0x6043, Kind.NOT_FOUND, "There is no witness in this folder."


class WitnessBusy(Refusal):
    code, kind, text = 0x6044, Kind.UNAVAILABLE, "Another process uses this witness."


class UnknownLog(Refusal):
    code, kind, text = 0x6045, Kind.NOT_FOUND, "The witness does not know this log yet: give its genesis."


class NoSuchPetition(Refusal):
    code, kind, text = 0x6050, Kind.NOT_FOUND, "There is no such open petition, or what it says has not come."


class NothingProposed(Refusal):
    code, kind, text = 0x6051, Kind.INVALID, "The petition proposes no new content for one record; give it."


class KeptAndNotUsed(Refusal):
    code, kind, text = 0x6052, Kind.FORBIDDEN, "The relation is restricted: it is kept and not used."


class OtherReads(Refusal):
    code, kind, text = 0x6053, Kind.INVALID, "The list of reads is not the one that was anchored."


class NoCareGroup(Refusal):
    code, kind, text = 0x6060, Kind.NOT_FOUND, "The founders of this network named no group that standing permits name."


class NamesOneOrganisation(Refusal):
    code, kind, text = (
        0x6061,
        Kind.CONFLICT,
        "One organisation named at all accounts links them: say that it is to be at once, or name none.",
    )


class NothingWaits(Refusal):
    code, kind, text = 0x6062, Kind.NOT_FOUND, "No wish of this wallet waits."


class UnfitHolders(Refusal):
    code, kind, text = (
        0x60F0,
        Kind.INVALID,
        "Holders are other active members, each once; the threshold is at least two and at most their number.",
    )


class NoSuchShare(Refusal):
    code, kind, text = 0x60F1, Kind.NOT_FOUND, "This organisation holds no share of that escrow."


class EscrowNotOpened(Refusal):
    code, kind, text = 0x60F2, Kind.FORBIDDEN, "The ledger lets nobody open this escrow."


class TooFewShares(Refusal):
    code, kind, text = 0x60F3, Kind.UNAVAILABLE, "Fewer holders have released their share than the threshold."


class WrongShare(Refusal):
    code, kind, text = 0x60F4, Kind.INVALID, "The share is not the one that the escrow's header names for its holder."


class OtherEscrow(Refusal):
    code, kind, text = (
        0x60F5,
        Kind.INVALID,
        "This is not the escrow that stands on the ledger, or it was changed.",
    )


class NotASigner(Refusal):
    code, kind, text = 0x60F6, Kind.FORBIDDEN, "The file does not wait for this key."


class SigningOver(Refusal):
    code, kind, text = 0x60F7, Kind.GONE, "The time to sign and submit this file is over: let it be drawn up again."


class SignaturesMissing(Refusal):
    code, kind, text = 0x60F8, Kind.CONFLICT, "Not everybody the file waits for has signed."


class KeysElsewhere(Refusal):
    code, kind, text = (
        0x60F9,
        Kind.CONFLICT,
        "Too few of the administration keys are here: draw up a file and let the administrators sign it.",
    )


class SecretsInTheWay(Refusal):
    code, kind, text = 0x60FA, Kind.CONFLICT, "The keystore holds other secrets than the escrow: move it away first."


class NoSuchEscrow(Refusal):
    code, kind, text = (
        0x60FB,
        Kind.NOT_FOUND,
        "There is none: no escrow of this member on the ledger, or no file of it.",
    )


class NoRecovery(Refusal):
    code, kind, text = 0x6070, Kind.NOT_FOUND, "No recovery of this account is under way."


class NotAKeyholder(Refusal):
    code, kind, text = 0x6071, Kind.NOT_FOUND, "This wallet holds no key that helps recover this account."


class UnusableApproval(Refusal):
    code, kind, text = 0x6072, Kind.INVALID, "The approval is of another recovery, or is nobody's who helps recover it."


class WrongRecoveryCode(Refusal):
    code, kind, text = 0x6073, Kind.FORBIDDEN, "This is not the short code that the person's wallet shows."


class UnusableKeys(Refusal):
    code, kind, text = 0x6074, Kind.INVALID, "What was handed over is no public key of the kind that is asked for."


class NoSuchWait(Refusal):
    code, kind, text = 0x6075, Kind.NOT_FOUND, "No such change or recovery of the account waits."


class ShareRequestExpired(Refusal):
    code, kind, text = 0x6080, Kind.INVALID, "The request for a share is over, or its end lies too far ahead."


class ShareNotDue(Refusal):
    code, kind = 0x6081, Kind.FORBIDDEN
    text = "The ledger shows no finished recovery of this account since the backup was made."


class NotTheHolder(Refusal):
    code, kind, text = 0x6082, Kind.NOT_FOUND, "The backup has no share for this organisation."


class OtherShareCode(Refusal):
    code, kind, text = 0x6083, Kind.FORBIDDEN, "The short code is not that of this request for a share."


class NoSuchRepresentation(Refusal):
    code, kind, text = 0x6090, Kind.NOT_FOUND, "The relation has no such representation or delegation."


class AuthorityOver(Refusal):
    code, kind, text = (
        0x6091,
        Kind.FORBIDDEN,
        "The authority of who granted it is over, or its sealed part is not at hand.",
    )


class ActsForNobody(Refusal):
    code, kind, text = 0x6092, Kind.FORBIDDEN, "The account does not act for the person of this relation at present."


class RelationClosed(Refusal):
    code, kind, text = 0x60A0, Kind.GONE, "The relation is closed: it takes in nothing new."


class CustodyMoving(Refusal):
    code, kind, text = 0x60A1, Kind.CONFLICT, "The relation is offered to another custodian: withdraw that first."


class NotOffered(Refusal):
    code, kind, text = 0x60A2, Kind.NOT_FOUND, "Nothing of the kind was offered or handed over to this organisation."


class WorkUnderWay(Refusal):
    code, kind, text = 0x60A3, Kind.CONFLICT, "An answer to a petition is under way; let it be given first."


class NotAllAgreed(Refusal):
    code, kind, text = 0x60B0, Kind.CONFLICT, "A side that holds its own keys has not approved the merge, or no longer."


class NoSuchSegment(Refusal):
    code, kind, text = 0x60B2, Kind.NOT_FOUND, "The patient has no such segment."


class SegmentExists(Refusal):
    code, kind, text = 0x60B3, Kind.CONFLICT, "The patient has a segment of this name."


class NotMovable(Refusal):
    code, kind, text = (
        0x60B4,
        Kind.CONFLICT,
        "Only a FHIR resource of another patient can be moved: not a patient, a tombstone or what was moved already.",
    )


class WouldLinkSegment(Refusal):
    code, kind, text = (
        0x60B5,
        Kind.CONFLICT,
        "One of them is a confidential segment, which a merge links on the ledger for ever: say that it is to be.",
    )


class NotInOutage(Refusal):
    code, kind, text = (
        0x60C0,
        Kind.UNAVAILABLE,
        "While the ledger cannot commit, nothing goes but an emergency that the policy allows; try again later.",
    )


class NoSuchSilence(Refusal):
    code, kind, text = 0x60C1, Kind.NOT_FOUND, "There is no such order in force, or its opening has not come."


class NoGround(Refusal):
    code, kind, text = 0x60C2, Kind.FORBIDDEN, "The order does not let it go."


class NothingInBulk(Refusal):
    code, kind, text = 0x60C3, Kind.NOT_FOUND, "No relation here lets anything go to this recipient for this purpose."


class OtherReceipts(Refusal):
    code, kind, text = 0x60C4, Kind.INVALID, "The receipts are not those that the ledger holds of the bulk release."


class UnusableWords(Refusal):
    code, kind, text = 0x60C7, Kind.INVALID, "A text or file is empty, too long or not Unicode; nothing was kept."


class NoSuchResource(Refusal):
    code, kind, text = 0x6220, Kind.NOT_FOUND, "There is no such resource here for whoever asks."


class ResourceGone(Refusal):
    code, kind, text = 0x6221, Kind.GONE, "The resource was erased, or moved to where it belongs."


class NotAttested(Refusal):
    code, kind, text = 0x6222, Kind.FORBIDDEN, "The ledger has no attestation in force of this member of staff."


class NotAtPresent(Refusal):
    code, kind, text = (
        0x6223,
        Kind.FORBIDDEN,
        "The account is frozen, being recovered, or its person has died: nothing is shown to its keys.",
    )


class PageOver(Refusal):
    code, kind, text = 0x6224, Kind.GONE, "What the page belongs to has changed meanwhile: begin at the first page."
