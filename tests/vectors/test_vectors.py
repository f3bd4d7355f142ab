"""The committed vectors are what the generator makes, and code that knows only the description agrees."""

import hmac
import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from shamir_mnemonic import combine_mnemonics

from properties.naive_policy import naive_decide
from salus.core import cose
from salus.core.encoding import decode, decode_plain
from salus.core.envelope import parse_envelope
from salus.core.errors import Malformed
from salus.core.record import LeafHeader
from salus.core.signatures import verify
from salus.evidence.equivocation import check as check_fork
from salus.evidence.verify import verify as verify_evidence
from salus.ledger.embedded.blockfile import pruned_record
from salus.merkle.checkpoint import NoteKey
from salus.merkle.log import Consistency, Inclusion, verify_consistency, verify_inclusion
from salus.merkle.smt import Proof, verify_absence, verify_membership
from salus.policy.filter import Filter
from salus.policy.policies import Order, PolicyInForce, PolicySet
from salus.policy.provision import Facts
from salus.policy.public import Asked, Recipient
from salus.policy.question import Question, Represents
from salus.policy.types import Directive, Effect, SealedPart

from . import plain
from .fixed import fixed
from .generate import VECTORS, main, text

HERE = Path(__file__).parent
bytes_of = bytes.fromhex


def load(name: str) -> dict:  # type: ignore[type-arg]
    return json.loads((HERE / f"{name}.json").read_text())  # type: ignore[no-any-return]


def good(public: str, message: bytes, signature: bytes) -> bool:
    """Ed25519 by another library."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes_of(public)).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("name", VECTORS)
def test_the_committed_file_is_what_the_generator_makes(name: str) -> None:
    assert (HERE / f"{name}.json").read_text() == text(name)


def test_the_check_finds_changed_missing_and_stray_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vectors.generate.HERE", tmp_path)
    assert main(["--check"]) == 1
    assert main([]) == 0 and main(["--check"]) == 0
    (tmp_path / "stray.json").write_text("{}")
    assert main(["--check"]) == 1
    (tmp_path / "stray.json").unlink()
    (tmp_path / "log.json").write_text("{}")
    assert main(["--check"]) == 1


def test_encoding() -> None:
    vectors = load("encoding")
    for case in vectors["valid"]:
        assert plain.cbor(case["value"]).hex() == case["cbor"]
        assert plain.cbor(decode_plain(bytes_of(case["cbor"]))).hex() == case["cbor"]
    for case in vectors["invalid"]:
        with pytest.raises(Malformed):
            decode_plain(bytes_of(case["cbor"]))


def test_hashes_and_ids() -> None:
    for case in load("hashes")["cases"]:
        assert plain.tagged(case["tag"], bytes_of(case["network"]), *case["fields"]).hex() == case["hash"]
    ids = load("ids")
    account, nonce = bytes_of(ids["account"]), bytes_of(ids["nonce"])
    for case in ids["cases"]:
        derived = plain.tagged(case["kind"], bytes_of(ids["network"]), account, nonce, case["message"], case["entry"])
        assert derived.hex() == case["id"]


def test_keys() -> None:
    vectors = load("keys")
    network = bytes_of(vectors["network"])
    for case in vectors["cases"]:
        public = bytes_of(case["public"])
        kid = plain.tagged("key", network, case["suite"], public)
        payload = plain.cbor([bytes_of(case["account"]), case["role"], case["suite"], public])
        message = plain.to_be_signed("possession", network, payload, kid)
        assert (kid.hex(), payload.hex()) == (case["key_id"], case["possession_payload"])
        assert message.hex() == case["possession_to_be_signed"]
        assert good(case["public"], message, bytes_of(case["possession_proof"]))


def test_cose() -> None:
    vectors = load("cose")
    network = bytes_of(vectors["network"])
    assert {case["kind"] for case in vectors["valid"]} == set(cose.KINDS)
    for case in vectors["valid"]:
        parsed = cose.parse(case["kind"], bytes_of(case["cose"]))
        payload = bytes_of(case["payload"])
        assert plain.cose(case["kind"], payload, parsed.signatures).hex() == case["cose"]
        for signer, (kid, signature), shown in zip(
            case["signers"], parsed.signatures, case["to_be_signed"], strict=True
        ):
            message = plain.to_be_signed(case["kind"], network, payload, kid)
            assert (kid.hex(), message.hex()) == (signer["key_id"], shown)
            assert good(signer["public"], message, signature)


def test_cose_invalid_forms_are_refused() -> None:
    vectors = load("cose")
    network = bytes_of(vectors["network"])
    publics = {s["key_id"]: bytes_of(s["public"]) for case in vectors["valid"] for s in case["signers"]}
    for case in vectors["invalid"]:
        try:
            parsed = cose.parse(case["kind"], bytes_of(case["cose"]))
        except Malformed:
            continue
        assert not all(
            verify(publics.get(kid.hex(), bytes(32)), cose.to_be_signed(case["kind"], network, parsed.payload, kid), s)
            for kid, s in parsed.signatures
        ), case["defect"]


def test_envelopes_and_batches() -> None:
    vectors = load("envelopes")
    network = bytes_of(vectors["network"])
    for case in vectors["valid"]:
        assert plain.tagged("envelope", network, bytes_of(case["payload"])).hex() == case["id"]
        signatures = cose.parse("envelope", bytes_of(case["envelope"])).signatures
        assert plain.cose("envelope", bytes_of(case["payload"]), signatures).hex() == case["envelope"]
    for case in vectors["invalid"]:
        with pytest.raises(Malformed):
            parse_envelope(network, bytes_of(case["envelope"]))
    batches = load("batches")
    for case in batches["cases"]:
        assert plain.tagged("batch", network, bytes_of(case["payload"])).hex() == case["id"]


def test_genesis() -> None:
    vectors = load("genesis")
    document = bytes_of(vectors["document"])
    assert plain.sha256(document).hexdigest() == vectors["network"]
    founders = decode_plain(document)[4]
    accounts = [plain.tagged("organisation", bytes(32), f[4][0][2], bytes(16), 0, 0).hex() for f in founders]
    assert accounts == vectors["founders"]
    assert plain.cbor([document, decode_plain(bytes_of(vectors["file"]))[1]]).hex() == vectors["file"]


def test_sparse_tree() -> None:
    vectors = load("sparse-tree")
    items = [(fixed(f"key {i}"), fixed(f"value {i}")) for i in range(100)]
    roots = {case["keys"]: bytes_of(case["root"]) for case in vectors["trees"]}
    for count, root in roots.items():
        assert plain.tree_root(items[:count]) == root

    def proof(case: dict) -> Proof:  # type: ignore[type-arg]
        neighbour = case["neighbour"] and tuple(map(bytes_of, case["neighbour"]))
        return Proof(tuple(map(bytes_of, case["siblings"])), neighbour)

    for case in vectors["members_of_100"]:
        key, value = bytes_of(case["key"]), bytes_of(case["value"])
        leaf = plain.sha256(b"\x00" + plain.sha256(key).digest() + plain.sha256(value).digest()).digest()
        assert plain.leads_to(roots[100], key, leaf, proof(case).siblings)
        assert verify_membership(roots[100], key, value, proof(case))
    for case in vectors["absent"]:
        key, neighbour = bytes_of(case["key"]), proof(case).neighbour
        end = plain.sha256(b"\x00" + b"".join(neighbour)).digest() if neighbour else bytes(32)
        assert plain.leads_to(roots[case["keys"]], key, end, proof(case).siblings)
        assert verify_absence(roots[case["keys"]], key, proof(case))
    for case in vectors["invalid_of_100"]:
        assert not verify_membership(roots[100], bytes_of(case["key"]), bytes_of(case["value"]), proof(case))


def test_log() -> None:
    vectors = load("log")
    entries = [fixed(f"entry {i}") for i in range(20)]
    roots = {case["size"]: bytes_of(case["root"]) for case in vectors["roots"]}
    for size, root in roots.items():
        assert plain.log_root(entries[:size]) == root
    for case in vectors["inclusions"]:
        path = tuple(map(bytes_of, case["path"]))
        found = Inclusion(case["index"], case["size"], path)
        assert verify_inclusion(roots[case["size"]], entries[case["index"]], found)
        assert not verify_inclusion(roots[case["size"]], fixed("other"), found)
    for case in vectors["consistencies"]:
        grown = Consistency(case["first"], case["second"], tuple(map(bytes_of, case["path"])))
        assert verify_consistency(roots[case["first"]], roots[case["second"]], grown)
        assert not verify_consistency(fixed("other"), roots[case["second"]], grown)


def test_records_and_relation() -> None:
    vectors = load("records")
    network, relation = bytes_of(vectors["network"]), bytes_of(vectors["relation"])
    leaves = []
    for case in vectors["records"]:
        digest = plain.tagged("content", network, bytes_of(case["content_salt"]), bytes_of(case["octets"]))
        leaf = plain.tagged("leaf", network, relation, bytes_of(case["leaf_salt"]), bytes_of(case["header"]))
        assert (digest.hex(), leaf.hex()) == (case["content_digest"], case["leaf"])
        assert digest in decode_plain(bytes_of(case["header"]))
        leaves.append(leaf)
    opening = decode_plain(bytes_of(vectors["opening"]))
    assert opening[4] == plain.log_root(leaves)
    assert opening[5] == plain.tree_root([(bytes_of(k), bytes_of(v)) for k, v in vectors["map"]])
    assert plain.tagged("relation", network, *opening).hex() == vectors["relation_root"]
    commitment = plain.tagged("leaves", network, bytes_of(vectors["leaves_salt"]), sorted(leaves))
    assert commitment.hex() == vectors["leaves_commitment"]


def test_requests_to_break_the_glass_and_sessions() -> None:
    case = load("sessions")
    network, session = bytes_of(case["network"]), bytes_of(case["session"])
    for kind, name in (("break-glass", "glass"), ("page", "page")):
        payload = bytes_of(case[f"{name}_payload"])
        ((kid, signature),) = cose.parse(kind, bytes_of(case[f"{name}_request"])).signatures
        assert good(case["public"], plain.to_be_signed(kind, network, payload, kid), signature)
    assert decode_plain(bytes_of(case["glass_payload"]))[7:] == [case["glass_reason"]]
    asked = decode_plain(bytes_of(case["page_payload"]))
    assert plain.tagged("search", network, *asked[:3], *asked[4:]).hex() == case["search_info"]
    entries = []
    for page in case["pages"]:
        body = bytes_of(page["page"])
        assert decode_plain(body)[0] == session and len(decode_plain(body)[4]) == len(entries)
        entries.append(plain.tagged("page", network, bytes_of(page["salt"]), body))
        assert entries[-1].hex() == page["entry"]
    salted = plain.tagged("session", network, session, bytes_of(case["closing_salt"]), 3, plain.log_root(entries))
    assert salted.hex() == case["root"]


def test_lookups_and_tokens() -> None:
    case = load("lookups")
    network, payload = bytes_of(case["network"]), bytes_of(case["payload"])
    assert plain.tagged("look-up", network, payload).hex() == case["id"]
    ((kid, signature),) = cose.parse("look-up", bytes_of(case["lookup"])).signatures
    assert good(case["public"], plain.to_be_signed("look-up", network, payload, kid), signature)
    assert plain.tagged("query", network, bytes_of(case["query_salt"]), bytes_of(case["query"])) in decode_plain(
        payload
    )
    assert decode_plain(bytes_of(case["ticket"]))[2:] == [1, b""]

    def derived(use: bytes) -> bytes:
        info = b"salus/1 locator " + bytes_of(case["group"]) + case["epoch"].to_bytes(4, "big") + use
        return HKDF(SHA256(), 32, salt=network, info=info).derive(bytes_of(case["group_key"]))

    assert derived(b"check").hex() == case["check"]
    key = derived(b"tokens of " + bytes_of(case["custodian"]))
    assert key.hex() == case["tokens_key"]
    for person in case["people"]:
        assert person["combinations"]
        for one in person["combinations"]:
            assert hmac.new(key, bytes_of(one["octets"]), "sha256").hexdigest() == one["token"]
    spanish, chinese, russian = (
        [bytes_of(one["octets"]).split(b"\x00") for one in person["combinations"]] for person in case["people"]
    )
    assert spanish[0] == [b"document", b"http://hl7.org/fhir/sid/passport-ESP", b"XDA123456"]
    assert spanish[-1] == [b"phone", b"600111222", b"1984-03-09"]
    assert chinese[0] == [b"name", b"xiaoming", b"zhang", b"1980-02-03"]
    assert russian == [[b"name", b"ivanova", b"olga", b"1991-07-22"]]


def test_share_codes() -> None:
    case = load("share-codes")
    network, alphabet = bytes_of(case["network"]), "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    for code in case["codes"]:
        body, signature = bytes_of(code["body"]), bytes_of(code["signature"])
        hint = bytes_of(code["hint"]) or bytes(8)
        assert body == bytes_of(case["relation"]) + hint + code["minute"].to_bytes(4, "big")
        assert good(case["public"], plain.to_be_signed("share-code", network, body, bytes_of(case["key"])), signature)
        raw = body + signature
        number = int.from_bytes(raw + plain.tagged("share code", network, raw)[:7], "big")
        text = "".join(alphabet[number >> 5 * at & 31] for at in reversed(range(184)))
        assert "-".join(text[at : at + 4] for at in range(0, 184, 4)) == code["printed"]
        assert code["link"] == "salus:share?code=" + text


def test_requests_and_consents() -> None:
    case = load("requests")
    network = bytes_of(case["network"])
    assert plain.tagged("request", network, bytes_of(case["payload"])).hex() == case["id"]
    for name, opening in (("filter", bytes_of(case["filter"])), ("staff", case["staff_opening"])):
        committed = plain.tagged(name, network, bytes_of(case[f"{name}_salt"]), opening)
        assert committed.hex() == case[f"{name}_commitment"]
        assert committed in decode_plain(bytes_of(case["payload"]))
    ((kid, signature),) = cose.parse("request", bytes_of(case["request"])).signatures
    assert good(case["public"], plain.to_be_signed("request", network, bytes_of(case["payload"]), kid), signature)
    case = load("consents")
    parts = [bytes_of(case["relation"]), bytes_of(case["directive"]), case["version"], bytes_of(case["sealed_salt"])]
    sealed = plain.tagged("sealed", bytes_of(case["network"]), *parts, bytes_of(case["sealed_part"]))
    assert sealed.hex() == case["sealed_commitment"] and sealed in decode_plain(bytes_of(case["public"]))
    assert decode(bytes_of(case["sealed_part"]), SealedPart).exceptions[0][0] == Effect.DENY
    assert decode(bytes_of(case["public"]), Directive).sealed == sealed


@pytest.mark.parametrize(("name", "kind"), [("deliveries", "delivery"), ("grants", "grant"), ("notices", "notice")])
def test_sealed_objects(name: str, kind: str) -> None:
    case = load(name)
    network, payload = bytes_of(case["network"]), bytes_of(case["payload"])
    assert plain.tagged(kind, network, *case["fields"]).hex() == case["info"]
    assert plain.cbor([*case["fields"], *decode_plain(payload)[-2:]]) == payload
    ((kid, signature),) = cose.parse(kind, bytes_of(case[kind])).signatures
    assert good(case["public"], plain.to_be_signed(kind, network, payload, kid), signature)


def test_notices_of_a_release() -> None:
    case = load("release-notices")
    network, payload = bytes_of(case["network"]), bytes_of(case["payload"])
    assert plain.cbor(case["fields"]) == payload
    ((kid, signature),) = cose.parse("release-notice", bytes_of(case["notice"])).signatures
    assert good(case["public"], plain.to_be_signed("release-notice", network, payload, kid), signature)


def test_policies() -> None:
    case = load("policies")
    network = bytes_of(case["network"])
    derived = plain.tagged("policy", network, bytes_of(case["proposal"]), case["index"])
    assert derived.hex() == case["policy_set_id"]
    for tag, name in (("writ", "writ"), ("attestation", "evidence")):
        made = plain.tagged(tag, network, bytes_of(case[f"{name}_salt"]), bytes_of(case[f"{name}_document"]))
        assert made.hex() == case[f"{name}_commitment"]
    body, group = bytes_of(case["policy_set"]), plain.sha256(b"group").digest()
    fields = decode_plain(body)
    rules = [[1, 1, 3, 3, False, False], [6, 7, 1, 4, False, True]]
    assert fields == ["example", rules, [group, 5, 14_400_000], 4, [1]] and plain.cbor(fields) == body
    assert plain.cbor([None, fields]).hex() == case["action_6"] and plain.cbor([1, fields]).hex() == case["stored_set"]
    assert decode_plain(bytes_of(case["founding_set"])) == ["", rules, [0, 5, 14_400_000], 4, [1]]
    assert decode_plain(bytes_of(case["strict_opt_in"]["policy_set"])) == ["", [], [None, 0, 0], 4, []]
    assert decode_plain(bytes_of(case["order"]))[2:6] == [1, 1_700_000_000_000, 1_701_000_000_000, 4]
    for raw in (*case["messages"].values(), case["chosen"], case["attestation"]):
        assert plain.cbor(decode_plain(bytes_of(raw))).hex() == raw


def test_decisions() -> None:
    """What the file says by itself is enough for another program to decide: here the naive one does."""
    vectors = load("decisions")
    asked: list[tuple[int, set[int]]] = []
    for world in vectors["worlds"]:
        for case in world["questions"]:
            found = naive_decide(*read_case(world, case))
            answer = case["answer"]
            assert found["permitted"] == answer["permitted"] and found["tier"] == answer["tier"]
            assert list(found["reasons"]) == answer["reasons"]
            basis = found["basis"]
            assert answer["basis"] == (None if basis is None else [basis[0], basis[1] and basis[1].hex(), basis[2]])
            assert [record.hex() for record in found["allowed"]] == answer["allowed"]
            assert [record.hex() for record in found["denied"]] == answer["denied"]
            assert list(found["obligations"]) == answer["obligations"]
            assert list(found["left_out"]) == answer["left_out"]
            asked.append((answer["tier"], set(answer["reasons"])))
    assert {tier for tier, _ in asked} == {1, 2, 3, 4, 5, 6}
    assert len(set().union(*(reasons for _, reasons in asked))) == len(vectors["reasons"]) - 8


def read_case(world: dict[str, Any], case: dict[str, Any]) -> tuple[Question, list[Any], list[Facts]]:
    """Return a question, its directives and records, made of nothing but the file."""
    policy = world["policy"]
    recipient = Recipient(
        bytes_of(case["recipient"]), tuple(case["roles"]), lambda group: group.hex() in case["in_groups"]
    )
    held = {(authority, purpose): number for authority, purpose, number in case["held"]}
    represents = case["represents"]
    question = Question(
        bytes_of(world["relation"]),
        Asked(
            recipient,
            case["purpose"],
            lambda p: p in case["implied_by"],
            case["purpose_is_break_glass"],
            case["time"],
            lambda under, p: held.get((under.hex(), p), 41),
        ),
        case["staff"] and bytes_of(case["staff"]),
        decode(bytes_of(case["filter"]), Filter),
        {bytes_of(chain): count for chain, count in case["used"].items()},
        case["recipient_suspended"],
        PolicyInForce(
            bytes_of(policy["set"]),
            policy["version"],
            decode(bytes_of(policy["body"]), PolicySet),
            tuple(tuple(choice) for choice in policy["preference"]),
        ),
        [(bytes_of(name), decode(bytes_of(order), Order)) for name, order in world["orders"]],
        case["break_glass"],
        case["relation_restricted"],
        case["height"],
        case["person_deceased"],
        case["relation_closed"],
        represents and Represents(bytes_of(represents[0]), tuple(represents[1])),
    )
    directives = [
        (decode(bytes_of(public), Directive), part and decode(bytes_of(part), SealedPart))
        for public, part in world["directives"]
    ]
    records = [
        Facts(
            decode(bytes_of(one["header"]), LeafHeader),
            None if one["codes"] is None else tuple((system, code) for system, code in one["codes"]),
            None if one["encounter"] is None else bytes_of(one["encounter"]),
        )
        for one in world["records"]
    ]
    return question, directives, records


def test_petitions() -> None:
    case = load("petitions")
    network, nonce = bytes_of(case["network"]), bytes_of(case["nonce"])
    assert plain.tagged("petition", network, bytes_of(case["relation"]), nonce, 0, 0).hex() == case["petition"]
    assert plain.tagged("hold", network, bytes_of(case["custodian"]), nonce, 0, 0).hex() == case["hold"]
    assert plain.tagged("wish", network, bytes_of(case["wish"])).hex() == case["wish_commitment"]
    assert plain.cbor(decode_plain(bytes_of(case["wish"]))) == bytes_of(case["wish"])
    assert decode_plain(bytes_of(case["asked"]))[2].hex() == case["wish_commitment"]
    salt = bytes_of(case["hold_salt"])
    assert plain.tagged("hold-reason", network, salt, case["hold_reason"]).hex() == case["hold_commitment"]


def test_escrows() -> None:
    case = load("escrows")
    network, header = bytes_of(case["network"]), bytes_of(case["header"])
    assert plain.tagged("escrow", network, header).hex() == case["commitment"]
    assert plain.tagged("share", network, bytes_of(case["share_salt"]), case["words"]).hex() == case["digest"]
    assert [bytes_of(case["share_salt"]), case["words"]] == decode_plain(bytes_of(case["share"]))
    assert decode_plain(header)[4][0] == [bytes_of(case["holder"]), bytes_of(case["digest"])]
    named = [bytes_of(case[name]) for name in ("organisation", "holder", "seal_key")]
    assert plain.tagged("share-letter", network, header, *named, 1).hex() == case["info"]
    receipt = decode_plain(bytes_of(case["receipt_payload"]))
    assert receipt[1].hex() == case["commitment"] and receipt[3].hex() == case["digest"]
    ((kid, signature),) = cose.parse("share-receipt", bytes_of(case["receipt"])).signatures
    signed = plain.to_be_signed("share-receipt", network, bytes_of(case["receipt_payload"]), kid)
    assert good(case["public"], signed, signature)


def test_words_of_the_published_vectors_give_their_secret() -> None:
    """SLIP-39, vector 1: one share of one, under the passphrase TREZOR."""
    assert combine_mnemonics([load("escrows")["words"]], b"TREZOR").hex() == "bb54aac4b89dc868ba37d9cc21b2cece"


def test_approvals() -> None:
    case = load("approvals")
    network, payload, raw = bytes_of(case["network"]), bytes_of(case["payload"]), bytes_of(case["approval"])
    ((kid, signature),) = cose.parse("approval", raw).signatures
    assert good(case["public"], plain.to_be_signed("approval", network, payload, kid), signature)
    assert plain.tagged("approval", network, payload).hex() == case["id"]
    assert plain.tagged("approval-letter", network, bytes_of(case["relation"])).hex() == case["letter_info"]
    custodian, nonce = bytes_of(case["custodian"]), bytes_of(case["move_nonce"])
    assert plain.tagged("move", network, custodian, nonce, 0, 0).hex() == case["move"]
    assert plain.tagged("move-receipt", network, bytes_of(case["moved"])).hex() == case["move_receipt"]


def test_receipts() -> None:
    case = load("receipts")
    network, payload, raw = bytes_of(case["network"]), bytes_of(case["payload"]), bytes_of(case["receipt"])
    ((kid, signature),) = cose.parse(case["kind"], raw).signatures
    assert good(case["public"], plain.to_be_signed(case["kind"], network, payload, kid), signature)
    assert plain.tagged("receipt", network, raw).hex() == case["commitment"]
    with pytest.raises(Malformed):
        cose.parse("receipt", raw)  # an erasure's is of its own kind


def test_reads() -> None:
    case = load("reads")
    network, relation, salt = bytes_of(case["network"]), bytes_of(case["relation"]), bytes_of(case["salt"])
    assert plain.tagged("access", network, relation, salt, bytes_of(case["entry"])).hex() == case["leaf"]


def test_claims() -> None:
    case = load("claims")
    network, payload = bytes_of(case["network"]), bytes_of(case["payload"])
    secret = HKDF(SHA256(), 32, salt=network, info=b"salus/1 invitation").derive(bytes_of(case["invitation_secret"]))
    invitation = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    assert invitation.hex() == case["publics"][0]
    assert plain.tagged("claim", network, payload).hex() == case["id"]
    signatures = cose.parse("claim", bytes_of(case["claim"])).signatures
    for public, (kid, signature) in zip(case["publics"], signatures, strict=True):
        assert plain.tagged("key", network, 1, bytes_of(public)) == kid
        assert good(public, plain.to_be_signed("claim", network, payload, kid), signature)
    handle, ((suite, role, listed, _, _, proof),) = decode_plain(payload)[:2]
    assert (handle.hex(), listed.hex()) == (case["handle"], case["publics"][1])
    proved = plain.cbor([handle, role, suite, listed])
    kid = plain.tagged("key", network, suite, listed)
    assert good(listed.hex(), plain.to_be_signed("possession", network, proved, kid), proof)


def test_exports() -> None:
    case = load("exports")
    network, manifest = bytes_of(case["network"]), bytes_of(case["manifest"])
    assert plain.tagged("chunk", network, bytes_of(case["chunk"])).hex() == case["chunk_hash"]
    assert decode_plain(manifest)[6] == [bytes_of(case["chunk_hash"])]
    assert plain.tagged("export", network, manifest).hex() == case["export"]


def test_ledger() -> None:
    seen = load("seen-ids")
    network, value = bytes_of(seen["network"]), bytes(32)
    for block in seen["blocks"]:
        value = plain.tagged("seen", network, value, [bytes_of(one) for one in block["ids"]])
        assert value.hex() == block["hash"]
    assert bytes_of(seen["key"]) == b"\x00\x01" + (seen["not_after"] // 60_000).to_bytes(8, "big")
    headers = load("headers")
    previous = network
    for case in headers["cases"]:
        payload = bytes_of(case["payload"])
        fields = decode_plain(payload)
        assert fields[1] == network and fields[4] == previous
        assert fields[5] == plain.log_root([bytes_of(one) for one in case["batch_ids"]])
        previous = plain.tagged("header", network, payload)
        assert previous.hex() == case["hash"]
        ((kid, signature),) = cose.parse("header", bytes_of(case["header"])).signatures
        assert good(headers["node"], plain.to_be_signed("header", network, payload, kid), signature)
    for case, header in zip(load("blocks")["records"], headers["cases"], strict=True):
        record = bytes_of(case["record"])
        assert int.from_bytes(record[:4], "big") == len(record) - 8
        assert record[4:8].hex() == case["crc32c"] and _crc32c(record[:4] + record[8:]) == record[4:8]
        assert decode_plain(record[8:])[0].hex() == header["header"]
    assert load("blocks")["crc32c_of_123456789"] == "e3069283"


def test_tips() -> None:
    tips, headers = load("tips"), load("headers")
    network = bytes_of(tips["network"])
    assert [case["header"] for case in tips["cases"]] == [tips["network"], headers["cases"][-1]["hash"]]
    for case in tips["cases"]:
        payload = bytes_of(case["payload"])
        assert decode_plain(payload) == [network, case["height"], bytes_of(case["header"]), case["time"]]
        ((kid, signature),) = cose.parse("tip", bytes_of(case["signed"])).signatures
        assert good(tips["node"], plain.to_be_signed("tip", network, payload, kid), signature)


def test_pruned() -> None:
    vectors, headers = load("pruned"), load("headers")
    network = bytes_of(vectors["network"])
    for record, whole, header in zip(vectors["records"], load("blocks")["records"], headers["cases"], strict=True):
        raw = bytes_of(record)
        assert int.from_bytes(raw[:4], "big") == 2**31 + len(raw) - 8
        assert _crc32c(raw[:4] + raw[8:]) == raw[4:8]
        assert int.from_bytes(raw[8:12], "big") == len(bytes_of(whole["record"])) - 8
        assert raw[12:].hex() == header["header"]
        assert pruned_record(raw[12:], int.from_bytes(raw[8:12], "big")) == raw
    payload = bytes_of(vectors["payload"])
    assert decode_plain(payload)[:3] == [1, network, 3]
    ((kid, signature),) = cose.parse("pruning", bytes_of(vectors["point"])).signatures
    assert kid == decode_plain(payload)[6]
    assert good(headers["node"], plain.to_be_signed("pruning", network, payload, kid), signature)


def _crc32c(data: bytes) -> bytes:
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return (register ^ 0xFFFFFFFF).to_bytes(4, "big")


def test_checkpoints() -> None:
    case = load("checkpoints")
    body, _, lines = case["witnessed"].partition("\n\n")
    note = body + "\n"
    origin, size, root = body.split("\n")
    assert origin == f"salus/{case['network']}" and (int(size), b64decode(root).hex()) == (case["size"], case["root"])
    own, witness = (b64decode(line.split(" ")[2]) for line in lines.splitlines())
    assert own[:4].hex() == case["node_key_id"]
    assert own[:4] == plain.sha256(origin.encode() + b"\n\x01" + bytes_of(case["node"])).digest()[:4]
    assert good(case["node"], note.encode(), own[4:])
    name, public = case["witness"]["name"], case["witness"]["public"]
    assert witness[:4] == plain.sha256(name.encode() + b"\n\x04" + bytes_of(public)).digest()[:4]
    time_s = int.from_bytes(witness[4:12], "big")
    assert time_s == case["witness"]["time_s"]
    assert good(public, f"cosignature/v1\ntime {time_s}\n{note}".encode(), witness[12:])


def test_tiles() -> None:
    case = load("tiles")
    entries = [bytes_of(entry) for entry in case["entries"]]
    assert case["bundle"] == b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries).hex()
    assert case["tile"] == b"".join(plain.sha256(b"\x00" + entry).digest() for entry in entries).hex()
    for named in case["paths"]:
        groups = []
        number = named["number"]
        while number or not groups:
            groups.insert(0, f"{number % 1000:03}")
            number //= 1000
        level = "entries" if named["level"] < 0 else str(named["level"])
        partial = "" if named["width"] == 256 else f".p/{named['width']}"
        assert named["path"] == "/".join(["tile", level, *(f"x{g}" for g in groups[:-1]), groups[-1]]) + partial
    sizes = {one["size"]: one["files"] for one in case["logs"]}
    assert sizes[0] == [] and sizes[256] == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]
    assert sizes[1] == ["tile/entries/000.p/1", "tile/0/000.p/1"]
    assert sizes[700][-2:] == ["tile/0/002.p/188", "tile/1/000.p/2"]


def test_forks() -> None:
    case = load("forks")
    first = [fixed(f"entry {i}") for i in range(3)]
    second = [fixed(f"other {i}") for i in range(5)]
    assert case["shorter"].split("\n")[2] != case["longer"].split("\n")[2]
    assert b64encode(plain.log_root(first)).decode() == case["shorter"].split("\n")[2]
    assert b64encode(plain.log_root(second)).decode() == case["longer"].split("\n")[2]
    assert case["root_of_the_longer_at_the_shorter"] == plain.log_root(second[:3]).hex()
    parts = [1, *map(bytes_of, (case["network"],)), case["shorter"].encode(), case["longer"].encode()]
    parts += [plain.log_root(second[:3]), [bytes_of(node) for node in case["growth"]]]
    assert plain.cbor(parts).hex() == case["proof"]
    proved = check_fork(bytes_of(case["proof"]), bytes_of(case["genesis"]))
    assert (proved.shorter.note(), proved.longer.note()) == (case["shorter"], case["longer"])


def test_evidence() -> None:
    vectors = load("evidence")
    witnesses = [NoteKey(one["name"], bytes_of(one["public"])) for one in vectors["witnesses"]]
    assert {case["exit_status"] for case in vectors["cases"]} == {0, 1, 3}
    for case in vectors["cases"]:
        report = verify_evidence(bytes_of(case["evidence"]), bytes_of(vectors["genesis"]), witnesses=witnesses)
        assert (report.verdict.name, int(report.verdict)) == (case["verdict"], case["exit_status"]), case["name"]
