"""One step of a light client: from a header that is trusted to another one.

Free functions without input or output. Each raises WrongChain, InvalidHeader, HeaderFromFuture, TrustExpired, and
`check_step` also TooLittleTrust; nothing is believed before all of it was checked.
https://github.com/cometbft/cometbft/blob/v0.39.4/spec/light-client/verification/README.md
"""

from salus.client.light.block import LightBlock
from salus.client.light.errors import HeaderFromFuture, InvalidHeader, TooLittleTrust, TrustExpired, WrongChain
from salus.client.light.trust import Trust
from salus.cometbft.commit import check_commit as check_whole
from salus.cometbft.commit import verify_commit, verify_commit_trusting
from salus.cometbft.errors import NotTrusted
from salus.cometbft.header import check_header
from salus.cometbft.validators import set_hash
from salus.core.errors import Malformed, WrongSignature


def check_step(chain: str, trusted: LightBlock, block: LightBlock, trust: Trust, now_ns: int) -> None:
    """Return if `block` can be believed because `trusted` is.

    1. The trusted header is within the trust period. 2. The block is one of this chain, of a later height and time,
    its time not ahead of the clock, and it holds together. 3. The next block is signed by those whom the trusted
    header names; a later one by more than a third of the trusted set's power. 4. More than two thirds of the block's
    own set signed it.
    """
    if trust.expired(trusted.time_ns, now_ns):
        raise TrustExpired
    check_form(chain, block)
    if block.height <= trusted.height or block.time_ns <= trusted.time_ns:
        raise InvalidHeader
    check_time(block, trust, now_ns)
    if block.height == trusted.height + 1:
        if block.header.validators_hash != trusted.header.next_validators_hash:
            raise InvalidHeader
    elif not enough_trusted(chain, trusted, block):
        raise TooLittleTrust
    check_commit(chain, block)


def check_before(chain: str, trusted: LightBlock, block: LightBlock) -> None:
    """Return if `block` is the one that the trusted header names as the one before it."""
    check_form(chain, block)
    if block.height + 1 != trusted.height or block.hash != trusted.header.last_block_id.hash:
        raise InvalidHeader
    if block.time_ns >= trusted.time_ns:
        raise InvalidHeader


def check_alone(chain: str, block: LightBlock, trust: Trust, now_ns: int) -> None:
    """Return if a block that is vouched for otherwise holds together, and more than two thirds of its set signed it."""
    check_form(chain, block)
    check_time(block, trust, now_ns)
    if trust.expired(block.time_ns, now_ns):
        raise TrustExpired
    check_commit(chain, block)


def check_time(block: LightBlock, trust: Trust, now_ns: int) -> None:
    """Raise HeaderFromFuture where the block's time is too far ahead of the clock."""
    if block.time_ns >= now_ns + trust.drift_ns:
        raise HeaderFromFuture


def check_form(chain: str, block: LightBlock) -> None:
    """Return if header, commit and validators are whole and belong to one another; no signature is looked at."""
    if block.header.chain_id != chain:
        raise WrongChain
    try:
        check_header(block.header, chain)
        check_whole(block.commit)
    except Malformed:
        raise InvalidHeader from None
    if block.commit.block_id.hash != block.hash or block.header.validators_hash != set_hash(block.validators):
        raise InvalidHeader


def check_commit(chain: str, block: LightBlock) -> None:
    """Return if more than two thirds of the power of the block's own set signed it."""
    try:
        verify_commit(chain, block.validators, block.commit.block_id, block.height, block.commit)
    except (Malformed, WrongSignature):
        raise InvalidHeader from None


def enough_trusted(chain: str, trusted: LightBlock, block: LightBlock) -> bool:
    """True if more than a third of the trusted set's power signed the block; raise InvalidHeader for a bad vote."""
    try:
        verify_commit_trusting(chain, trusted.validators, block.commit)
    except NotTrusted:
        return False
    except (Malformed, WrongSignature):
        raise InvalidHeader from None
    return True
