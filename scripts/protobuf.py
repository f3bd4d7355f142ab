"""Write the `*_pb2.py` and `*_pb2.pyi` beside the `.proto` files of `src/salus/cometbft/proto`.

    python scripts/protobuf.py [--check]

They are made with the grpcio-tools of the lock, so that they are the same on every machine.
"""

import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

SOURCE = Path(__file__).parents[1] / "src"
PLACE = Path("salus/cometbft/proto")


def generate(to: Path) -> list[Path]:
    """Write the modules under `to`; return their paths relative to it."""
    protos = sorted(str(PLACE / path.name) for path in (SOURCE / PLACE).glob("*.proto"))
    well_known = files("grpc_tools") / "_proto"
    arguments = ["protoc", f"-I{SOURCE}", f"-I{well_known}", f"--python_out={to}", f"--pyi_out={to}", *protos]
    if protoc.main(arguments):
        raise SystemExit("protoc refused the .proto files")
    return sorted(path.relative_to(to) for path in to.rglob("*_pb2.py*"))


def main(arguments: list[str]) -> int:
    """Write the modules, or compare them; return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        made = generate(Path(folder))
        if "--check" not in arguments:
            for path in made:
                (SOURCE / path).write_bytes((Path(folder) / path).read_bytes())
            return 0
        kept = sorted(path.relative_to(SOURCE) for path in (SOURCE / PLACE).glob("*_pb2.py*"))
        return int(
            kept != made or any((SOURCE / path).read_bytes() != (Path(folder) / path).read_bytes() for path in made)
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
