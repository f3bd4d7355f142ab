"""The founders' accounts: what the contract holds before the first block."""

from salus.contracts.accounts import keeper
from salus.contracts.accounts.errors import UnknownRole, WrongKeyRole
from salus.contracts.accounts.listing import ORGANISATION_ROLES
from salus.contracts.accounts.organisations import check_threshold, known_roles
from salus.contracts.accounts.types import Key, KeyStatus, Organisation
from salus.core.genesis import Genesis, founder_id
from salus.core.keys import FOREVER
from salus.core.signatures import key_id
from salus.state.overlay import Overlay


def write_genesis(state: Overlay, network: bytes, genesis: Genesis) -> None:
    """Write profiles and keys of a document that `read_genesis` gave, which checked the possession of all.

    Validator keys are only reserved: they sign no messages. Raises UnknownRole, WrongKeyRole or
    InvalidThreshold where the document contradicts itself.
    """
    for founder in genesis.founders:
        if not known_roles(founder.roles):
            raise UnknownRole
        if any(key.role not in ORGANISATION_ROLES for key in founder.keys):
            raise WrongKeyRole
        check_threshold(founder.threshold, (key.role for key in founder.keys))
        account = founder_id(founder)
        profile = Organisation(founder.name, founder.realm, founder.roles, founder.threshold, founder.seal_key)
        keeper.put_organisation(state, account, profile)
        for key in founder.keys:
            entry = Key(key.suite, key.role, key.public, 0, FOREVER, 0, int(KeyStatus.LISTED))
            keeper.list_key(state, account, key_id(network, key.public), entry)
    for validator in genesis.validators:
        owner = founder_id(genesis.founders[validator.founder])
        keeper.reserve_key(state, key_id(network, validator.public), owner)
