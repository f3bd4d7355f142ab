"""Order, atomicity, replay and undo of blocks; events and log; empty blocks; genesis."""

import pytest
from machine_world import T0, codes, founded, run

from salus.contracts.accounts import keeper as accounts
from salus.contracts.accounts.messages import ChangeOrganisationKeys, RevokeOwnKey
from salus.contracts.accounts.types import Key, KeyStatus, Person, PersonState
from salus.contracts.consent import errors as consent
from salus.contracts.consent import queries
from salus.contracts.consent.messages import RevokeConsent
from salus.core import cose
from salus.core.encoding import decode, decode_plain, encode
from salus.core.envelope import FORMAT, Payload, parse_batch, parse_envelope
from salus.core.errors import InvalidKey, Malformed
from salus.core.genesis import GenesisFile
from salus.core.hashing import T
from salus.core.keys import FOREVER, Role
from salus.core.signatures import ED25519
from salus.machine.errors import Replayed, RevokedKey, UnknownMessage, UnknownSigner
from salus.machine.machine import LOG_KEY, Machine
from salus.machine.seen import MINUTE_MS, START, seen_key
from salus.merkle.log import Frontier, leaf_hash
from salus.merkle.plain import plain_root
from salus.policy.types import Capacity, Status
from salus.state.overlay import Overlay
from salus.state.store import Store
from salus.testing.region import START_MS, Region, key


def status(world, relation: bytes, directive: bytes) -> int:
    return queries.directive(world.machine.store, relation, directive).status


def test_revocation_runs_before_a_grant_that_stands_first() -> None:
    world = founded(1)
    (relation,) = world.handles
    first, directive = world.region.grant(relation)
    run(world.machine, [world.region.batch(first)])
    later, _ = world.region.grant(relation)
    revoke = world.region.revoke(relation, directive)
    result = run(world.machine, [world.region.batch(later), world.region.batch(revoke, member=world.region.other)])
    assert codes(result) == [0, 0]
    numbers = [decode_plain(event.body)[0] for event in result.events]
    assert numbers == [0x0403, 0x0401]  # ConsentRevoked, ConsentGranted


def test_protective_envelope_that_is_refused_takes_its_ordinary_place() -> None:
    world = founded(1)
    (relation,) = world.handles
    grant, directive = world.region.grant(relation)
    revoke = world.region.revoke(relation, directive)  # of what only this block grants
    assert codes(run(world.machine, [world.region.batch(grant, revoke)])) == [0, 0]
    assert status(world, relation, directive) == Status.REVOKED


def test_protective_envelope_before_what_it_revokes_is_refused_and_consumed() -> None:
    world = founded(1)
    (relation,) = world.handles
    grant, directive = world.region.grant(relation)
    revoke = world.region.revoke(relation, directive)
    result = run(world.machine, [world.region.batch(revoke, grant)])
    assert codes(result) == [consent.NoSuchDirective.code, 0]
    assert codes(run(world.machine, [world.region.batch(revoke)])) == [Replayed.code]


def test_protective_envelopes_run_by_id() -> None:
    world = founded(1)
    (relation,) = world.handles
    grant, directive = world.region.grant(relation)
    run(world.machine, [world.region.batch(grant)])
    rivals = [world.region.revoke(relation, directive) for _ in range(6)]
    ids = [parse_envelope(world.region.network, raw).id for raw in rivals]
    result = run(world.machine, [world.region.batch(*rivals[:3]), world.region.batch(*rivals[3:])])
    winner = ids.index(min(ids))
    expected = [consent.DirectiveRevoked.code] * 6
    expected[winner] = 0
    assert codes(result) == expected


def test_protective_keys_are_those_of_the_start_of_the_block() -> None:
    world = founded(1)
    (relation,) = world.handles
    grant, directive = world.region.grant(relation)
    run(world.machine, [world.region.batch(grant)])
    hospital = world.region.hospital
    gone = ChangeOrganisationKeys(hospital.id, (), (hospital.gateway.id(world.region.network),), 1, bytes(32))
    end_key = world.region.envelope([(hospital.id, hospital.administration)], gone)
    revoke, another = world.region.revoke(relation, directive), world.region.grant(relation)[0]
    result = run(world.machine, [world.region.batch(end_key, another, revoke)])
    assert codes(result) == [0, RevokedKey.code, 0]


def test_envelope_carried_by_two_members_runs_once() -> None:
    world = founded(1)
    grant, _ = world.region.grant(world.handles[0])
    batches = [world.region.batch(grant), world.region.batch(grant, member=world.region.other)]
    assert codes(run(world.machine, batches)) == [0, Replayed.code]


def test_envelope_twice_in_a_batch_runs_once() -> None:
    world = founded(1)
    grant, _ = world.region.grant(world.handles[0])
    assert codes(run(world.machine, [world.region.batch(grant, grant)])) == [0, Replayed.code]


def test_failed_envelope_is_consumed_but_one_with_a_bad_signature_is_not() -> None:
    world = founded(1)
    failing = world.region.revoke(world.handles[0], b"d" * 32)
    grant, _ = world.region.grant(world.handles[0])
    forged = grant[:-1] + bytes((grant[-1] ^ 1,))
    first = codes(run(world.machine, [world.region.batch(failing, forged)]))
    assert first[0] == consent.NoSuchDirective.code
    assert codes(run(world.machine, [world.region.batch(failing, grant)])) == [Replayed.code, 0]


def test_message_that_fails_after_another_wrote_leaves_nothing() -> None:
    world = founded(1)
    (relation,) = world.handles
    region = world.region
    half = region.envelope(
        region.by_hospital, region.permit(relation), RevokeConsent(relation, int(Capacity.CUSTODIAN), b"d" * 32)
    )
    before = dict(world.machine.store.items())
    result = run(world.machine, [region.batch(half)])
    assert codes(result) == [consent.NoSuchDirective.code]
    assert result.events == ()
    after = dict(world.machine.store.items())
    changed = {k for k in before.keys() | after.keys() if before.get(k) != after.get(k)}
    assert all(k[:1] == b"\x00" for k in changed)  # the log's head and the seen ids, nothing of a contract


def test_unknown_message_after_another_leaves_nothing() -> None:
    world = founded(1)
    good = world.region.grant(world.handles[0])[0]
    numbered = parse_envelope(world.region.network, good).payload.messages

    kid = world.region.hospital.gateway.id(world.region.network)
    payload = Payload(
        FORMAT, world.region.nonce(), T0 + 1000, ((world.region.hospital.id, kid),), (*numbered, (0x7FFF, b"\x80"))
    )
    raw = cose.sign("envelope", world.region.network, encode(payload), [world.region.hospital.gateway])
    result = run(world.machine, [world.region.batch(raw)])
    assert codes(result) == [UnknownMessage.code]
    assert result.events == ()


@pytest.mark.parametrize(
    "body", [b"\x80", b"\xa0", b"\xf5", b"\xf9\x3c\x00", b"\xc2\x41\x01", b"\x9f\xff", b"\xd8\x23\x61x"]
)
def test_malformed_message_is_refused(body: bytes) -> None:
    world = founded(1)

    kid = world.region.hospital.gateway.id(world.region.network)
    signers = ((world.region.hospital.id, kid),)
    payload = Payload(FORMAT, world.region.nonce(), T0 + 1000, signers, ((0x0401, body),))
    raw = cose.sign("envelope", world.region.network, encode(payload), [world.region.hospital.gateway])
    assert codes(run(world.machine, [world.region.batch(raw)])) == [Malformed.code]


def test_log_holds_the_block_and_then_its_events() -> None:
    world = founded(2)
    size = world.machine.log.size
    batches = [world.region.batch(world.region.grant(handle)[0]) for handle in world.handles]
    result = run(world.machine, batches)
    network = world.region.network
    tree = Frontier()
    for raw in batches:
        tree.append(leaf_hash(parse_batch(network, raw).id))
    log = world.machine.log
    assert log.size == size + 3 == result.log_size
    assert log.entry(size) == T("block", network, result.height, result.time, tree.root())
    assert [log.entry(size + 1 + i) for i in range(2)] == [T("event", network, e.body) for e in result.events]
    assert decode_plain(world.machine.store.get(LOG_KEY)) == [log.size, log.root]
    nonce = parse_envelope(network, parse_batch(network, batches[0]).payload.envelopes[0]).payload.nonce
    assert decode_plain(result.events[0].body)[1:3] == [nonce, 0]


def test_empty_block_changes_nothing() -> None:
    world = founded(1)
    before, size = world.machine.app_hash, world.machine.log.size
    result = run(world.machine, [], T0 + 10 * 3_600_000)  # the minutes of all seen ids have passed
    assert (result.app_hash, world.machine.log.size) == (before, size)
    assert world.machine.height == 2


def test_seen_ids_stand_in_the_tree_and_go_with_their_minute() -> None:
    world = founded(1)
    network, until = world.region.network, T0 + 90_000
    grant, _ = world.region.grant(world.handles[0], not_after=until)
    batch = world.region.batch(grant, not_after=until)
    run(world.machine, [batch])
    minute = until // MINUTE_MS
    ids = [parse_batch(network, batch).id, parse_envelope(network, grant).id]
    first = T("seen", network, START, ids)
    assert world.machine.store.get(seen_key(minute)) == first
    again = world.region.batch(b"x", not_after=until)
    run(world.machine, [again])
    chained = T("seen", network, first, [parse_batch(network, again).id])
    assert world.machine.store.get(seen_key(minute)) == chained
    last = (minute + 1) * MINUTE_MS
    for time, expected in ((last - 1, chained), (last, None)):
        run(world.machine, [world.region.batch(b"x", not_after=time + 300_000)], time)
        assert world.machine.store.get(seen_key(minute)) == expected


def test_undo_takes_a_block_back_exactly() -> None:
    world, twin = founded(3), founded(3)
    batches = [world.region.batch(world.region.grant(h)[0]) for h in world.handles]
    machine = world.machine
    before = (dict(machine.store.items()), machine.app_hash, machine.log.root, machine.height, machine.time)
    ids = machine.seen.items()
    later = T0 + 900_000
    executed = machine.execute(2, later, [world.region.batch(b"x", not_after=later + 1)])
    machine.undo()
    after = (dict(machine.store.items()), machine.app_hash, machine.log.root, machine.height, machine.time)
    assert after == before
    assert machine.seen.items() == ids
    assert executed.app_hash != before[1]
    assert run(machine, batches).app_hash == run(twin.machine, batches).app_hash


def test_undo_after_commit_and_only_once() -> None:
    world = founded(1)
    before = world.machine.app_hash
    run(world.machine, [world.region.batch(b"x")])
    world.machine.undo()
    assert world.machine.app_hash == before
    with pytest.raises(ValueError, match="nothing to undo"):
        world.machine.undo()


def test_steps_out_of_order_are_bugs() -> None:
    world = founded(1)
    machine = world.machine
    with pytest.raises(ValueError, match="nothing was executed"):
        machine.commit()
    with pytest.raises(ValueError, match="out of order"):
        machine.execute(machine.height, T0, [])
    with pytest.raises(ValueError, match="out of order"):
        machine.execute(machine.height + 1, machine.time - 1, [])
    machine.execute(machine.height + 1, T0, [])
    with pytest.raises(ValueError, match="out of order"):
        machine.execute(machine.height + 1, T0, [])
    with pytest.raises(ValueError, match="not committed"):
        machine.checkpoint()
    machine.commit()
    machine.checkpoint()
    with pytest.raises(ValueError, match="nothing to undo"):
        machine.undo()
    with pytest.raises(ValueError, match="genesis already"):
        machine.init(world.region.genesis_file)


def test_app_hash_is_the_root_of_the_plain_tree() -> None:
    world = founded(5)
    result = run(world.machine, [world.region.batch(*[world.region.grant(h)[0] for h in world.handles])])
    assert result.app_hash == plain_root(world.machine.store.items())


def test_network_is_the_hash_of_the_document() -> None:
    a, b = Region("one"), Region("two")
    machines = [Machine(Store.in_memory()) for _ in range(2)]
    hashes = [machine.init(region.genesis_file) for machine, region in zip(machines, (a, b), strict=True)]
    assert [machine.network for machine in machines] == [a.network, b.network]
    assert hashes[0] != hashes[1]
    assert machines[0].time == START_MS


def test_genesis_with_a_wrong_proof_is_refused() -> None:

    file = decode(Region().genesis_file, GenesisFile)
    forged = encode(GenesisFile(file.document, (file.proofs[1], *file.proofs[1:])))
    with pytest.raises(InvalidKey):
        Machine(Store.in_memory()).init(forged)


def test_restored_machine_goes_on_with_the_same_ids_and_log() -> None:
    world = founded(2)
    grant, _ = world.region.grant(world.handles[0])
    run(world.machine, [world.region.batch(grant)])
    world.machine.checkpoint()
    again = Machine(world.machine.store)
    assert (again.height, again.time, again.log.root) == (2, T0, world.machine.log.root)
    assert again.seen.items() == world.machine.seen.items()
    assert codes(run(again, [world.region.batch(grant)])) == [Replayed.code]


def test_key_of_the_node_signs_no_message() -> None:
    world = founded(1)

    raw = world.region.envelope([(world.region.hospital.id, key("node"))], world.region.permit(world.handles[0]))
    assert codes(run(world.machine, [world.region.batch(raw)])) == [UnknownSigner.code]


def test_block_that_was_undone_leaves_the_running_hash_of_its_minute() -> None:
    world, twin = founded(2), founded(2)
    first, second = ([world.region.batch(world.region.grant(h)[0])] for h in world.handles)
    for one in (world, twin):
        run(one.machine, first)
    world.machine.execute(world.machine.height + 1, T0, second)
    world.machine.undo()
    assert run(world.machine, second).app_hash == run(twin.machine, second).app_hash


def test_key_that_ends_itself_still_signs_the_protective_rest_of_the_block() -> None:
    world = founded(1)
    region, (relation,) = world.region, world.handles
    device, grant = key("her device"), world.region.grant(relation)
    run(world.machine, [region.batch(grant[0])])
    claimed = Overlay(world.machine.store)
    accounts.put_person(claimed, relation, Person(region.hospital.id, int(PersonState.CLAIMED), 1, 1, bytes(32), False))
    entry = Key(ED25519, int(Role.DEVICE), device.public, 0, FOREVER, 1, int(KeyStatus.LISTED))
    accounts.list_key(claimed, relation, device.id(region.network), entry)
    world.machine.store.apply(claimed.writes)
    revoke = region.envelope([(relation, device)], RevokeConsent(relation, int(Capacity.SELF), grant[1]))
    limit = parse_envelope(region.network, revoke).id
    while True:  # the envelope that ends the key must come first
        end = region.envelope([(relation, device)], RevokeOwnKey(relation, device.id(region.network)))
        if parse_envelope(region.network, end).id < limit:
            break
    assert codes(run(world.machine, [region.batch(revoke, end)])) == [0, 0]
    later = region.envelope([(relation, device)], RevokeConsent(relation, int(Capacity.SELF), grant[1]))
    assert codes(run(world.machine, [region.batch(later)])) == [RevokedKey.code]
