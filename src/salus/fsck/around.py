"""Check what lies in a home around ledger and vaults: organisations, keystores, wallets, letters, public keys.

Keystores and wallets have a sum of their own, letters and keys are named by their hashes, an organisation's file says
what the ledger holds. What only settings say, and what somebody else put into the home, is not judged.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from salus.contracts.accounts import queries as accounts
from salus.core import cose
from salus.core.encoding import decode
from salus.core.endpoint import KIND, Endpoint
from salus.core.errors import Refusal
from salus.core.hashing import NO_NETWORK
from salus.core.signatures import verify
from salus.fsck.report import Finding
from salus.state.overlay import Reader
from salus.vault.files import TEMPORARY, LocalFiles
from salus.vault.identity import FILE as IDENTITY
from salus.vault.identity import ORGANISATION, OrganisationFile, read_identity
from salus.vault.keystore import is_whole
from salus.vault.seals import seal_key_id

KEYSTORE, WALLET = "keystore.sealed", "wallet.sealed"
_DIGEST_DIGITS = 32  # of a letter's, in its name


def check_around(home: Path, network: bytes, state: Reader | None) -> Iterator[Finding]:
    """Yield what is wrong; `network` is empty, and `state` None, where the ledger is too damaged to say."""
    for path in sorted((home / "organisations").glob("*")):
        if (path / ORGANISATION).exists() or (path / "vault").exists():  # else it was not set up to the end
            yield from _named(home, path / ORGANISATION, _organisation(path, state))
            yield from _named(home, path / KEYSTORE, _keystore(path / KEYSTORE))
    kept = ((path, KEYSTORE) for path in home.glob("node"))
    wallets = ((path, WALLET) for path in sorted(home.glob("people/*")))
    for folder, name in (*kept, *wallets):
        yield from _named(home, folder / name, _keystore(folder / name))
    for path in _files(home, "exchange/letters/*/*", "exchange/outbox/**/*"):
        yield from _named(home, path, _letter(path))
    if network:
        for path in _files(home, "exchange/keys/*", "directory/keys/*/*"):
            yield from _named(home, path, _public_key(path, network))
    if state is not None:
        for path in _files(home, "directory/endpoints/*"):
            yield from _named(home, path, _endpoint(path, network, state))


def _named(home: Path, path: Path, what: str) -> Iterator[Finding]:
    if what:
        yield Finding(str(path.relative_to(home)), "whole file", what)


def _files(home: Path, *patterns: str) -> Iterator[Path]:
    for pattern in patterns:
        yield from (p for p in sorted(home.glob(pattern)) if p.is_file() and not p.name.endswith(TEMPORARY))


def _read(path: Path) -> bytes | str:
    """Return the bytes, or why there are none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _keystore(path: Path) -> str:
    raw = _read(path)
    return raw if isinstance(raw, str) else "" if is_whole(raw) else "damaged: its sum is another"


def _organisation(folder: Path, state: Reader | None) -> str:
    raw = _read(folder / ORGANISATION)
    if isinstance(raw, str):
        return raw
    try:
        said = decode(raw, OrganisationFile)
    except Refusal:
        return "not the encoding of an organisation"
    if not (folder / "vault" / IDENTITY).exists():
        return "" if (folder / "vault").exists() else "the organisation's vault is missing"
    known = None if state is None else accounts.organisation(state, said.account)
    if state is not None and (known is None or known.name != said.name):
        return "the ledger holds no organisation of this account and name"
    try:
        custodian = read_identity(folder / "vault", LocalFiles()).custodian
    except Refusal:
        return ""  # the check of the vault names it
    return "" if custodian == said.account else "its vault is another organisation's"


def _letter(path: Path) -> str:
    raw = _read(path)
    if isinstance(raw, str):
        return raw
    named = path.name.partition("-")[2][:_DIGEST_DIGITS]
    return "" if sha256(raw).hexdigest()[:_DIGEST_DIGITS] == named else "not the bytes its name says"


def _public_key(path: Path, network: bytes) -> str:
    raw = _read(path)
    if isinstance(raw, str):
        return raw
    known = (seal_key_id(of, raw).hex() for of in (network, NO_NETWORK))
    return "" if path.name in known else "not the key its name says"


def _endpoint(path: Path, network: bytes, state: Reader) -> str:
    """Say what is wrong with a signed endpoint; its key may have been replaced since."""
    raw = _read(path)
    if isinstance(raw, str):
        return raw
    try:
        signed = cose.parse(KIND, raw)
        said = decode(signed.payload, Endpoint)
    except Refusal:
        return "not the encoding of a signed endpoint"
    kid, signature = signed.signatures[0]
    key = accounts.listed_key(state, said.member, kid)
    signed_bytes = cose.to_be_signed(KIND, network, signed.payload, kid)
    if said.member.hex() != path.name or key is None or not verify(key.public, signed_bytes, signature):
        return "not signed by a key of the member it names"
    return ""
