"""Vectors of headers committed by CometBFT's validators, and of the genesis CometBFT begins with."""

from collections.abc import Callable

from salus.cometbft import chain_id
from salus.cometbft.genesis import cometbft_genesis
from salus.cometbft.hashing import encoded
from salus.cometbft.header import header_hash
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal
from salus.core.genesis import network_id
from salus.evidence.committed import HEAD, Committed
from salus.evidence.header import Validators, read_header

from . import consortium
from .consortium import Decided, Powers, block, decide, header, powers, shown, sign, trusting
from .core_vectors import genesis_document, genesis_file
from .fixed import fixed

Vectors = dict[str, object]
NETWORK = network_id(encode(genesis_document()))
CHAIN = chain_id(NETWORK)
FOUNDERS = powers(("v1", 10), ("v2", 10), ("v3", 10), ("v4", 10), ("v5", 10), ("v6", 10))
# One out, one in, then two more, so that two of the founders are left with new powers, and then none.
LATER = powers(("v2", 10), ("v3", 10), ("v4", 20), ("v5", 10), ("v6", 10), ("v7", 20))
LATE = powers(("v4", 20), ("v5", 5), ("v7", 20), ("v8", 20), ("v9", 20))
LAST = powers(("v8", 1), ("v9", 1), ("v10", 1))
STRANGERS = powers(("w1", 10), ("w2", 10), ("w3", 10))


def committed_headers() -> Vectors:
    """Headers `[2, network, [[header, commit, validators]...]]` that the validators in `trusted` lead to; an `invalid`
    one must be refused, by us with `code`."""
    trusted = trusting(NETWORK, FOUNDERS)
    valid = []
    for name, steps in _valid().items():
        raw = shown(NETWORK, *steps)
        read = read_header(NETWORK, raw, trusted)
        valid.append(
            {
                "name": name,
                "header": raw.hex(),
                "hash": read.hash.hex(),
                "height": read.header.height,
                "time": read.header.time,
                "previous": read.header.previous.hex(),
                "batches": read.header.batches.hex(),
                "app_hash": read.header.app_hash.hex(),
                "node": read.header.node.hex(),
            }
        )
    return {
        "network": NETWORK.hex(),
        "chain": CHAIN,
        "trusted": [{"public": one.public.hex(), "power": power} for one, power in FOUNDERS.items()],
        "valid": valid,
        "invalid": [
            {"name": name, "header": raw.hex(), "code": _code(raw, trusted)} for name, raw in _invalid().items()
        ],
    }


def cometbft() -> Vectors:
    """CometBFT's genesis, made of the file in genesis.json."""
    return {"network": NETWORK.hex(), "cometbft": cometbft_genesis(genesis_file())}


def _code(raw: bytes, trusted: Validators) -> int:
    try:
        read_header(NETWORK, raw, trusted)
    except Refusal as refusal:
        return refusal.code
    raise ValueError("accepted")


def _valid() -> dict[str, tuple[Decided, ...]]:
    over = (block(NETWORK, 20, LATER), block(NETWORK, 40, LATE), block(NETWORK, 60, LAST))
    return {
        "first block": (block(NETWORK, 1, FOUNDERS),),
        "signed by all": (block(NETWORK, 9, FOUNDERS),),
        "one more than two thirds": (block(NETWORK, 9, FOUNDERS, absent=["v3"]),),
        "enough, and a vote for no block": (block(NETWORK, 9, FOUNDERS, nil=["v1"]),),
        "enough, and nobody can tell whose the vote for no block is": (_forged_nil(),),
        "another set, of whom a third is trusted": (block(NETWORK, 20, LATER),),
        "over bridges": (*over[:2],),
        "over more bridges": over,
        "to other validators at the next height": (
            block(NETWORK, 20, FOUNDERS, STRANGERS),
            block(NETWORK, 21, STRANGERS),
        ),
        "signed with a torsion component": (_torsion(),),
    }


def _forged_nil() -> Decided:
    made = block(NETWORK, 9, FOUNDERS, nil=["v1"])
    at = next(at for at, one in enumerate(made.commit.signatures) if one.block_id_flag == 3)
    made.commit.signatures[at].signature = bytes(64)
    return made


def _torsion() -> Decided:
    """The first vote's R has a component of order 2: libsodium refuses it, ZIP 215 and so the network takes it."""
    made = block(NETWORK, 9, FOUNDERS)
    first = consortium.members(FOUNDERS)[0].public
    sign(made.commit, 0, next(one for one in FOUNDERS if one.public == first), CHAIN, torsion=True)
    return made


def _invalid() -> dict[str, bytes]:
    made: dict[str, bytes] = {
        "two thirds exactly": shown(NETWORK, block(NETWORK, 9, FOUNDERS, absent=["v1", "v2"])),
        "two thirds, and votes for no block": shown(NETWORK, block(NETWORK, 9, FOUNDERS, nil=["v1", "v2"])),
        "nobody signed": shown(NETWORK, block(NETWORK, 9, FOUNDERS, absent=[f"v{n}" for n in range(1, 7)])),
        "strangers": shown(NETWORK, block(NETWORK, 9, STRANGERS)),
        "a third of the trusted exactly": shown(NETWORK, block(NETWORK, 40, _with(("v5", 10), ("v6", 10)))),
        "a bridge that skips too far": shown(NETWORK, block(NETWORK, 20, LATER), block(NETWORK, 60, LAST)),
        "no bridge": shown(NETWORK, block(NETWORK, 60, LAST)),
        "a bridge not committed": shown(
            NETWORK, block(NETWORK, 20, LATER, absent=["v4", "v7"]), block(NETWORK, 40, LATE)
        ),
        "next height, other validators than were named": shown(
            NETWORK, block(NETWORK, 20, FOUNDERS), block(NETWORK, 21, LATER)
        ),
        "heights fall": shown(NETWORK, block(NETWORK, 21, FOUNDERS), block(NETWORK, 20, FOUNDERS)),
        "a height twice": shown(NETWORK, block(NETWORK, 20, FOUNDERS), block(NETWORK, 20, FOUNDERS)),
        "times fall": shown(NETWORK, _at_time(20, 90_000), block(NETWORK, 40, FOUNDERS)),
        "votes of another chain": shown(NETWORK, decide(header(NETWORK, 9, FOUNDERS), FOUNDERS, chain="salus-other")),
        "header of another chain": shown(NETWORK, block(fixed("other"), 9, FOUNDERS)),
        "another network": shown(fixed("other"), block(NETWORK, 9, FOUNDERS)),
    }
    made |= {name: _changed(change) for name, change in _CHANGES.items()}
    made |= {name: change(shown(NETWORK, block(NETWORK, 9, FOUNDERS))) for name, change in _FORMS.items()}
    return made


def _with(*named: tuple[str, int]) -> Powers:
    """Return these founders, who have a third of the trusted power, with strangers who make up the rest."""
    return {**powers(*named), **STRANGERS}


def _at_time(height: int, later: int) -> Decided:
    made = header(NETWORK, height, FOUNDERS)
    made.time.seconds += later
    return decide(made, FOUNDERS)


def _changed(change: Callable[[Decided], object]) -> bytes:
    made = block(NETWORK, 9, FOUNDERS)
    change(made)
    return encode(Committed(2, NETWORK, (tuple(encoded(part) for part in made),)))  # type: ignore[arg-type]


def _sign_all(made: Decided) -> None:
    keys = {one.public: one for one in FOUNDERS}
    for at, one in enumerate(consortium.members(FOUNDERS)):
        sign(made.commit, at, keys[one.public], CHAIN)


def _resigned(change: Callable[[Decided], object]) -> Callable[[Decided], None]:
    def do(made: Decided) -> None:
        change(made)
        made.commit.block_id.hash = header_hash(made.header)
        _sign_all(made)

    return do


def _swap_times(made: Decided) -> None:
    a, b = made.commit.signatures[:2]
    times = (a.timestamp.ToNanoseconds(), b.timestamp.ToNanoseconds())
    b.timestamp.FromNanoseconds(times[0])
    a.timestamp.FromNanoseconds(times[1])


def _double(made: Decided) -> None:
    made.commit.signatures[1].CopyFrom(made.commit.signatures[0])


def _swap_votes(made: Decided) -> None:
    kept = encoded(made.commit.signatures[0])
    made.commit.signatures[0].CopyFrom(made.commit.signatures[1])
    made.commit.signatures[1].ParseFromString(kept)


def _more_power(made: Decided) -> None:
    made.validators.validators[0].voting_power += 1


def _other_order(made: Decided) -> None:
    for one in ("validators", "signatures"):
        held = getattr(made.validators if one == "validators" else made.commit, one)
        kept = encoded(held[0])
        held[0].CopyFrom(held[1])
        held[1].ParseFromString(kept)


_CHANGES: dict[str, Callable[[Decided], object]] = {
    "other validators than the header names": lambda made: made.validators.CopyFrom(
        block(NETWORK, 9, STRANGERS).validators
    ),
    "more power than the header names": _more_power,
    "a validator left out": lambda made: made.validators.validators.pop(),
    "a validator whose address is not its key's": lambda made: setattr(
        made.validators.validators[0], "address", fixed("address", 20)
    ),
    "the validators in another order": _other_order,
    "a priority, which nobody signed": lambda made: setattr(made.validators.validators[0], "proposer_priority", 1),
    "a proposer, whom nobody signed": lambda made: made.validators.proposer.CopyFrom(made.validators.validators[0]),
    "first signature forged": lambda made: setattr(made.commit.signatures[0], "signature", bytes(64)),
    "last signature forged": lambda made: setattr(made.commit.signatures[5], "signature", bytes(64)),
    "no signature": lambda made: setattr(made.commit.signatures[0], "signature", b""),
    "other block id": lambda made: setattr(made.commit.block_id, "hash", fixed("other")),
    "other block id, signed": lambda made: (setattr(made.commit.block_id, "hash", fixed("other")), _sign_all(made)),
    "other parts": lambda made: setattr(made.commit.block_id.part_set_header, "hash", fixed("other")),
    "no parts": lambda made: (made.commit.block_id.part_set_header.Clear(), _sign_all(made)),
    "other height": lambda made: setattr(made.commit, "height", 10),
    "other height, signed": lambda made: (setattr(made.commit, "height", 10), _sign_all(made)),
    "other round": lambda made: setattr(made.commit, "round", 2),
    "negative round": lambda made: (setattr(made.commit, "round", -1), _sign_all(made)),
    "a vote twice": _double,
    "a vote with the address of nobody": lambda made: setattr(
        made.commit.signatures[0], "validator_address", fixed("address", 20)
    ),
    "votes changed places": _swap_votes,
    "times changed places": _swap_times,
    "a vote too few": lambda made: made.commit.signatures.pop(),
    "a vote too many": lambda made: made.commit.signatures.append(made.commit.signatures[0]),
    "no vote": lambda made: made.commit.ClearField("signatures"),
    "unknown flag": lambda made: setattr(made.commit.signatures[0], "block_id_flag", 4),
    "absent, with a signature": lambda made: setattr(made.commit.signatures[0], "block_id_flag", 1),
    "other app hash": lambda made: setattr(made.header, "app_hash", fixed("other")),
    "app hash of 20 bytes": _resigned(lambda made: setattr(made.header, "app_hash", fixed("other", 20))),
    "no data hash": _resigned(lambda made: setattr(made.header, "data_hash", b"")),
    "other block protocol": _resigned(lambda made: setattr(made.header.version, "block", 12)),
    "before 1970": _resigned(lambda made: setattr(made.header.time, "seconds", -1)),
    "no block before": _resigned(lambda made: made.header.last_block_id.Clear()),
    "time left out": _resigned(lambda made: made.header.ClearField("time")),
    "vote without a time": lambda made: made.commit.signatures[0].ClearField("timestamp"),
    "a member with another kind of key": lambda made: setattr(
        made.validators.validators[0].pub_key, "secp256k1", bytes(33)
    ),
}


def _parts(raw: bytes, at: int, change: Callable[[bytes], bytes]) -> bytes:
    step = [*decode(raw, Committed).steps[0]]
    step[at] = change(step[at])
    return encode(Committed(2, NETWORK, (tuple(step),)))  # type: ignore[arg-type]


_FORMS: dict[str, Callable[[bytes], bytes]] = {
    "no steps": lambda raw: encode([2, NETWORK, []]),
    "a step of two": lambda raw: encode([2, NETWORK, [[b"", b""]]]),
    "something behind": lambda raw: raw + b"\x00",
    "too many steps": lambda raw: encode([2, NETWORK, [[b"", b"", b""]] * 65]),
    "form 4": lambda raw: b"\x83\x04" + raw[len(HEAD) :],
    "header with an unknown field": lambda raw: _parts(raw, 0, lambda part: part + b"\xf8\x07\x01"),
    "header with a number in a longer form": lambda raw: _parts(
        raw, 0, lambda part: part.replace(b"\x18\x09", b"\x18\x89\x00", 1)
    ),
    "commit with a field twice": lambda raw: _parts(raw, 1, lambda part: b"\x08\x09" + part),
    "commit cut off": lambda raw: _parts(raw, 1, lambda part: part[:-1]),
    "validators with a default written out": lambda raw: _parts(raw, 2, lambda part: part + b"\x18\x00"),
    "no protobuf at all": lambda raw: _parts(raw, 0, lambda part: b"\xff\xff"),
}
