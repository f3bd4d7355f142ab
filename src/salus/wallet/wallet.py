"""Wallet: a person's keys and memory in one file, sealed by a passphrase and replaced as a whole.

Keys differ from relation to relation, so that nothing here or on the ledger links two accounts of one
person. The file is a keystore (`vault.keystore` states its bytes), one secret per thing kept:

| name                 | secret                                     |
|----------------------|--------------------------------------------|
| wallet               | the network                                |
| relation/<handle>    | KeptRelation                               |
| directive/<id>       | KeptDirective                              |
| request/<id>         | KeptRequest                                |
| petition/<id>        | KeptPetition                               |
| acknowledgement/<id> | KeptAcknowledgement                        |
| submission/<id>/<m>  | KeptSubmission, m: the member's first half |
| appointment/<handle> | KeptAppointment                            |
| claim/<handle>       | KeptClaim                                  |
| former/<handle>      | KeptFormer                                 |
| share/<request>      | the key for the answer to it               |
| wish                 | KeptWish                                   |
| recovery/<handle>    | KeptRecovery                               |
| keyholding/<handle>  | KeptKeyholding: somebody else's account    |
| ledger               | Remembered: where the ledger was last seen |
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from salus.core.encoding import decode, encode
from salus.core.errors import Kind, Refusal
from salus.core.types import Message
from salus.evidence.follow import Remembered, RememberedRelation
from salus.vault.keystore import Keystore
from salus.vault.seals import SealKey
from salus.wallet.kept import (
    KeptAcknowledgement,
    KeptAppointment,
    KeptClaim,
    KeptDirective,
    KeptFormer,
    KeptPetition,
    KeptRelation,
    KeptRequest,
    KeptSending,
    KeptSubmission,
    KeptWish,
    RelationState,
)
from salus.wallet.kept_recovery import KeptKeyholding, KeptRecovery

S = TypeVar("S", bound=Message)
_MOST_FORMER = 16
MOST_SUBMISSIONS = 500


class WalletExists(Refusal):
    code, kind, text = 0x5101, Kind.CONFLICT, "There is a wallet at this place already."


class OtherNetwork(Refusal):
    code, kind, text = 0x5102, Kind.CONFLICT, "The wallet belongs to another network."


class NoSuchKeptRelation(Refusal):
    code, kind, text = 0x5103, Kind.NOT_FOUND, "The wallet has no such relation."


class NoSuchKeptDirective(Refusal):
    code, kind, text = 0x5104, Kind.NOT_FOUND, "The wallet has no such directive."


class Wallet:
    """An open wallet. Each changing method is durable once it returns. Not thread-safe.

    Raises StorageFull and StorageFailed; the file is then the old one or the new one, whole.
    """

    def __init__(self, keystore: Keystore, passphrase: str) -> None:
        self._keystore = keystore
        self._passphrase = passphrase
        self.network = keystore.get("wallet")

    @classmethod
    def create(cls, path: Path, passphrase: str, network: bytes) -> "Wallet":
        """Make an empty wallet; raise WalletExists."""
        if path.exists():
            raise WalletExists
        keystore = Keystore(path, {"wallet": network})
        keystore.save(passphrase)
        return cls(keystore, passphrase)

    @classmethod
    def open(cls, path: Path, passphrase: str, network: bytes) -> "Wallet":
        """Open the wallet; raise NoKeystore, KeystoreDamaged, WrongPassphrase, OtherNetwork."""
        wallet = cls(Keystore.open(path, passphrase), passphrase)
        if wallet.network != network:
            raise OtherNetwork
        return wallet

    def relations(self) -> tuple[KeptRelation, ...]:
        """Return the relations in the order of their handles, which says nothing."""
        return self._all("relation/", KeptRelation)

    def relation(self, handle: bytes) -> KeptRelation:
        """Return one relation; raise NoSuchKeptRelation."""
        found = self._get(f"relation/{handle.hex()}", KeptRelation)
        if found is None:
            raise NoSuchKeptRelation
        return found

    def new_relation(self, handle: bytes, custodian: bytes) -> KeptRelation:
        """Return fresh keys for a relation that is to be claimed; `keep_relation` keeps them."""
        before = self._get(f"relation/{handle.hex()}", KeptRelation)
        generation = 1 if before is None else before.generation + 1
        state = int(RelationState.CLAIMING)
        return KeptRelation(handle, custodian, generation, os.urandom(32), os.urandom(32), state, None, None)

    def keep_relation(self, relation: KeptRelation) -> None:
        """Keep the relation with its keys; before anything signed by them leaves."""
        self._put(f"relation/{relation.handle.hex()}", relation)

    def finish_claim(self, handle: bytes) -> None:
        """Note that the keys of the relation are live."""
        self.keep_relation(replace(self.relation(handle), state=int(RelationState.CLAIMED)))

    def remember(
        self, seen: RememberedRelation, ledger: Remembered | None, answered: bytes, owed: KeptAcknowledgement | None
    ) -> None:
        """Note what was seen of a relation and of the ledger, and that a request of one's own is answered.

        The caller has checked that both grew from what was seen before.
        """
        relation = self.relation(seen.relation)
        claimed = replace(relation, seen=seen, state=int(RelationState.CLAIMED))
        self._keystore.put(f"relation/{relation.handle.hex()}", encode(claimed))
        if ledger is not None:
            self._keystore.put("ledger", encode(ledger))
        self._remove(f"request/{answered.hex()}")
        if owed is not None:
            self._keystore.put(f"acknowledgement/{owed.release.hex()}", encode(owed))
        self._keystore.save(self._passphrase)

    def directives(self, handle: bytes) -> tuple[KeptDirective, ...]:
        """Return the directives granted for a relation, oldest first."""
        kept = [directive for directive in self._all("directive/", KeptDirective) if directive.relation == handle]
        return tuple(sorted(kept, key=lambda directive: (directive.granted, directive.directive)))

    def directive(self, directive: bytes) -> KeptDirective:
        """Return one directive; raise NoSuchKeptDirective."""
        found = self._get(f"directive/{directive.hex()}", KeptDirective)
        if found is None:
            raise NoSuchKeptDirective
        return found

    def keep_directive(self, directive: KeptDirective) -> None:
        """Keep a directive; before it is sent, so that its opening is never lost."""
        self._put(f"directive/{directive.directive.hex()}", directive)

    def drop_directive(self, directive: bytes) -> None:
        """Forget a directive that the ledger refused."""
        self._keystore.remove(f"directive/{directive.hex()}")
        self._keystore.save(self._passphrase)

    def requests(self) -> tuple[KeptRequest, ...]:
        """Return the requests that were sent and have no answer yet."""
        return self._all("request/", KeptRequest)

    def keep_request(self, request: KeptRequest) -> None:
        """Keep a request until it is answered."""
        self._put(f"request/{request.request.hex()}", request)

    def petitions(self, handle: bytes) -> tuple[KeptPetition, ...]:
        """Return the petitions made for a relation, oldest first."""
        kept = [petition for petition in self._all("petition/", KeptPetition) if petition.relation == handle]
        return tuple(sorted(kept, key=lambda petition: (petition.made, petition.petition)))

    def keep_petition(self, petition: KeptPetition) -> None:
        """Keep a petition; before it is sent, so that what it says is never lost."""
        self._put(f"petition/{petition.petition.hex()}", petition)

    def drop_petition(self, petition: bytes) -> None:
        """Forget a petition that the ledger refused."""
        self._keystore.remove(f"petition/{petition.hex()}")
        self._keystore.save(self._passphrase)

    def submissions(self) -> tuple[KeptSubmission, ...]:
        """Return what members signed of what they were given to carry, oldest first."""
        return tuple(sorted(self._all("submission/", KeptSubmission), key=lambda one: (one.sent, one.envelope)))

    def keep_submissions(self, submissions: Iterable[KeptSubmission]) -> None:
        """Keep receipts in one step, the newest `MOST_SUBMISSIONS` of all; that none came takes no receipt's place."""
        for one in submissions:
            name = f"submission/{one.envelope.hex()}/{one.member.hex()[:32]}"
            if one.receipt or name not in self._keystore.names():
                self._keystore.put(name, encode(one))
        for old in self.submissions()[:-MOST_SUBMISSIONS]:
            self._remove(f"submission/{old.envelope.hex()}/{old.member.hex()[:32]}")
        self._keystore.save(self._passphrase)

    def acknowledgements(self, handle: bytes) -> tuple[KeptAcknowledgement, ...]:
        """Return the releases for a relation that are to be acknowledged."""
        return tuple(one for one in self._all("acknowledgement/", KeptAcknowledgement) if one.relation == handle)

    def claims(self) -> tuple[KeptClaim, ...]:
        """Return the claims that wait."""
        return self._all("claim/", KeptClaim)

    def keep_claim(self, claim: KeptClaim) -> None:
        """Keep a claim until its time."""
        self._put(f"claim/{claim.handle.hex()}", claim)

    def drop_claim(self, handle: bytes) -> None:
        """Forget a claim that was made or is void; nothing if there is none."""
        if f"claim/{handle.hex()}" in self._keystore.names():
            self._keystore.remove(f"claim/{handle.hex()}")
            self._keystore.save(self._passphrase)

    def appointments(self) -> tuple[KeptAppointment, ...]:
        """Return the appointments of all accounts, in the order of their handles."""
        return self._all("appointment/", KeptAppointment)

    def appointment(self, handle: bytes) -> KeptAppointment | None:
        """Return the appointment of an account; None before its first is made."""
        return self._get(f"appointment/{handle.hex()}", KeptAppointment)

    def wish(self) -> KeptWish | None:
        """Return what all standing permits are to open."""
        return self._get("wish", KeptWish)

    def keep_appointments(self, appointments: Iterable[KeptAppointment], wish: KeptWish | None = None) -> None:
        """Keep appointments, and a wish with them, in one step."""
        for appointment in appointments:
            self._keystore.put(f"appointment/{appointment.handle.hex()}", encode(appointment))
        if wish is not None:
            self._keystore.put("wish", encode(wish))
        self._keystore.save(self._passphrase)

    def finish_sending(self, appointment: KeptAppointment, sent: KeptSending, directive: KeptDirective) -> None:
        """Note in one step that what an appointment sent stands on the ledger."""
        relation = replace(self.relation(appointment.handle), seal_seed=sent.seal_seed)
        self._keystore.put(f"relation/{relation.handle.hex()}", encode(relation))
        self._keystore.put(f"directive/{directive.directive.hex()}", encode(directive))
        self._keystore.put(f"appointment/{appointment.handle.hex()}", encode(appointment))
        for release in sent.acknowledged:
            self._remove(f"acknowledgement/{release.hex()}")
        self._keystore.save(self._passphrase)

    def recoveries(self) -> tuple[KeptRecovery, ...]:
        """Return the recoveries of one's own accounts that are under way."""
        return self._all("recovery/", KeptRecovery)

    def recovery(self, handle: bytes) -> KeptRecovery | None:
        """Return the recovery of an account, None where there is none."""
        return self._get(f"recovery/{handle.hex()}", KeptRecovery)

    def keep_recovery(self, recovery: KeptRecovery) -> None:
        """Keep a recovery with its keys; before anything of it leaves."""
        self._put(f"recovery/{recovery.handle.hex()}", recovery)

    def finish_recovery(self, relation: KeptRelation | None, handle: bytes) -> None:
        """Note in one step that a recovery ended: the relation has its keys, or it came to nothing (None)."""
        if relation is not None:
            self._keystore.put(f"relation/{handle.hex()}", encode(relation))
        self._remove(f"recovery/{handle.hex()}")
        self._keystore.save(self._passphrase)

    def keyholdings(self) -> tuple[KeptKeyholding, ...]:
        """Return the keys that help recover accounts of others."""
        return self._all("keyholding/", KeptKeyholding)

    def keep_keyholding(self, keyholding: KeptKeyholding) -> None:
        """Keep a keyholder's key, in place of an earlier one for the same account."""
        self._put(f"keyholding/{keyholding.handle.hex()}", keyholding)

    def former_seals(self, handle: bytes) -> tuple[bytes, ...]:
        """Return the seeds of an account's sealing keys from before its recovery."""
        found = self._get(f"former/{handle.hex()}", KeptFormer)
        return () if found is None else found.seal_seeds

    def secrets(self) -> dict[str, bytes]:
        """Return all that the wallet keeps, for its backup."""
        names = [name for name in self._keystore.names() if not name.startswith(("share/", "recovery/", "submission/"))]
        return {name: self._keystore.get(name) for name in names}

    def keep_share_key(self, request: bytes, key: SealKey) -> None:
        """Keep the key that opens the answer to a request for a share."""
        self._keystore.put(f"share/{request.hex()}", key.seed)
        self._keystore.save(self._passphrase)

    def share_key(self, request: bytes) -> SealKey | None:
        """Return the key that opens the answer to a request for a share."""
        name = f"share/{request.hex()}"
        return SealKey.from_seed(self._keystore.get(name)) if name in self._keystore.names() else None

    def drop_share_keys(self) -> None:
        """Forget the keys of all requests for shares: the wallet is restored."""
        for name in [name for name in self._keystore.names() if name.startswith("share/")]:
            self._keystore.remove(name)
        self._keystore.save(self._passphrase)

    def adopt(self, secrets: Mapping[str, bytes]) -> int:
        """Take from a backup what is not here, in one step; return how much.

        Of an account that has keys here, the backup's are void: only what was seen of it is taken, and its sealing key.
        Raises OtherNetwork; Malformed where a relation cannot be read.
        """
        if secrets.get("wallet") != self.network:
            raise OtherNetwork
        here = set(self._keystore.names())
        taken = 0
        for name, secret in sorted(secrets.items()):
            if name not in here:
                self._keystore.put(name, secret)
                taken += 1
            elif name.startswith("relation/"):
                taken += self._adopt_relation(decode(secret, KeptRelation))
        self._keystore.save(self._passphrase)
        return taken

    def _adopt_relation(self, old: KeptRelation) -> int:
        kept = self.relation(old.handle)
        if kept.seal_seed == old.seal_seed:
            return 0
        if kept.seen is None:
            self._keystore.put(f"relation/{old.handle.hex()}", encode(replace(kept, seen=old.seen)))
        seeds = tuple(dict.fromkeys((old.seal_seed, *self.former_seals(old.handle))))[:_MOST_FORMER]
        self._keystore.put(f"former/{old.handle.hex()}", encode(KeptFormer(seeds)))
        return 1

    def remembered(self) -> Remembered | None:
        """Return where the ledger was last seen."""
        return self._get("ledger", Remembered)

    def _get(self, name: str, shape: type[S]) -> S | None:
        return decode(self._keystore.get(name), shape) if name in self._keystore.names() else None

    def _all(self, prefix: str, shape: type[S]) -> tuple[S, ...]:
        names = [name for name in self._keystore.names() if name.startswith(prefix)]
        return tuple(decode(self._keystore.get(name), shape) for name in names)

    def _remove(self, name: str) -> None:
        if name in self._keystore.names():
            self._keystore.remove(name)

    def _put(self, name: str, value: Message) -> None:
        self._keystore.put(name, encode(value))
        self._keystore.save(self._passphrase)

    def __repr__(self) -> str:
        return f"Wallet({len(self.relations())} relations)"
