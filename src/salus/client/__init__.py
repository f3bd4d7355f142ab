"""Talk to a ledger: build and sign envelopes, batch them, wait for durability, check proofs.

For other programs: `from salus.client import Client, AsyncClient, EnvelopeBuilder, SigningKey`. The names are
imported when they are asked for, since each module here is also used alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from salus.client.asynchronous import AsyncClient
    from salus.client.envelopes import EnvelopeBuilder
    from salus.client.program import Client, Entry, Refused
    from salus.client.protective import submit_protective
    from salus.core.signatures import SigningKey

__all__ = ["AsyncClient", "Client", "Entry", "EnvelopeBuilder", "Refused", "SigningKey", "submit_protective"]
_PLACES = {
    "AsyncClient": "salus.client.asynchronous",
    "Client": "salus.client.program",
    "Entry": "salus.client.program",
    "EnvelopeBuilder": "salus.client.envelopes",
    "Refused": "salus.client.program",
    "SigningKey": "salus.core.signatures",
    "submit_protective": "salus.client.protective",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(name)
    return getattr(import_module(_PLACES[name]), name)
