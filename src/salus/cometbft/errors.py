"""Why a commit, a validator set or a piece of evidence proves nothing.

All are wrong signatures to whoever does not ask further: what is shown was not signed by those who count.
"""

from salus.core.errors import Kind, WrongSignature


class WrongValidators(WrongSignature):
    code, kind, text = 0x3000, Kind.INVALID, "The validators shown are not those that the header names."


class OtherBlock(WrongSignature):
    code, kind, text = 0x3001, Kind.INVALID, "The commit is of another block, height or set of validators."


class WrongVote(WrongSignature):
    code, kind, text = 0x3002, Kind.UNAUTHENTICATED, "A vote of the commit is not by the validator whose place it has."


class NotCommitted(WrongSignature):
    code, kind = 0x3003, Kind.UNAUTHENTICATED
    text = "Not more than two thirds of the validators' power signed the block."


class NotTrusted(WrongSignature):
    code, kind = 0x3004, Kind.UNAUTHENTICATED
    text = "Not more than a third of the power that is trusted signed the block."


class NoMisbehaviour(WrongSignature):
    code, kind, text = 0x3005, Kind.INVALID, "What is shown proves no misbehaviour of a validator."
