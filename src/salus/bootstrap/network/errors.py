"""Why a network, or a member's node, cannot be made or run."""

from pathlib import Path

from salus.core.errors import Kind, Refusal


class NoCometBFT(Refusal):
    code, kind = 0x6312, Kind.UNAVAILABLE
    text = (
        "CometBFT is not here: `make cometbft` builds it where Go is installed; else put it into PATH, or name it in "
        "SALUS_COMETBFT."
    )


class UntestedCometBFT(Refusal):
    """Names the version that was found."""

    code, kind = 0x6313, Kind.CONFLICT
    text = (
        "CometBFT of this version was not tested with Salus, which knows 0.38, 0.39 and 0.40: `make cometbft` builds "
        "0.39.4"
    )

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.version = version

    def __str__(self) -> str:
        return f"{self.text} (found: {self.version}) (0x{self.code:04x})"


class NetworkFolderTaken(Refusal):
    code, kind, text = 0x6314, Kind.CONFLICT, "There is something in this folder already: give a new or an empty one."


class BadMembers(Refusal):
    code, kind = 0x6315, Kind.INVALID
    text = "The members are not of their form: JSON, a list of {slug, name, roles}, slugs and addresses all different."


class NoConsensusHome(Refusal):
    code, kind = 0x6316, Kind.NOT_FOUND
    text = (
        "No home of a network is here (`consensus.json`); `salus network init` makes homes, `salus network card` and "
        "`salus network join` one."
    )


class AlreadyUp(Refusal):
    code, kind, text = 0x6317, Kind.CONFLICT, "This member's node is running already; `salus network status` shows it."


class NotUp(Refusal):
    code, kind = 0x6318, Kind.UNAVAILABLE
    text = "This home's node is not running: start it with `salus network up`, and try again."


class NothingToStop(Refusal):
    code, kind, text = 0x634C, Kind.UNAVAILABLE, "No node is running here: there is nothing to stop."


class PortTaken(Refusal):
    """Names the address."""

    code, kind, text = 0x6319, Kind.UNAVAILABLE, "Another process listens there already"

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address

    def __str__(self) -> str:
        return f"{self.text}: {self.address}; end it, or change the address in consensus.json (0x{self.code:04x})"


class OtherChain(Refusal):
    code, kind = 0x631A, Kind.CONFLICT
    text = "CometBFT's folder of this home is of another network than its genesis: it is not touched."


class SignStateGone(Refusal):
    code, kind = 0x631B, Kind.CONFLICT
    text = "What the validator signed last is not in this home: without it, it could sign twice. Put the file back."


class NeverHealthy(Refusal):
    """Names the member, and the file that says why."""

    code, kind, text = 0x631C, Kind.UNAVAILABLE, "A node did not come up in time"

    def __init__(self, member: str, log: Path | None = None) -> None:
        super().__init__(member, log)
        self.member, self.log = member, log

    def __str__(self) -> str:
        where = "" if self.log is None else f"; {self.log} may say why"
        return f"{self.text}: {self.member}{where} (0x{self.code:04x})"


class BadInvitation(Refusal):
    code, kind, text = (
        0x631D,
        Kind.INVALID,
        "The invitation, or the application, is not of its form or not of this network.",
    )


class BadPeerCard(Refusal):
    code, kind = 0x6341, Kind.INVALID
    text = "The card of a member's node is not of its form: `salus network peers --card FILE` at that member writes it."


class PeerClash(Refusal):
    code, kind = 0x6342, Kind.CONFLICT
    text = (
        "A peer of consensus.json has this name with another node, or this node with another name, or it is this "
        "home's own; or no more fit. `salus network peers` lists them, and --remove takes one out."
    )


class NoSuchPeer(Refusal):
    code, kind, text = (
        0x6343,
        Kind.NOT_FOUND,
        "No peer of consensus.json has this name; `salus network peers` lists them.",
    )


class ServerSilent(Refusal):
    code, kind, text = 0x631E, Kind.UNAVAILABLE, "A member's server does not answer, or not in its form."


class NotAlone(Refusal):
    code, kind = 0x631F, Kind.CONFLICT
    text = "Its homes are not all on this machine: bring up each where it is, with `salus network up --home`."


class NoPassphraseFile(Refusal):
    code, kind = 0x6330, Kind.INVALID
    text = (
        "Nobody is there to type the passphrase when a node starts anew. Write it into a file that this user alone can "
        "read, `(umask 077; cat > FILE)`, and name that: `SALUS_PASSPHRASE_FILE=FILE salus network up ...`"
    )


class BadRpcCertificate(Refusal):
    code, kind = 0x634B, Kind.INVALID
    text = (
        "`rpc_certificate` and `rpc_key` of consensus.json do not serve: two files, both in PEM, of one key pair, the "
        "key without a passphrase. CometBFT would start, and answer nobody."
    )


class NotAGenesis(Refusal):
    code, kind, text = 0x6336, Kind.INVALID, "The file is neither an invitation nor a genesis."


class OfNode(Refusal):
    """Names the node by its URL."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url

    def __str__(self) -> str:
        return f"{self.text}: {self.url} (0x{self.code:04x})"


class NodeSilent(OfNode):
    """Says why where TLS is why."""

    code, kind, text = 0x6331, Kind.UNAVAILABLE, "No node of CometBFT answers there, or not in its form"

    def __init__(self, url: str, why: Refusal | None = None) -> None:
        super().__init__(url)
        self.why = why

    def __str__(self) -> str:
        return (
            super().__str__() if self.why is None else f"{self.text}: {self.url}: {self.why.text} (0x{self.code:04x})"
        )


class NodeOfOtherChain(OfNode):
    code, kind, text = 0x6332, Kind.CONFLICT, "The node is of another network than the genesis"


class NodeTwice(OfNode):
    code, kind, text = 0x6333, Kind.INVALID, "Two of the addresses lead to one node, which cannot confirm itself"


class NodeNotBelieved(OfNode):
    """Says why."""

    code, kind, text = 0x6334, Kind.UNAUTHENTICATED, "The header that a node shows where trust begins is not believed"

    def __init__(self, url: str, why: Refusal) -> None:
        super().__init__(url)
        self.why = why

    def __str__(self) -> str:
        return f"{self.text}: {self.url}: {self.why.text} (0x{self.code:04x})"


class NothingToTrust(Refusal):
    code, kind = 0x6335, Kind.NOT_FOUND
    text = (
        "No node has the block where trust is to begin: give --trust-height and --trust-hash of one that they have, as "
        "somebody you trust says them."
    )
