"""Open an escrow: ask the holders on the ledger, gather what they release, join it, read the file.

Nothing here needs an open vault: who lost its keys has none.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from salus.client.ledger import Ledger
from salus.contracts.governance import queries as governance
from salus.contracts.governance.messages import OpenEscrow
from salus.core import cose
from salus.core.encoding import decode
from salus.core.errors import Malformed, Refusal, WrongSignature
from salus.services import lookup
from salus.services.actors import Organisation
from salus.services.errors import NoSuchEscrow, NotForUs, OtherEscrow, TooFewShares, WrongShare
from salus.services.escrow_objects import Escrowed, EscrowFile, EscrowHeader, SealedShare, Share
from salus.services.objects import parse_signed
from salus.services.ports import Exchange
from salus.services.release_share import LETTER
from salus.vault.errors import StreamDamaged
from salus.vault.seals import SealKey
from salus.vault.shares import join
from salus.vault.stream import decrypt_stream


class Opener(NamedTuple):
    """Who opens an escrow: an account, and the key that shares are sealed to."""

    account: bytes
    seal_key: SealKey
    ledger: Ledger
    exchange: Exchange


class Gathered(NamedTuple):
    """What the holders released so far; `unfit` are letters that were refused, each with why."""

    shares: dict[bytes, Share]  # by holder
    unfit: tuple[tuple[str, Refusal], ...]  # (name of the letter, refusal)

    def __repr__(self) -> str:
        return f"Gathered({len(self.shares)} shares)"


def ask_holders(organisation: Organisation, owner: bytes) -> OpenEscrow:
    """Return the message that lets the holders release their shares to `organisation`, for its administration to sign.

    Raises NoSuchEscrow where `owner` has none.
    """
    entry = governance.escrow(organisation.ledger.view(), owner)
    if entry is None:
        raise NoSuchEscrow
    return OpenEscrow(owner, organisation.account, entry.commitment)


def read_file(ledger: Ledger, raw: bytes) -> EscrowFile:
    """Return an escrow's file, if it is the one that the ledger knows. Raises Malformed, OtherEscrow."""
    file = decode(raw, EscrowFile)
    entry = governance.escrow(ledger.view(), file.header.organisation)
    if entry is None or entry.commitment != file.header.commitment(ledger.network):
        raise OtherEscrow
    if sha256(file.stream).digest() != file.header.stream:
        raise OtherEscrow
    return file


def gather(opener: Opener, header: EscrowHeader) -> Gathered:
    """Return the shares of this escrow that lie in the inbox, each verified by itself. The letters stay."""
    shares, unfit = {}, []
    for letter in opener.exchange.inbox(opener.account):
        if letter.kind != LETTER:
            continue
        try:
            found = _share(opener, header, letter.body)
        except Refusal as refusal:
            unfit.append((letter.name, refusal))
            continue
        if found is not None:
            shares[found[0]] = found[1]
    return Gathered(shares, tuple(unfit))


def forget_shares(opener: Opener, header: EscrowHeader) -> int:
    """Remove the letters with shares of this escrow, once what they opened is kept; return how many there were."""
    done = 0
    for letter in opener.exchange.inbox(opener.account):
        if letter.kind == LETTER and _header(letter.body) == header:
            opener.exchange.done(opener.account, letter.name)
            done += 1
    return done


def open_file(network: bytes, file: EscrowFile, shares: Iterable[Share]) -> Escrowed:
    """Return what the file holds. Raises TooFewShares, SharesDoNotFit, OtherEscrow."""
    words = [share.words for share in shares][: file.header.threshold]
    if len(words) < file.header.threshold:
        raise TooFewShares
    try:
        return decode(decrypt_stream(network, join(words), file.header.salt, file.stream), Escrowed)
    except (StreamDamaged, Malformed):
        raise OtherEscrow from None


def _header(raw: bytes) -> EscrowHeader | None:
    try:
        return decode(parse_signed(LETTER, raw).payload, SealedShare).header
    except Malformed:
        return None


def _share(opener: Opener, header: EscrowHeader, raw: bytes) -> tuple[bytes, Share] | None:
    """Return (holder, share); None where it is of another escrow.

    In this order: form, addressee, signature by a live key of the holder, seal, digest in the header.
    """
    network = opener.ledger.network
    signed = parse_signed(LETTER, raw)
    letter = decode(signed.payload, SealedShare)
    if letter.header != header:
        return None
    if letter.recipient != opener.account:
        raise NotForUs
    message = cose.to_be_signed(LETTER, network, signed.payload, signed.key)
    if not lookup.signed_by_live_key(
        opener.ledger.view(), letter.sender, signed.key, opener.ledger.now(), message, signed.signature
    ):
        raise WrongSignature
    share = letter.opened(network, opener.seal_key)
    if (letter.sender, share.digest(network)) not in header.holders:
        raise WrongShare
    return letter.sender, share
