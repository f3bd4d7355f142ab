"""Who sends letters and fetches its own: an organisation by its gateway key, a person by a relation's device key."""

from typing import Protocol

from salus.core.signatures import SigningKey
from salus.services.remote.errors import NoSigningAccount
from salus.wallet.wallet import NoSuchKeptRelation, Wallet


class Sender(Protocol):
    """Signs requests to other gateways."""

    def signs(self, member: bytes, body: bytes) -> SigningKey:
        """Return the key that signs the posting of a letter to a member's gateway; raise NoSigningAccount."""
        ...

    def fetches(self, recipient: bytes) -> tuple[SigningKey, tuple[bytes, ...]]:
        """Return the key that fetches letters to `recipient`, and members that may keep some.

        Raises NoSigningAccount.
        """
        ...


class OrganisationSender:
    """An organisation. Its own letters lie in its own home, so it fetches none."""

    def __init__(self, account: bytes, gateway: SigningKey) -> None:
        self.account, self.gateway = account, gateway

    def signs(self, member: bytes, body: bytes) -> SigningKey:
        return self.gateway

    def fetches(self, recipient: bytes) -> tuple[SigningKey, tuple[bytes, ...]]:
        raise NoSigningAccount


class PersonSender:
    """A person. A letter is sent under the account that it names itself, so that no second one becomes known by it."""

    def __init__(self, wallet: Wallet) -> None:
        self._wallet = wallet

    def signs(self, member: bytes, body: bytes) -> SigningKey:
        """Return the key of the account that the letter names, else of the only one at that custodian."""
        network, relations = self._wallet.network, self._wallet.relations()
        for relation in relations:
            if relation.device.id(network) in body or relation.handle in body:
                return relation.device
        there = [relation for relation in relations if relation.custodian == member]
        if len(there) != 1:
            raise NoSigningAccount
        return there[0].device

    def fetches(self, recipient: bytes) -> tuple[SigningKey, tuple[bytes, ...]]:
        """Return the relation's key, and the custodian at which it was claimed."""
        try:
            relation = self._wallet.relation(recipient)
        except NoSuchKeptRelation:
            raise NoSigningAccount from None
        return relation.device, (relation.custodian,)
