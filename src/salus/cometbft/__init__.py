"""CometBFT's chain as its bytes show it: messages, hashes, votes, commits, validator sets; pure."""

CHAIN_ID_DIGITS = 40  # of the network's hash: a chain id has at most 50 characters
BLOCK_PROTOCOL = 11  # of v0.38 to v0.40: how a block is hashed


def chain_id(network: bytes) -> str:
    """Return the name CometBFT knows the network by; every vote signs it."""
    return f"salus-{network.hex()[:CHAIN_ID_DIGITS]}"
