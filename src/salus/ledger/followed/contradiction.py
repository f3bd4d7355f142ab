"""What a node signed that cannot stand beside what it signed before: kept, to be shown to whoever must know.

The file `contradiction` holds `[code, ours, theirs]`: the code of the refusal that ended the following, a header (COSE,
or committed) that was taken in here, and the tip (COSE) or header that was shown. Both carry the node's signature, or
the validators' votes, unless the code says that the second does not.
"""

from contextlib import suppress
from pathlib import Path

from salus.core import cose
from salus.core.encoding import decode, encode
from salus.core.errors import Refusal
from salus.evidence.committed import HEAD
from salus.evidence.header import Header, parse_header
from salus.evidence.tip import Tip
from salus.ledger.embedded.chain import Chain
from salus.ledger.embedded.files import Files
from salus.ledger.errors import TwoHeaders

FILE = "contradiction"


def keep_contradiction(folder: Path, files: Files, chain: Chain, refusal: type[Refusal], shown: bytes) -> None:
    """Write the file, as far as the disk lets it; called under the chain's lock.

    Beside one of two headers of a height stands the other, beside all else the newest header here.
    """
    height = _height(chain.network, shown) if refusal is TwoHeaders else chain.height
    with suppress(OSError, LookupError, Refusal):
        files.write(folder / FILE, encode([refusal.code, chain.blocks.header(height), shown]))


def _height(network: bytes, shown: bytes) -> int:
    if shown.startswith(HEAD):
        return parse_header(network, shown).header.height
    kind, shape = ("tip", Tip) if cose.is_of("tip", shown) else ("header", Header)
    return decode(cose.parse(kind, shown).payload, shape).height  # type: ignore[attr-defined, no-any-return]
