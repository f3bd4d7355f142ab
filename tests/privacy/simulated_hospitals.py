"""The hospitals of the simulation: they acknowledge and release as gateways do, a little later, without a vault."""

from people_who_wish import MINUTE_MS
from simulated_region import Patient, World

from salus.client.refused import accept
from salus.contracts.access import queries as access
from salus.contracts.access.messages import AckRelease, RecordRelease
from salus.contracts.consent import queries as consent
from salus.contracts.consent.messages import AckDirective
from salus.core.encoding import decode
from salus.core.request import parse_request
from salus.evidence.follow import RememberedRelation
from salus.policy.types import BasisKind, Status, Trigger
from salus.services.actors import Organisation
from salus.services.objects import RequestLetter, SealedGrant, parse_signed
from salus.wallet.kept import KeptAcknowledgement


def answer_letters(world: World, patient: Patient) -> None:
    """Let the hospitals answer the letters that came, a little later."""
    for hospital in world.hospitals:
        for kind, body in world.post.letters.pop(hospital.account, []):
            later = world.clock.time_ms + world.random.randrange(1000, 2 * MINUTE_MS)
            answer = _acknowledge if kind == "grant" else _release
            world.at(later, lambda h=hospital, b=body, a=answer: a(world, patient, h, b))


def _acknowledge(world: World, patient: Patient, hospital: Organisation, body: bytes) -> None:
    sealed = decode(parse_signed("grant", body).payload, SealedGrant)
    found = consent.directive(world.region.ledger.view(), sealed.relation, sealed.directive)
    if found is not None and found.status == Status.UNACKNOWLEDGED:
        hospital.send(AckDirective(hospital.account, sealed.relation, sealed.directive))


def _release(world: World, patient: Patient, hospital: Organisation, body: bytes) -> None:
    """Release to the person; her wallet acknowledges as it does, or at once."""
    raw, now = decode(body, RequestLetter).request, world.clock.time_ms
    asked = parse_request(world.region.network, raw)
    handle, leaves = asked.payload.relation, world.random.randbytes(32)
    basis, root = (int(BasisKind.SELF), None, 0), world.roots[handle]
    hospital.send(RecordRelease(hospital.account, raw, basis, root, leaves, int(Trigger.REQUEST), now + 60 * MINUTE_MS))
    seen = RememberedRelation(handle, 1, 1, root)
    if world.protected:
        owed = KeptAcknowledgement(asked.id, handle, leaves)
        patient.person.wallet.remember(seen, None, asked.id, owed)
        return

    def acknowledge() -> None:
        answer = access.answer(world.region.ledger.view(), handle, asked.id)
        assert answer is not None and answer.leaves == leaves
        envelope = patient.person.build(handle, AckRelease(handle, handle, asked.id, leaves))
        accept(patient.person.carriers.carry(hospital.account, envelope.raw).result().result.code)

    world.at(now + 30 * MINUTE_MS, acknowledge)
