"""Who acts: an organisation with its keys and vault, a person with a wallet. Opened by `bootstrap` alone."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random, SystemRandom
from threading import RLock

from salus.client.batcher import Carrier, Landed
from salus.client.envelopes import Built, EnvelopeBuilder
from salus.client.ledger import Ledger
from salus.contracts.accounts import queries as accounts
from salus.core.signatures import SigningKey
from salus.core.types import Message
from salus.services.dealing import Dealing
from salus.services.errors import KeysElsewhere
from salus.services.ports import Carriers, Exchange
from salus.services.situations import Situations
from salus.vault.seals import SealKey
from salus.vault.vault import Vault
from salus.wallet.menu import MINUTE_MS
from salus.wallet.wallet import Wallet

Signing = tuple[bytes, SigningKey]  # an account and a key of it


@dataclass(frozen=True, slots=True)
class Organisation:
    """A member, or one that wants to be. The vault is its own; the ledger is everybody's."""

    name: str
    slug: str
    account: bytes
    network: bytes
    administration: tuple[SigningKey, ...] = field(repr=False)
    gateway: SigningKey = field(repr=False)
    seal_key: SealKey = field(repr=False)
    vault: Vault = field(repr=False)
    carrier: Carrier = field(repr=False)
    ledger: Ledger = field(repr=False)
    exchange: Exchange = field(repr=False)
    genesis: bytes = field(repr=False)  # what it trusts
    situations: Situations = field(repr=False)
    dealing: Dealing = field(default_factory=Dealing, repr=False)
    # Whoever decides about a letter or a request holds it, so that two never decide about the same one at once.
    turn: RLock = field(default_factory=RLock, repr=False, compare=False)

    def build(self, *messages: Message) -> Built:
        """Return an envelope signed by the gateway key."""
        return EnvelopeBuilder(self.network, self.ledger.now).build([(self.account, self.gateway)], *messages)

    def send(self, *messages: Message) -> tuple[Built, Landed]:
        """Execute messages signed by the gateway key, together or not at all; raise their refusal."""
        built = self.build(*messages)
        return built, self.carrier.submit_now(built.raw)

    def send_as(self, nonce: bytes, *messages: Message) -> tuple[Built, Landed]:
        """The same under a nonce chosen before, for who must know the ids of what the messages create."""
        builder = EnvelopeBuilder(self.network, self.ledger.now, nonce=lambda: nonce)
        built = builder.build([(self.account, self.gateway)], *messages)
        return built, self.carrier.submit_now(built.raw)

    def send_administration(self, *messages: Message) -> tuple[Built, Landed]:
        """The same, signed by all administration keys that are here; raise KeysElsewhere where they are too few."""
        profile = accounts.organisation(self.ledger.view(), self.account)
        if profile is not None and len(self.administration) < profile.threshold:
            raise KeysElsewhere
        signers: Sequence[tuple[bytes, SigningKey]] = [(self.account, key) for key in self.administration]
        built = EnvelopeBuilder(self.network, self.ledger.now).build(signers, *messages)
        return built, self.carrier.submit_now(built.raw)


@dataclass(frozen=True, slots=True)
class Person:
    """A person on one device. Members carry what the wallet signs; none of them has its keys."""

    slug: str
    wallet: Wallet = field(repr=False)
    ledger: Ledger = field(repr=False)
    carriers: Carriers = field(repr=False)
    exchange: Exchange = field(repr=False)
    genesis: bytes = field(repr=False)  # what she trusts
    chance: Random = field(default_factory=SystemRandom, repr=False)  # draws times and second carriers

    def build(
        self, handle: bytes, *messages: Message, nonce: Callable[[], bytes] = lambda: secrets.token_bytes(16)
    ) -> Built:
        """Return an envelope signed by this device's key for the relation; its time is rounded to the minute."""
        return self.build_with([self.signer(handle)], *messages, nonce=nonce)

    def build_with(
        self,
        signers: Sequence[Signing],
        *messages: Message,
        nonce: Callable[[], bytes] = lambda: secrets.token_bytes(16),
    ) -> Built:
        """The same, signed by keys of several accounts: those of others who decide together."""
        builder = EnvelopeBuilder(self.wallet.network, self.ledger.now, nonce=nonce, grain_ms=MINUTE_MS)
        return builder.build(signers, *messages)

    def signer(self, handle: bytes) -> Signing:
        """Return the account with this device's key for it."""
        return handle, self.wallet.relation(handle).device
