"""How an account tells of the accounts contract's events, as far as they are about persons."""

from dataclasses import replace

from salus.contracts.accounts import queries as accounts
from salus.contracts.accounts.events import (
    AccountsOpened,
    ClaimFinal,
    ClaimMade,
    ClaimRejected,
    KeyAdded,
    KeyRevoked,
    PersonInvited,
    SealKeyRotated,
)
from salus.services.account.line import DESK, Line, Row, Rows, plain
from salus.services.account.words import Text
from salus.state.overlay import Reader


def _invited(state: Reader, line: Line, event: PersonInvited, relation: bytes) -> Line:
    return replace(plain(state, line, event, relation), due=event.end)


def _claim_made(state: Reader, line: Line, event: ClaimMade, relation: bytes) -> Line:
    pending = accounts.pending_claim(state, relation)
    waits = pending is not None and pending.id == event.claim
    return replace(plain(state, line, event, relation), waits_for=DESK if waits else "")


ROWS: Rows = {
    AccountsOpened: Row("opened", Text("The account was opened", "账户已开立"), plain),
    PersonInvited: Row("invited", Text("The person was invited to claim the account", "已邀请本人认领账户"), _invited),
    ClaimMade: Row("claim-made", Text("The invitation was used to claim it", "有人凭邀请申请认领"), _claim_made),
    ClaimRejected: Row("claim-rejected", Text("A claim was rejected", "认领申请被驳回"), plain),
    ClaimFinal: Row("claimed", Text("The account was claimed by invitation", "账户已凭邀请认领"), plain),
    KeyAdded: Row("key-added", Text("A device was added", "已添加设备"), plain),
    KeyRevoked: Row("key-revoked", Text("A device was removed", "已移除设备"), plain),
    SealKeyRotated: Row("seal-key-changed", Text("The key for deliveries changed", "接收数据的密钥已更换"), plain),
}
