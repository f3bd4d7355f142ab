"""Vectors of evidence: each kind, sound and with one defect, with the verdict of each."""

from msgspec.structs import replace

from salus.core.encoding import decode, encode
from salus.evidence.format import Annexed, Evidence
from salus.evidence.verify import verify

from .core_vectors import genesis_file
from .fixed import fixed
from .grounds import ORDER, POLICY, Grounded
from .world import RELATION, WITNESS, World

Vectors = dict[str, object]


def evidence() -> Vectors:
    """Evidence objects with the verdict, and the step that fails where one does; `genesis` is of all."""
    world = World()
    release, view = world.release(), world.view()
    objects = {
        "release": release,
        "release without a checkpoint": replace(release, checkpoint=None),
        "complete view": view,
        "fact of the state": world.fact(b"\x03\x01" + RELATION, b"\x03\x01" + fixed("nobody")),
        "omitted record": replace(release, records=release.records[:1]),
        "older number of the relation": replace(release, opening=replace(release.opening, seq=2)),
        "another network": replace(release, network=fixed("other")),
        "record left out of a complete view": replace(view, records=view.records[1:]),
        "release under a policy set": World(basis=(3, POLICY, 3)).release(),
        "release under an order": World(basis=(4, ORDER, 0)).release(),
        "release by break-glass": Grounded().glass(),
        "break-glass for another reason than was signed": Grounded(fields=(("reason", 2),)).glass(),
        "push under a mandate": Grounded().push(),
        "push on another root": Grounded(fields=(("relation_root", fixed("other")),)).push(),
        "page of a session": Grounded().page(),
        "page with a record left out": Grounded().page(leaves=()),
        "page that shows a salt of leaves": _salted(Grounded().page()),
        "closed session": Grounded().session(),
        "closed session that shows a salt of leaves": _salted(Grounded().session()),
        "closed session on another root": Grounded(fields=(("root", fixed("other")),)).session(),
    }
    cases = []
    for name, made in objects.items():
        report = verify(encode(made), genesis_file(), witnesses=[WITNESS])
        failed = [step.name for step in report.steps if step.outcome == 2]
        cases.append(
            {
                "name": name,
                "evidence": encode(made).hex(),
                "verdict": report.verdict.name,
                "exit_status": int(report.verdict),
                "failed_step": failed[0] if failed else None,
            }
        )
    witness = {"name": WITNESS.name, "public": WITNESS.public.hex()}
    return {"genesis": genesis_file().hex(), "witnesses": [witness], "cases": cases}


def _salted(made: Annexed) -> Annexed:
    """Return the same with a salt of leaves, where nothing is opened by one."""
    evidence = decode(made.evidence, Evidence)
    assert evidence.request is not None
    return replace(
        made, evidence=encode(replace(evidence, request=replace(evidence.request, leaves_salt=fixed("any"))))
    )
