"""Vectors of a record's life after its release: a petition, the receipt of its answer, a notice, an entry of reads."""

from salus.contracts.records.types import Asked, Ground, Outcome, PetitionKind
from salus.core import cose
from salus.core.encoding import encode
from salus.core.hashing import T, object_id
from salus.services.access_log import Read, What
from salus.services.petition_letters import Change, Notified, Receipt, SealedNotice, Wish, receipt_commitment
from salus.services.tell_release import ReleaseNotice
from salus.vault.relations import access_leaf

from .fixed import NETWORK, NOW, fixed, key, shown
from .record_vectors import RELATION

Vectors = dict[str, object]
RECORD = fixed("record", 16)


def petitions() -> Vectors:
    """A petition: its id, what it says and the commitment to that, and how the state holds it once deferred."""
    wish = Wish(fixed("wish salt"), (RECORD,), "Please erase it.", None, None)
    receipt = fixed("receipt commitment")
    asked = Asked(
        int(PetitionKind.ERASE), 1, wish.commitment(NETWORK), NOW, int(Outcome.DEFERRED), int(Ground.LEGAL_HOLD),
        receipt, NOW + 1000,
    )  # fmt: skip
    nonce = fixed("petition nonce", 16)
    return {
        "network": NETWORK.hex(),
        "relation": RELATION.hex(),
        "nonce": nonce.hex(),
        "petition": object_id("petition", NETWORK, RELATION, nonce, 0, 0).hex(),
        "hold": object_id("hold", NETWORK, fixed("hospital"), nonce, 0, 0).hex(),
        "custodian": fixed("hospital").hex(),
        "wish": encode(wish).hex(),
        "wish_commitment": wish.commitment(NETWORK).hex(),
        "asked": encode(asked).hex(),
        "hold_salt": fixed("hold salt").hex(),
        "hold_reason": "Case 4711",
        "hold_commitment": T("hold-reason", NETWORK, fixed("hold salt"), "Case 4711").hex(),
    }


def receipts() -> Vectors:
    """The receipt of an erasure, of COSE kind `erasure`; every other answer's is of kind `receipt`."""
    receipt = Receipt(
        fixed("hospital"), RELATION, fixed("petition"), int(PetitionKind.ERASE), int(Outcome.DONE), 0,
        ((RECORD, fixed("leaf")),), None, "", NOW, fixed("receipt salt"),
    )  # fmt: skip
    signed = cose.sign(receipt.cose, NETWORK, encode(receipt), [key("gateway")])
    return {
        "network": NETWORK.hex(),
        "kind": receipt.cose,
        "payload": encode(receipt).hex(),
        "receipt": signed.hex(),
        "commitment": receipt_commitment(NETWORK, signed).hex(),
        "public": key("gateway").public.hex(),
    }


def notices() -> Vectors:
    """A signed notice; `enc` and `ciphertext` stand for a seal, which is random, of `said`."""
    fields = (
        RELATION, fixed("release"), fixed("hospital"), fixed("clinic"), fixed("seal key id"), 1, NOW,
    )  # fmt: skip
    notice = SealedNotice(*fields, fixed("enc") * 35, fixed("ciphertext") + fixed("tag", 16))
    said = Notified(((RECORD, fixed("leaf"), int(Change.ERASED)),))
    return {
        "network": NETWORK.hex(),
        "fields": shown(fields),
        "info": notice.info(NETWORK).hex(),
        "payload": encode(notice).hex(),
        "notice": cose.sign("notice", NETWORK, encode(notice), [key("gateway")]).hex(),
        "public": key("gateway").public.hex(),
        "said": encode(said).hex(),
    }


def release_notices() -> Vectors:
    """A signed notice of a release to the person; it is not sealed."""
    fields = (fixed("hospital"), RELATION, fixed("release"), fixed("policy set"), 2)
    notice = ReleaseNotice(*fields)
    return {
        "network": NETWORK.hex(),
        "fields": shown(fields),
        "payload": encode(notice).hex(),
        "notice": cose.sign("release-notice", NETWORK, encode(notice), [key("gateway")]).hex(),
        "public": key("gateway").public.hex(),
    }


def reads() -> Vectors:
    """An entry of the access log, and its leaf."""
    read = Read(NOW, int(What.READ), "TREAT", fixed("badge"), fixed("rule"), ((RECORD, 1),))
    salt = fixed("read salt")
    return {
        "network": NETWORK.hex(),
        "relation": RELATION.hex(),
        "entry": encode(read).hex(),
        "salt": salt.hex(),
        "leaf": access_leaf(NETWORK, RELATION, salt, encode(read)).hex(),
    }
