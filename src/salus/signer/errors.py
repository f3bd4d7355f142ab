"""Why a signer does not sign, or does not begin."""

from salus.core.errors import Kind, Refusal


class OtherChain(Refusal):
    code, kind, text = 0x3100, Kind.FORBIDDEN, "The node asks for the key of another chain."


class UnfitRequest(Refusal):
    code, kind, text = 0x3101, Kind.INVALID, "The node asks for what is no vote, no proposal, or nothing to be signed."


class HeightRegression(Refusal):
    code, kind, text = 0x3102, Kind.CONFLICT, "Something of a greater height was signed before."


class RoundRegression(Refusal):
    code, kind, text = 0x3103, Kind.CONFLICT, "Something of a later round of this height was signed before."


class StepRegression(Refusal):
    code, kind, text = 0x3104, Kind.CONFLICT, "Something of a later step of this round was signed before."


class ConflictingSignature(Refusal):
    code, kind, text = 0x3105, Kind.CONFLICT, "Something else was signed at this height, round and step."


class NoSignState(Refusal):
    code, kind = 0x3106, Kind.NOT_FOUND
    text = (
        "Nothing here says what this key has signed. If it never signed, begin with --after 0; "
        "else with --after and a height that it certainly did not sign beyond."
    )


class SignStateExists(Refusal):
    code, kind, text = 0x3107, Kind.CONFLICT, "What this key has signed is kept here already: begin without --after."


class DamagedSignState(Refusal):
    code, kind = 0x3108, Kind.INVALID
    text = (
        "What this key has signed cannot be read, so nothing is signed. Remove signer/state only where you know "
        "a height that the key did not sign beyond, and begin with --after that height."
    )


class SignStateOfAnother(Refusal):
    code, kind, text = 0x3109, Kind.CONFLICT, "What is kept of signatures here is another key's, or another chain's."


class SignerInUse(Refusal):
    code, kind, text = 0x310A, Kind.UNAVAILABLE, "Another signer has this home open: two would sign twice."


class NotByTcp(Refusal):
    code, kind = 0x310B, Kind.INVALID
    text = (
        "Over TCP CometBFT speaks its own secret connection, which no library offers here. Let the node listen on a "
        "unix socket, and forward that over SSH where the signer is on another host."
    )


class UnusableAddress(Refusal):
    code, kind, text = (
        0x310C,
        Kind.INVALID,
        "A signer's address is unix:// and the path of a socket, at most 100 bytes.",
    )


class NoKeyHere(Refusal):
    code, kind, text = 0x310D, Kind.NOT_FOUND, "This home holds no validator's key."


class SignerExists(Refusal):
    code, kind, text = 0x310E, Kind.CONFLICT, "This home holds a validator's key already."
