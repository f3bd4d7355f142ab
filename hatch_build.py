"""Put the built portal into the wheel; an editable install leaves it to `make`."""

import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildPortal(BuildHookInterface):  # type: ignore[type-arg]
    """Builds what is missing of `src/salus/static` before a wheel is packed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run `make portal` where the portal is not built yet, for a wheel that is not editable."""
        if version == "standard" and not Path(self.root, "src/salus/static/index.html").exists():
            subprocess.run(["make", "portal"], cwd=self.root, check=True)  # noqa: S607
