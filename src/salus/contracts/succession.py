"""Who took over from a member by vote: what custody asks of governance."""

from salus.state.overlay import Reader


def successor_of(state: Reader, member: bytes) -> bytes | None:
    """Return the member that took over, always None: no action of governance names one yet, so nobody takes over."""
    return None
