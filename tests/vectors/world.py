"""A small ledger made by hand: one relation of three records, one release, one header; then its evidence.

It uses the plain trees only, so that what it proves does not rest on the code that serves proofs.
Each part can be replaced, to make evidence with exactly one defect.
"""

from dataclasses import dataclass, field

from salus.core import cose
from salus.core.encoding import encode
from salus.core.genesis import founder_id, network_id
from salus.core.hashing import T
from salus.core.record import LeafHeader, RelationOpening, leaf_hash, relation_root
from salus.core.request import Request
from salus.core.signatures import SigningKey
from salus.core.types import Message
from salus.evidence.format import (
    Checkpoint,
    Evidence,
    LogFact,
    RecordFact,
    RequestFact,
    StateFact,
    WholeRelation,
    origin,
)
from salus.evidence.header import Header, sign_header
from salus.evidence.state import (
    LOG_KEY,
    AnswerValue,
    LogValue,
    RelationValue,
    Released,
    answer_key,
    owner_key,
    relation_key,
)
from salus.merkle import checkpoint as notes
from salus.merkle.log import Log
from salus.merkle.plain import plain_proof, plain_root

from .core_vectors import genesis_document
from .fixed import NOW, fixed, key
from .record_vectors import header

GENESIS = genesis_document()
NETWORK = network_id(encode(GENESIS))
HOSPITAL, REGULATOR = (founder_id(founder) for founder in GENESIS.founders)
RELATION = fixed("handle")
DIRECTIVE = fixed("directive")
NODE = key("node")
RECIPIENT_KEY = key("Regulator gateway")
WITNESS = notes.NoteKey("witness.example/1", key("witness").public)
LABELS = ("a", "b", "c")


def event_body(number: int, event: Message) -> bytes:
    """The body of an event's entry in the log."""
    return encode([number, fixed("envelope nonce", 16), 0, event])


def octets(label: str) -> bytes:
    return b'{"resourceType":"Observation","id":"' + label.encode() + b'"}'


@dataclass
class World:
    """Everything the evidence is made of; change a part, then call `evidence`."""

    labels: tuple[str, ...] = LABELS  # of all records of the relation, in the order of its log
    shown: tuple[str, ...] = ("a", "b")  # of the records released
    seq: int = 3
    node: SigningKey = NODE
    basis: tuple[int, bytes | None, int] = (2, DIRECTIVE, 1)
    opening: RelationOpening = None  # type: ignore[assignment]
    leaves: list[bytes] = field(default_factory=list)
    entries: list[tuple[bytes, bytes]] = field(default_factory=list)
    state: dict[bytes, bytes] = field(default_factory=dict)
    log: Log = field(default_factory=Log)
    request: bytes = b""
    body: bytes = b""

    def __post_init__(self) -> None:
        self.leaves = [self.leaf(label) for label in self.labels]
        self.entries = sorted((self.header(label).record, self.leaf(label)) for label in self.labels)
        self.opening = RelationOpening(
            RELATION, self.seq, fixed("opening salt"), len(self.leaves), Log(self.leaves).root(),
            plain_root(self.entries), 0, Log().root(),
        )  # fmt: skip
        payload = Request(
            RELATION, fixed("filter"), 1, None, fixed("seal key"), fixed("request nonce", 16), NOW + 60_000
        )
        self.request = cose.sign("request", NETWORK, encode(payload), [RECIPIENT_KEY])
        self.request_id = T("request", NETWORK, encode(payload))
        commitment = T("leaves", NETWORK, fixed("leaves salt"), sorted(self.leaf(label) for label in self.shown))
        self.root = relation_root(NETWORK, self.opening)
        event = Released(
            RELATION, REGULATOR, HOSPITAL, self.request_id, payload.filter, 1, None, payload.seal_key,
            self.basis, 1, self.root, commitment, 1, NOW + 60_000,
        )  # fmt: skip
        self.body = event_body(0x0501, event)
        for i in range(5):
            self.log.append(fixed(f"entry {i}"))
        self.index = self.log.append(T("event", NETWORK, self.body))
        self.log.append(fixed("entry after"))
        self.state = {fixed(f"other key {i}", 20): fixed(f"other value {i}") for i in range(20)}
        self.state |= {
            relation_key(RELATION): encode(RelationValue(self.root, self.seq, NOW, fixed("older root"), NOW)),
            answer_key(RELATION, self.request_id): encode(
                AnswerValue(1, REGULATOR, NOW, commitment, NOW + 60_000, None)
            ),
            owner_key(RECIPIENT_KEY.id(NETWORK)): REGULATOR,
            LOG_KEY: encode(LogValue(self.log.size, self.log.root())),
        }

    def header(self, label: str) -> LeafHeader:
        return header(label, NETWORK, octets(label))

    def leaf(self, label: str) -> bytes:
        return leaf_hash(NETWORK, RELATION, fixed("leaf salt " + label), encode(self.header(label)))

    def record(self, label: str, whole: bool = False) -> RecordFact:
        proof = plain_proof(self.entries, self.header(label).record)
        content = (fixed("content salt " + label), octets(label))
        encoded = encode(self.header(label))
        return RecordFact(encoded, fixed("leaf salt " + label), () if whole else proof.siblings, content)

    def records(self, labels: tuple[str, ...], whole: bool = False) -> tuple[RecordFact, ...]:
        return tuple(self.record(x, whole) for x in sorted(labels, key=lambda x: self.header(x).record))

    def signed_header(self) -> bytes:
        app_hash = plain_root(self.state.items())
        payload = Header(1, NETWORK, 9, NOW, fixed("previous"), fixed("batches"), app_hash, self.node.id(NETWORK))
        return sign_header(payload, self.node).raw

    def facts(self, *keys: bytes) -> tuple[StateFact, ...]:
        items = list(self.state.items())
        return tuple(StateFact(k, self.state.get(k), plain_proof(items, k)) for k in sorted(keys))

    def checkpoint(self, witnessed: bool = True) -> Checkpoint:
        note = notes.sign(notes.Checkpoint(origin(NETWORK), self.log.size, self.log.root()), origin(NETWORK), self.node)
        if witnessed:
            note = notes.cosign(note, WITNESS.name, key("witness"), NOW // 1000)
        return Checkpoint(note.note().encode(), ())

    def log_fact(self) -> LogFact:
        proof = self.log.inclusion(self.index)
        return LogFact(self.index, self.log.size, self.body, proof.path)

    def release(self, witnessed: bool = True) -> Evidence:
        keys = (relation_key(RELATION), answer_key(RELATION, self.request_id), owner_key(RECIPIENT_KEY.id(NETWORK)))
        return Evidence(
            1, NETWORK, 1, self.signed_header(), self.facts(LOG_KEY, *keys), (self.log_fact(),),
            self.checkpoint(witnessed), self.opening, self.records(self.shown),
            RequestFact(self.request, RECIPIENT_KEY.public, fixed("leaves salt")), None,
        )  # fmt: skip

    def view(self, witnessed: bool = True) -> Evidence:
        whole = WholeRelation(tuple(self.leaves), tuple(self.entries))
        return Evidence(
            1, NETWORK, 2, self.signed_header(), self.facts(LOG_KEY, relation_key(RELATION)), (),
            self.checkpoint(witnessed), self.opening, self.records(self.labels, whole=True), None, whole,
        )  # fmt: skip

    def fact(self, *keys: bytes) -> Evidence:
        return Evidence(
            1, NETWORK, 3, self.signed_header(), self.facts(*keys), (), None, None, (), None, None
        )  # fmt: skip
