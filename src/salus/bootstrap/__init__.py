"""The composition root: the one place that knows which engine, which files, how many organisations there are."""

from salus.bootstrap.enrolment import enrol
from salus.bootstrap.founding import create_region
from salus.bootstrap.layout import GENESIS, MemberSpec, OrganisationFile, RegionSpec, tiles_folder
from salus.bootstrap.opening import create_person, open_person, open_region, verifying
from salus.bootstrap.region import LocalCarriers, Region
from salus.bootstrap.rotation import rotate_vault

__all__ = [
    "GENESIS",
    "LocalCarriers",
    "MemberSpec",
    "OrganisationFile",
    "Region",
    "RegionSpec",
    "create_person",
    "create_region",
    "enrol",
    "open_person",
    "open_region",
    "rotate_vault",
    "tiles_folder",
    "verifying",
]
