"""CometBFT with a clock that is off, or with a validator that signs with a key that is not its own.

Built of a copy of its own source with a few edits (Go lets no overlay replace a file of the module cache); nothing of
it is kept here but the edits. Without the two environment variables the program does what the original does.

| variable          | what it does                                                                             |
|-------------------|------------------------------------------------------------------------------------------|
| CHAOS_CLOCK_MS    | the clock of the consensus is off by as many milliseconds; no genesis is waited for      |
| CHAOS_WRONG_KEY   | votes and proposals are signed with another key; and the node itself believes every vote |
"""

import json
import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from salus.bootstrap.network.binary import version_of

MODULE = "github.com/cometbft/cometbft"
BUILT = Path(__file__).parents[3] / ".tools/chaos"
BUILDS_S = 900
GO = ("/usr/local/go/bin/go", "/usr/lib/go/bin/go")

_IMPORTS = "import (\n"
_EDITS: dict[str, tuple[tuple[str, str], ...]] = {
    "types/time/time.go": (
        (_IMPORTS, 'import (\n\t"os"\n\t"strconv"\n'),
        ("return Canonical(time.Now())", "return Canonical(time.Now().Add(chaosOffset))"),
    ),
    "node/node.go": (  # it would sleep until its clock says the time of the genesis, which was just now
        ("if genTime.After(now) {", 'if genTime.After(now) && os.Getenv("CHAOS_CLOCK_MS") == "" {'),
    ),
    "privval/file.go": (
        ("sig, err := pv.Key.PrivKey.Sign(signBytes)", "sig, err := chaosKey(pv.Key.PrivKey).Sign(signBytes)"),
    ),
    "crypto/ed25519/ed25519.go": (
        (_IMPORTS, 'import (\n\t"os"\n'),
        (
            "func (pubKey PubKey) VerifySignature(msg []byte, sig []byte) bool {\n",
            "func (pubKey PubKey) VerifySignature(msg []byte, sig []byte) bool {\n"
            '\tif os.Getenv("CHAOS_WRONG_KEY") != "" {\n\t\treturn true\n\t}\n',
        ),
    ),
}
_ADDED = {
    "types/time/time.go": """
var chaosOffset = func() time.Duration {
	ms, _ := strconv.Atoi(os.Getenv("CHAOS_CLOCK_MS"))
	return time.Duration(ms) * time.Millisecond
}()
""",
    "privval/file.go": """
func chaosKey(own crypto.PrivKey) crypto.PrivKey {
	if os.Getenv("CHAOS_WRONG_KEY") == "" {
		return own
	}
	return ed25519.GenPrivKeyFromSecret([]byte("nobody's"))
}
""",
}


class NoGo(Exception):
    """There is no Go here to build CometBFT with."""


def find_go() -> str | None:
    """Return the Go command, None where there is none."""
    return next(filter(None, map(shutil.which, ("go", *GO))), None)


def like(program: Path) -> Path:
    """Return CometBFT of the version of `program`, with the edits; see `chaos_cometbft`."""
    name = program.resolve().name.removeprefix("cometbft-")  # v0.40.0 calls itself 0.39.0
    return chaos_cometbft(name if name.startswith("v") else f"v{version_of(program)}")


def chaos_cometbft(version: str) -> Path:
    """Return the program, built where it is not there yet; raises NoGo."""
    edits = sha256(repr((_EDITS, _ADDED)).encode()).hexdigest()[:8]
    program = BUILT / f"cometbft-{version}-{edits}"
    if program.is_file():
        return program
    go = find_go()
    if go is None:
        raise NoGo
    BUILT.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=BUILT) as made:
        work = Path(made)
        source = Path(_run(go, work, "mod", "download", "-json", f"{MODULE}@{version}")["Dir"])
        copy = shutil.copytree(source, work / "source", copy_function=shutil.copyfile)
        for folder in (copy, *(path for path in copy.rglob("*") if path.is_dir())):
            folder.chmod(0o755)  # the module cache is read-only
        for name in _EDITS:
            _edit(copy / name, name)
        environment = os.environ | {"GOFLAGS": "-trimpath", "CGO_ENABLED": "0", "GOWORK": "off"}
        command = [go, "build", "-o", str(work / "cometbft"), "./cmd/cometbft"]
        subprocess.run(command, check=True, timeout=BUILDS_S, env=environment, cwd=copy)
        (work / "cometbft").replace(program)
    return program


def _run(go: str, work: Path, *arguments: str) -> dict[str, str]:
    done = subprocess.run([go, *arguments], check=True, capture_output=True, timeout=BUILDS_S, cwd=work)
    return json.loads(done.stdout)


def _edit(file: Path, name: str) -> None:
    text = file.read_text()
    for old, new in _EDITS[name]:
        assert old in text, f"{name} of this version has no {old!r}"
        text = text.replace(old, new)
    file.write_text(text + _ADDED.get(name, ""))
