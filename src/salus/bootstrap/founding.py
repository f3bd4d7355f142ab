"""Founding a region: keys, genesis with proofs, ledger, vaults."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from salus.bootstrap.engine import Engine
from salus.bootstrap.keys import THRESHOLD, OrganisationKeys, new_keys, new_node
from salus.bootstrap.layout import FILES, GENESIS, PARTS, MemberSpec, RegionSpec, may_name_organisation, tiles_folder
from salus.bootstrap.opening import region_of, verifying
from salus.bootstrap.organisations import set_up
from salus.bootstrap.region import Region
from salus.core.encoding import decode, encode
from salus.core.genesis import (
    Founder,
    FounderKey,
    FounderValidator,
    FoundingGroup,
    Genesis,
    GenesisFile,
    founder_id,
    listed_keys,
    network_id,
)
from salus.core.hashing import NO_NETWORK
from salus.core.keys import Role, possession
from salus.core.signatures import ED25519, SigningKey
from salus.ledger.embedded.clock import Clock, SystemClock
from salus.ledger.embedded.ledger import EmbeddedLedger
from salus.ledger.embedded.tuning import tune_process
from salus.policy.sets import TRIAL
from salus.policy.shipped import founding_set
from salus.policy.types import OrganisationRole
from salus.services.errors import RegionExists, UnusableName
from salus.services.purposes import PURPOSES
from salus.verifier.helper import Helper

CARE = frozenset(
    (OrganisationRole.HOSPITAL, OrganisationRole.CLINIC, OrganisationRole.LABORATORY, OrganisationRole.PHARMACY)
)
Parameters = Sequence[tuple[int, int]]  # (salus.contracts.governance.parameters.Parameter, value)
EMERGENCY_GROUP = 1  # its place among the groups of a new region


def create_region(
    home: Path,
    spec: RegionSpec,
    passphrase: str,
    clock: Clock | None = None,
    *,
    tiles: Path | None = None,
    verifier: str = "auto",
    engine: "Founded | None" = None,
) -> Region:
    """Found a region in `home`: keys, genesis with proofs, ledger, vaults; return it open.

    Its ledger is embedded, or what `engine` makes. Raises RegionExists if anything of one is there, UnusableName.
    """
    slugs = [member.slug for member in spec.members]
    if not slugs or len(dict.fromkeys(slugs)) != len(slugs) or not all(map(may_name_organisation, slugs)):
        raise UnusableName
    if any((home / part).exists() for part in PARTS):
        raise RegionExists
    tune_process()
    timed = clock or SystemClock()
    FILES.create_folder(home)
    node = new_node(home, passphrase)
    keys = [new_keys(home, member.slug, passphrase, timed.now_ms()) for member in spec.members]
    made_by = engine or Embedded()
    others = made_by.others(home, passphrase)
    genesis, founders = make_genesis(spec, keys, [(0, node), *others], timed.now_ms(), made_by.parameters)
    ledger = made_by.create(home, genesis, node, timed, verifying(verifier), tiles_folder(home, tiles))
    region = region_of(home, genesis, ledger, timed, passphrase, read_only=False)
    for member, made, founder in zip(spec.members, keys, founders, strict=True):
        region.added(set_up(region, member, made, founder_id(founder)))
    FILES.write(home / GENESIS, genesis)
    return region


class Founded(Protocol):
    """How the ledger of a new region is made, and by whom its blocks are signed."""

    @property
    def parameters(self) -> Parameters:
        """Those of the genesis that have not their default."""
        ...

    def others(self, home: Path, passphrase: str) -> Sequence[tuple[int, SigningKey]]:
        """Return (place of its member, key) of the validators beside the home's own, which is the first member's."""
        ...

    def create(self, home: Path, genesis: bytes, node: SigningKey, clock: Clock, helper: Helper, tiles: Path) -> Engine:
        """Make the ledger and return it open."""
        ...


class Embedded:
    """One process orders and keeps the blocks."""

    parameters: Parameters = ()

    def others(self, home: Path, passphrase: str) -> Sequence[tuple[int, SigningKey]]:
        return ()

    def create(self, home: Path, genesis: bytes, node: SigningKey, clock: Clock, helper: Helper, tiles: Path) -> Engine:
        return EmbeddedLedger.create(home / "ledger", genesis, node, clock, helper=helper, tiles=tiles)


def make_genesis(
    spec: RegionSpec,
    keys: Sequence[OrganisationKeys],
    validators: Sequence[tuple[int, SigningKey]],
    time: int,
    parameters: Parameters = (),
) -> tuple[bytes, tuple[Founder, ...]]:
    """Return the genesis file and the founders, whose `keys` are in their order.

    A validator is (its founder's place, its key). `parameters` are those that have not their default.
    """
    founders = tuple(founder_of(member, made) for member, made in zip(spec.members, keys, strict=True))
    document = genesis_document(spec, founders, [(at, key.public) for at, key in validators], time, parameters)
    everybody = [key for made in keys for key in made.signing] + [key for _, key in validators]
    return encode(GenesisFile(document, proofs_by(document, everybody))), founders


def genesis_document(
    spec: RegionSpec,
    founders: tuple[Founder, ...],
    validators: Sequence[tuple[int, bytes]],
    time: int,
    parameters: Parameters = (),
) -> bytes:
    """Return the document; a validator is (its founder's place, its public key)."""
    listed = tuple(FounderValidator(founder, public, 1) for founder, public in validators)
    set_otherwise = tuple(sorted((int(number), value) for number, value in parameters))
    groups, policies = _groups(spec), _policies()
    return encode(Genesis(1, 1, spec.name, time, founders, listed, set_otherwise, policies, PURPOSES, groups))


def proofs_by(document: bytes, keys: Iterable[SigningKey]) -> tuple[bytes, ...]:
    """Return the proofs of possession of those of the document's keys that are here, in the document's order."""
    network, known = network_id(document), {key.public: key for key in keys}
    return tuple(
        known[public].sign(possession(network, account, role, public))
        for account, role, public in listed_keys(decode(document, Genesis))
        if public in known
    )


def _groups(spec: RegionSpec) -> tuple[FoundingGroup, ...]:
    """Return the groups of a new region: who gives care, whom standing permits name; who may break the glass."""
    care = tuple(at for at, member in enumerate(spec.members) if not CARE.isdisjoint(member.roles))
    treating = (OrganisationRole.HOSPITAL, OrganisationRole.CLINIC)
    helping = [member.emergency and any(role in treating for role in member.roles) for member in spec.members]
    return FoundingGroup("Care", care), FoundingGroup("Emergency care", tuple(n for n, ok in enumerate(helping) if ok))


def _policies() -> tuple[bytes, ...]:
    """The policy sets to try, for any jurisdiction; a relation is under strict opt-in until its custodian names one."""
    numbers = {row.code: row.number for row in PURPOSES}
    return tuple(encode(founding_set(shipped, numbers, EMERGENCY_GROUP)) for shipped in TRIAL)


def founder_of(spec: MemberSpec, made: OrganisationKeys) -> Founder:
    """Return what a document says of a member."""
    keys = [FounderKey(ED25519, int(Role.ADMINISTRATION), key.public) for key in made.administration]
    keys.append(FounderKey(ED25519, int(Role.GATEWAY), made.gateway.public))
    roles = tuple(sorted(map(int, spec.roles)))
    # Inside the document the network counts as zero bytes, for sealing keys too.
    return Founder(spec.name, spec.realm, roles, THRESHOLD, tuple(keys), made.seal.id(NO_NETWORK))
