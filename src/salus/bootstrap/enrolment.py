"""Setting up an organisation in a region that runs."""

import os

from salus.bootstrap.keys import THRESHOLD, new_keys
from salus.bootstrap.layout import MemberSpec, may_name_organisation
from salus.bootstrap.organisations import set_up
from salus.bootstrap.region import Region
from salus.client.envelopes import EnvelopeBuilder
from salus.contracts.accounts.messages import OpenOrganisation
from salus.core.hashing import object_id
from salus.core.keys import Role, list_key
from salus.services.actors import Organisation
from salus.services.errors import ActorExists, UnusableName


def enrol(region: Region, sponsor: str, spec: MemberSpec) -> Organisation:
    """Set up an organisation whose account a member sponsors: an applicant until members admit it.

    Raises UnusableName, ActorExists, the contract's refusals.
    """
    if not may_name_organisation(spec.slug):
        raise UnusableName
    if spec.slug in region.organisations():
        raise ActorExists
    backer, nonce = region.organisation(sponsor), os.urandom(16)
    account = object_id("organisation", region.network, backer.account, nonce, 0, 0)
    made = new_keys(region.home, spec.slug, region.passphrase(), region.clock.now_ms())
    listed = [(Role.ADMINISTRATION, key) for key in made.administration] + [(Role.GATEWAY, made.gateway)]
    message = OpenOrganisation(
        backer.account,
        spec.name,
        spec.realm,
        tuple(sorted(map(int, spec.roles))),
        THRESHOLD,
        tuple(list_key(region.network, account, role, key) for role, key in listed),
        made.seal.id(region.network),
    )
    builder = EnvelopeBuilder(region.network, region.ledger.now, nonce=lambda: nonce)
    backer.carrier.submit_now(builder.build([(backer.account, backer.gateway)], message).raw)
    return region.added(set_up(region, spec, made, account))
