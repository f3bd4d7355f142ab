"""The composition root: the one place that knows which engine, which files, how many organisations there are."""

from salus.bootstrap.consensus import Trust, read_consensus
from salus.bootstrap.copies import back_up, restore
from salus.bootstrap.enrolment import enrol
from salus.bootstrap.escrow import escrow_secrets, keep_escrow, read_escrow, restore_secrets
from salus.bootstrap.founding import create_region
from salus.bootstrap.indexing import index_region
from salus.bootstrap.key_changes import (
    administration_change,
    carry_out,
    end_old_gateways,
    gateway_change,
    hand_over_administration,
    hand_over_change,
    master_key_age_ms,
    old_gateways_change,
    rotate_administration,
    rotate_gateway,
    rotate_seal,
    seal_change,
)
from salus.bootstrap.layout import (
    GENESIS,
    MemberSpec,
    RegionSpec,
    may_name_organisation,
    tiles_folder,
)
from salus.bootstrap.opening import create_person, has_node, needs_node, open_person, open_region, verifying
from salus.bootstrap.passphrase import change_passphrase
from salus.bootstrap.pruning import prune_region
from salus.bootstrap.region import LocalCarriers, Region
from salus.bootstrap.resetting import reset_ledger
from salus.bootstrap.rotation import rotate_vault
from salus.bootstrap.signer import new_signer, open_signer, validator_entry
from salus.bootstrap.split import SPLIT_NOTE, split_region
from salus.bootstrap.upstream import UpstreamFile, read_upstream, write_upstream

__all__ = [
    "GENESIS",
    "SPLIT_NOTE",
    "LocalCarriers",
    "MemberSpec",
    "Region",
    "RegionSpec",
    "Trust",
    "UpstreamFile",
    "administration_change",
    "back_up",
    "carry_out",
    "change_passphrase",
    "create_person",
    "create_region",
    "end_old_gateways",
    "enrol",
    "escrow_secrets",
    "gateway_change",
    "hand_over_administration",
    "hand_over_change",
    "has_node",
    "index_region",
    "keep_escrow",
    "master_key_age_ms",
    "may_name_organisation",
    "new_signer",
    "old_gateways_change",
    "needs_node",
    "open_person",
    "open_region",
    "open_signer",
    "prune_region",
    "read_consensus",
    "read_escrow",
    "read_upstream",
    "reset_ledger",
    "restore",
    "restore_secrets",
    "rotate_administration",
    "rotate_gateway",
    "rotate_seal",
    "rotate_vault",
    "seal_change",
    "split_region",
    "tiles_folder",
    "validator_entry",
    "verifying",
    "write_upstream",
]
