"""Why a node did not answer, or not as it must."""

from salus.core.errors import Kind, Refusal


class NodeAway(Refusal):
    code, kind, text = 0x5030, Kind.UNAVAILABLE, "The ledger's node cannot be reached; nothing was sent."


class NodeBusy(Refusal):
    code, kind, text = 0x5031, Kind.UNAVAILABLE, "The ledger's node takes nothing at the moment."


class AnswerLost(Refusal):
    code, kind = 0x5032, Kind.UNAVAILABLE
    text = (
        "The node's answer was lost: whether the batch was executed, the blocks will say. The same may be sent again."
    )


class UnreadableAnswer(Refusal):
    code, kind, text = 0x5033, Kind.UNAVAILABLE, "The answer of the ledger's node is not of its form."


class NodeRefused(Refusal):
    code, kind, text = 0x5034, Kind.INVALID, "The ledger's node refused the question."


class PrunedThere(Refusal):
    code, kind, text = 0x5035, Kind.NOT_FOUND, "The ledger's node has pruned that."


class BadUpstream(Refusal):
    code, kind = 0x5036, Kind.INVALID
    text = "The address of the ledger's node is not of its form, or the file of its certificate authority not in PEM."


class TlsFailed(NodeAway):
    """The server is there, and TLS with it does not come about; which of the following it is, says why."""


class UntrustedCertificate(TlsFailed):
    code, kind = 0x5037, Kind.UNAVAILABLE
    text = (
        "The server's certificate is not of an authority that is trusted for it: name the file of its authority's "
        "certificates in `ca`, or with --ca. Nothing was sent."
    )


class OtherHost(TlsFailed):
    code, kind = 0x5038, Kind.UNAVAILABLE
    text = (
        "The server's certificate is for other host names than the one in its address: write one of those, or have the "
        "certificate made for this one. Nothing was sent."
    )


class CertificateExpired(TlsFailed):
    code, kind = 0x5039, Kind.UNAVAILABLE
    text = "The server's certificate has expired, or is not valid yet by this machine's clock. Nothing was sent."


class TlsSpokenThere(TlsFailed):
    code, kind = 0x503A, Kind.UNAVAILABLE
    text = "The server speaks TLS, and its address begins with http://: write https://. It took nothing."


class NoTlsThere(TlsFailed):
    code, kind = 0x503B, Kind.UNAVAILABLE
    text = "The server speaks no TLS, and its address begins with https://: write http://, or see to its certificate."
