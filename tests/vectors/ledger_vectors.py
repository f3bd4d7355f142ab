"""Vectors of the ledger's own: seen ids, headers, blocks and their records, checkpoints."""

from salus.core.checksum import crc32c
from salus.core.cose import parse
from salus.core.encoding import encode
from salus.core.envelope import parse_batch, seal_batch
from salus.core.hashing import T
from salus.evidence.format import origin
from salus.evidence.header import Block, Header, sign_header
from salus.evidence.tip import Tip, sign_tip
from salus.machine.export import Chunk, Manifest, export_hash
from salus.machine.pruned import Point, sign_point
from salus.merkle import checkpoint as notes
from salus.merkle.log import Log

from .core_vectors import anchor_envelope
from .fixed import NETWORK, NOW, fixed, key

Vectors = dict[str, object]


def seen_ids() -> Vectors:
    """Per bucket h' = T("seen", h, [ids in order]) once per block, from 32 zero bytes; key 00 01 minute (8, BE)."""
    value, steps = bytes(32), []
    for ids in ([fixed("id 1")], [fixed("id 2"), fixed("id 3")]):
        value = T("seen", NETWORK, value, ids)
        steps.append({"ids": [one.hex() for one in ids], "hash": value.hex()})
    minute = (NOW + 60_000) // 60_000
    return {
        "network": NETWORK.hex(),
        "not_after": NOW + 60_000,
        "key": (b"\x00\x01" + minute.to_bytes(8, "big")).hex(),
        "blocks": steps,
    }


def _batch(number: int) -> bytes:
    member, nonce = fixed("hospital"), fixed(f"batch {number}", 16)
    return seal_batch(NETWORK, nonce, NOW + 60_000, member, key("gateway"), [anchor_envelope(f"nonce {number}")])


def _chain() -> list[tuple[bytes, list[bytes]]]:
    """(header, batches) of three blocks, the last one empty."""
    previous, chain = NETWORK, []
    for height, batches in ((1, [_batch(1)]), (2, [_batch(2), _batch(3)]), (3, [])):
        root = Log(parse_batch(NETWORK, raw).id for raw in batches).root()
        header = Header(
            1, NETWORK, height, NOW + height, previous, root, fixed(f"app hash {height}"), key("node").id(NETWORK)
        )
        signed = sign_header(header, key("node"))
        chain.append((signed.raw, batches))
        previous = signed.hash
    return chain


def headers() -> Vectors:
    """Signed headers of three blocks; `hash` is T("header", payload), the next one's `previous`."""
    cases, previous = [], NETWORK
    for raw, batches in _chain():
        ids = [parse_batch(NETWORK, batch).id for batch in batches]
        payload = parse("header", raw).payload
        previous = T("header", NETWORK, payload)
        cases.append(
            {
                "header": raw.hex(),
                "payload": payload.hex(),
                "hash": previous.hex(),
                "batch_ids": [one.hex() for one in ids],
                "batches_root": Log(ids).root().hex(),
            }
        )
    return {"network": NETWORK.hex(), "node": key("node").public.hex(), "cases": cases}


def tips() -> Vectors:
    """Signed tips: before the first block, where the network stands for the header, and at the last of headers.json."""
    last = T("header", NETWORK, parse("header", _chain()[-1][0]).payload)
    cases = []
    for tip in (Tip(NETWORK, 0, NETWORK, NOW), Tip(NETWORK, len(_chain()), last, NOW + 9)):
        fields = {"height": tip.height, "header": tip.header.hex(), "time": tip.time}
        cases.append({**fields, "payload": encode(tip).hex(), "signed": sign_tip(tip, key("node")).hex()})
    return {"network": NETWORK.hex(), "node": key("node").public.hex(), "cases": cases}


def blocks() -> Vectors:
    """Records of the block file: length (4, BE), CRC-32C of length and body (4, BE), body [header, [batch...]]."""
    cases = []
    for raw, batches in _chain():
        body = encode(Block(raw, tuple(batches)))
        length = len(body).to_bytes(4, "big")
        checksum = crc32c(length + body).to_bytes(4, "big")
        cases.append({"crc32c": checksum.hex(), "record": (length + checksum + body).hex()})
    block = T("block", NETWORK, 1, NOW + 1, Log([parse_batch(NETWORK, _batch(1)).id]).root())
    return {
        "crc32c_of_123456789": crc32c(b"123456789").to_bytes(4, "big").hex(),
        "network": NETWORK.hex(),
        "records": cases,
        "first_log_entry_of_block_1": block.hex(),
    }


def pruned() -> Vectors:
    """The same records once they are pruned, and the point that the node signs before block 3."""
    records = []
    for raw, batches in _chain():
        whole = encode(Block(raw, tuple(batches)))
        body = len(whole).to_bytes(4, "big") + raw
        length = (2**31 | len(body)).to_bytes(4, "big")
        records.append((length + crc32c(length + body).to_bytes(4, "big") + body).hex())
    point = Point(1, NETWORK, 3, NOW + 2, 5, fixed("export"), key("node").id(NETWORK))
    signed = sign_point(point, key("node"))
    payload = parse("pruning", signed).payload.hex()
    return {"network": NETWORK.hex(), "records": records, "payload": payload, "point": signed.hex()}


def checkpoints() -> Vectors:
    """A checkpoint signed by the node, and with the cosignature of a witness."""
    log = Log(fixed(f"entry {i}") for i in range(3))
    name = origin(NETWORK)
    signed = notes.sign(notes.Checkpoint(name, log.size, log.root()), name, key("node"))
    witnessed = notes.cosign(signed, "witness.example/1", key("witness"), NOW // 1000)
    return {
        "network": NETWORK.hex(),
        "origin": name,
        "size": log.size,
        "root": log.root().hex(),
        "node": key("node").public.hex(),
        "node_key_id": notes.note_key_id(name, key("node").public).hex(),
        "note": signed.note(),
        "witness": {"name": "witness.example/1", "public": key("witness").public.hex(), "time_s": NOW // 1000},
        "witness_key_id": notes.witness_key_id("witness.example/1", key("witness").public).hex(),
        "witnessed": witnessed.note(),
    }


def exports() -> Vectors:
    """An export of two keys in one chunk: the chunk, the manifest that names it, and the name of the export."""
    chunk = encode(Chunk(0, ((0, b"\x01key", b"value"), (0, b"\x02key", b"other"))))
    named = T("chunk", NETWORK, chunk)
    manifest = encode(Manifest(1, NETWORK, 7, NOW, fixed("app hash"), encode([0, []]), (named,)))
    return {
        "network": NETWORK.hex(),
        "chunk": chunk.hex(),
        "chunk_hash": named.hex(),
        "manifest": manifest.hex(),
        "export": export_hash(NETWORK, manifest).hex(),
    }
