"""An organisation's name in paths is none of a server's own pages."""

from pathlib import Path

import pytest
from command_line import salus

from salus.bootstrap import MemberSpec, RegionSpec, create_region, may_name_organisation
from salus.bootstrap.layout import RESERVED
from salus.bootstrap.serving import OPERATIONS
from salus.policy.types import OrganisationRole
from salus.services.errors import UnusableName


def test_every_fixed_first_part_of_a_path_is_reserved() -> None:
    first = {operation.path.split("/")[1].partition(".")[0] for operation in OPERATIONS}
    assert {part for part in first if part and not part.startswith("{")} <= RESERVED
    assert not any(map(may_name_organisation, RESERVED)) and may_name_organisation("north")


@pytest.mark.parametrize("slug", sorted(RESERVED))
def test_no_organisation_is_called_so(slug: str, tmp_path: Path) -> None:
    result = salus("init", "--unattended", "--member", f"{slug}:hospital:Hospital", home=tmp_path / "home")
    assert result.status == 2 and "a server has a page of this name" in result.line
    assert not (tmp_path / "home").exists()


def test_neither_a_founder_nor_a_later_member(tmp_path: Path) -> None:
    member = MemberSpec("Hospital", "ledger", (OrganisationRole.HOSPITAL,))
    with pytest.raises(UnusableName):
        create_region(tmp_path / "home", RegionSpec("region", (member,)), "a passphrase of the tests")
