"""Search: by height, id or name of an organisation. Accounts of people are not found, whatever is typed."""

import re

import msgspec
from starlette.responses import Response

from salus.api.errors import BadParameter
from salus.api.explorer.answers import answer
from salus.api.explorer.view import Phrase
from salus.api.operation import JSON, Call, Content, Operation, Parameter
from salus.api.served import Served
from salus.contracts.accounts import queries as accounts
from salus.services.account.markup import clean
from salus.services.members import list_members
from salus.services.policies import list_policy_sets

LONGEST, MOST = 128, 10
LEAST_DIGITS = 8  # of an envelope's id
Q = Parameter("q", "query", "A height, an id or at least its first eight hex digits, or a name.", ".{1,128}", True)
_HEX = re.compile(rf"[0-9a-f]{{{LEAST_DIGITS},64}}", re.ASCII)


class Hit(msgspec.Struct, frozen=True):
    """Something found; `target` is a height or an id."""

    kind: str  # block, envelope, member, policy
    target: str
    label: Phrase


class Hits(msgspec.Struct, frozen=True):
    """What was found, the likeliest first."""

    hits: tuple[Hit, ...]


def find(served: Served, given: str) -> Hits:
    """Return what `given` may mean."""
    low = given.lower()
    hits = [*_block(served, given), *(_by_id(served, low) if _HEX.fullmatch(low) else ()), *_members(served, low)]
    return Hits(tuple(hits[:MOST]))


def _block(served: Served, given: str) -> list[Hit]:
    if not (given.isascii() and given.isdigit() and len(given) < 16 and 1 <= int(given) <= served.ledger.height()):
        return []
    height = int(given)
    return [Hit("block", str(height), Phrase(f"Block {height}", f"第 {height} 区块"))]


def _by_id(served: Served, digits: str) -> list[Hit]:
    hits = []
    found: dict[str, int] = {}
    for at in served.reading.envelopes.find(digits, MOST):
        envelope = served.reading.blocks.parsed(at.height).envelopes[at.place].envelope
        if envelope is not None and envelope.id.hex().startswith(digits):
            found.setdefault(envelope.id.hex(), at.height)
    for one, height in found.items():
        words = Phrase(f"Envelope {one[:12]} in block {height}", f"信封 {one[:12]}，第 {height} 区块")
        hits.append(Hit("envelope", one, words))
    for policy in list_policy_sets(served.ledger)[1:]:
        if policy.set.hex().startswith(digits):
            name = policy.name or policy.set.hex()[:12]
            hits.append(Hit("policy", policy.set.hex(), Phrase(f"Policy set {name}", f"政策集 {name}")))
    return hits


def _members(served: Served, low: str) -> list[Hit]:
    """Return members by name, account or key; a key of a person is no key here."""
    state = served.ledger.view()
    owner = accounts.account_of_key(state, bytes.fromhex(low)) if re.fullmatch(r"[0-9a-f]{64}", low) else None
    return [
        Hit("member", one.account.hex(), Phrase(*[clean(one.name)] * 2))
        for one in list_members(served.ledger)
        if low in one.name.lower()
        or owner == one.account
        or (len(low) >= LEAST_DIGITS and one.account.hex().startswith(low))
    ]


async def search(call: Call) -> Response:
    """Answer what was found."""
    given = call.query("q").strip()
    if not 1 <= len(given) <= LONGEST:
        raise BadParameter
    if _HEX.fullmatch(given.lower()):
        await call.served.reading.envelopes.reader.caught_up()
    return answer(await call.served.work.run(find, call.served, given))


OPERATIONS = (
    Operation(
        "GET",
        "/explorer/search",
        "explorerSearch",
        "explorer",
        "Find a block, an envelope, a member or a policy set.",
        search,
        {200: Content(JSON, Hits)},
        parameters=(Q,),
        cost=20,
    ),
)
