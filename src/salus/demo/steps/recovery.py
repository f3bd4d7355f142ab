"""Two other patients. One loses her phone, and friends help; of the other a thief has it, and two desks do."""

from salus.contracts.accounts import queries as accounts
from salus.core.errors import Refusal
from salus.demo.stage import CLINIC, HOSPITALS, Stage, Step
from salus.services.actors import Person
from salus.services.attest_staff import attest_staff
from salus.services.change_devices import complete_change
from salus.services.claim import claim
from salus.services.freeze import freeze_by_code, print_freeze_code
from salus.services.grant import Terms, grant, sealed_part, to_organisation
from salus.services.invite import invite
from salus.services.keyholding import approve, hold_key, set_keyholders
from salus.services.open_accounts import open_accounts
from salus.services.recover import finish_recoveries, offered_keys, prepare_recovery, start_recovery
from salus.services.recovery_status import recovery_status
from salus.services.reprove import confirm_reproof, reprove
from salus.services.settle_claim import confirm_claim
from salus.services.settle_recovery import complete_recovery, settle_recovery
from salus.services.veto_recovery import veto_recovery

FRIENDS = ("bela-sister", "bela-friend", "bela-lawyer")
WEEK, FORTNIGHT = 7, 14  # days of the network's delays


def recover_accounts(stage: Stage) -> Step:
    """Name keyholders, lose a phone, and have a thief veto until he cannot."""
    helped, robbed = patient(stage, "bela", HOSPITALS[0]), patient(stage, "cleo", HOSPITALS[1])
    set_keyholders(helped[0], helped[1], [hold_key(stage.new_person(name), helped[1]) for name in FRIENDS])
    code = print_freeze_code(*robbed)
    stage.clock.let_pass(WEEK)
    for _, waiting in accounts.pending_changes(stage.region.ledger.view(), helped[1]):
        complete_change(stage.organisation(HOSPITALS[0]), helped[1], waiting.id)
    lost, alerts = lost_phone(stage, helped)
    vetoes, grants = thief(stage, robbed, code)
    stage.clock.let_pass(WEEK)
    complete_recovery(stage.organisation(CLINIC), helped[1])
    stage.clock.let_pass(FORTNIGHT - WEEK)
    complete_recovery(stage.organisation(CLINIC), robbed[1])
    back = [bool(finish_recoveries(person)) for person in (lost, stage.region.person("cleo-new"))]
    return Step(
        "recovery",
        "A phone is lost, another is stolen: both accounts come back",
        all(back) and alerts and vetoes == 2 and grants == 0,
        {"accounts_recovered": sum(back), "vetoes_of_the_thief": vetoes, "grants_of_the_thief": grants},
        (
            "Bela had named three friends; two of them heard her read the short code, and approved her new phone",
            f"{stage.clock.delay} every device of hers could have stopped it; nobody was granted anything meanwhile",
            "Cleo had a printed code: the clinic froze her account with it. Two desks identified her, each by itself",
            f"The thief vetoed {vetoes} times: the second veto froze his key, and her hospital's desk decided",
            f"{stage.clock.over}: every earlier key is dead, no grant of his took",
        ),
        ("recovery status --as bela-new",),
    )


def patient(stage: Stage, slug: str, hospital: str) -> tuple[Person, bytes]:
    """Open an account at a hospital and let a person claim it."""
    organisation = stage.organisation(hospital)
    (handle,) = open_accounts(organisation, 1)
    person = stage.new_person(slug)
    claimed = claim(person, invite(organisation, handle).code)
    confirm_claim(organisation, handle, claimed.short_code)
    return person, handle


def lost_phone(stage: Stage, helped: tuple[Person, bytes]) -> tuple[Person, bool]:
    """Two friends approve a new phone; return it, and whether the lost one shows the alert."""
    old, handle = helped
    phone = stage.new_person("bela-new")
    wanted = prepare_recovery(phone, handle, since=stage.region.ledger.now())
    people = [stage.region.person(name) for name in FRIENDS[:2]]
    start_recovery(phone, handle, [approve(one, handle, wanted.recovery, wanted.short_code) for one in people])
    return phone, recovery_status(old)[0].alarming


def thief(stage: Stage, robbed: tuple[Person, bytes], code: str) -> tuple[int, int]:
    """Freeze, re-prove twice, veto twice, settle; return (vetoes, grants that the thief brought about)."""
    stolen, handle = robbed
    freeze_by_code(stage.organisation(CLINIC), code)
    custodian, second = stage.organisation(HOSPITALS[1]), stage.organisation(HOSPITALS[0])
    desks = attest_staff(custodian, "Desk of South", "clerk"), attest_staff(second, "Desk of North", "clerk")
    phone, vetoes, grants = stage.new_person("cleo-new"), 0, 0
    for _ in range(2):
        prepare_recovery(phone, handle, since=stage.region.ledger.now())
        offered, shown = offered_keys(phone, handle)
        reprove(custodian, offered, shown, desks[0])
        confirm_reproof(second, handle, shown, desks[1])
        grants += tries_to_grant(stage, stolen, handle)
        veto_recovery(stolen, handle)
        vetoes += 1
    grants += tries_to_grant(stage, stolen, handle)
    settle_recovery(custodian, handle, desks[0], confirmed=True)
    return vetoes, grants


def tries_to_grant(stage: Stage, stolen: Person, handle: bytes) -> int:
    """Return how many grants the thief brings about: none."""
    sealed = sealed_part(text="Everything.")
    try:
        grant(stolen, handle, Terms(to_organisation(stage.organisation(CLINIC).account), ("TREAT",), 30, sealed))
    except Refusal:
        return 0
    return 1
