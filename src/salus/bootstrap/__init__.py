"""The composition root: the one place that knows which engine, which files, how many organisations there are."""

from salus.bootstrap.enrolment import enrol
from salus.bootstrap.escrow import escrow_secrets, keep_escrow, read_escrow, restore_secrets
from salus.bootstrap.founding import create_region
from salus.bootstrap.key_changes import (
    end_old_gateways,
    hand_over_administration,
    master_key_age_ms,
    rotate_administration,
    rotate_gateway,
    rotate_seal,
)
from salus.bootstrap.layout import GENESIS, MemberSpec, OrganisationFile, RegionSpec, tiles_folder
from salus.bootstrap.opening import create_person, open_person, open_region, verifying
from salus.bootstrap.passphrase import change_passphrase
from salus.bootstrap.region import LocalCarriers, Region
from salus.bootstrap.rotation import rotate_vault

__all__ = [
    "GENESIS",
    "LocalCarriers",
    "MemberSpec",
    "OrganisationFile",
    "Region",
    "RegionSpec",
    "change_passphrase",
    "create_person",
    "create_region",
    "end_old_gateways",
    "enrol",
    "escrow_secrets",
    "hand_over_administration",
    "keep_escrow",
    "master_key_age_ms",
    "open_person",
    "open_region",
    "read_escrow",
    "restore_secrets",
    "rotate_administration",
    "rotate_gateway",
    "rotate_seal",
    "rotate_vault",
    "tiles_folder",
    "verifying",
]
