"""Words of the accounts contract: organisations, staff, persons and their keys."""

from salus.api.explorer.words.recovery import EVENTS as OF_RECOVERY
from salus.api.explorer.words.recovery import MESSAGES as RECOVERY
from salus.api.explorer.words.said import Said, said
from salus.contracts.accounts import events as e
from salus.contracts.accounts import messages as m
from salus.core.types import Message
from salus.services.account.words import Text

MESSAGES: dict[type[Message], Said] = {
    m.OpenOrganisation: said(
        "Organisation's account", "机构账户", "{sponsor} opened an account for {name}.", "{sponsor}为{name}开立账户。"
    ),
    m.ChangeOrganisationKeys: said(
        "Change of an organisation's keys",
        "机构密钥变更",
        "{organisation} changed its keys.",
        "{organisation}变更了密钥。",
    ),
    m.AttestStaff: said(
        "Staff badge",
        "工作人员证明",
        "{organisation} stands for a member of its staff.",
        "{organisation}为一名工作人员出具证明。",
    ),
    m.EndStaff: said(
        "End of a staff badge",
        "工作人员证明终止",
        "{organisation} no longer stands for a member of its staff.",
        "{organisation}终止了一名工作人员的证明。",
    ),
    m.OpenAccounts: said(
        "Accounts for patients",
        "开立患者账户",
        "{custodian} opened {count} accounts.",
        "{custodian}开立了{count}个账户。",
    ),
    m.InvitePerson: said(
        "Invitation",
        "邀请",
        "{custodian} invited a person to claim an account.",
        "{custodian}邀请一位个人认领账户。",
    ),
    m.ClaimAccount: said(
        "Claim", "认领", "{carrier} carried a person's claim to an account.", "{carrier}转交了一位个人对账户的认领。"
    ),
    m.ConfirmClaim: said(
        "Claim confirmed", "确认认领", "The desk of {custodian} confirmed a claim.", "{custodian}的窗口确认了一项认领。"
    ),
    m.RejectClaim: said(
        "Claim rejected", "拒绝认领", "The desk of {custodian} rejected a claim.", "{custodian}的窗口拒绝了一项认领。"
    ),
    m.CompleteClaim: said(
        "Claim completed",
        "认领完成",
        "{carrier} completed a claim to which nobody objected in time.",
        "{carrier}完成了一项期限内无人异议的认领。",
    ),
    m.AddKey: said("New device", "新增设备", "A person added a device.", "一位个人新增了设备。"),
    m.RevokeKey: said("Device removed", "移除设备", "A person removed a device.", "一位个人移除了设备。"),
    m.RevokeOwnKey: said("Key ended by itself", "自行作废密钥", "A key ended itself.", "一把密钥自行作废。"),
    m.RotateSealKey: said(
        "New sealing key",
        "更换密封密钥",
        "A person changed the key to which data is sealed.",
        "一位个人更换了接收密封数据的密钥。",
    ),
    **RECOVERY,
}
EVENTS: dict[type[Message], Text] = {
    e.OrganisationOpened: Text("An organisation has an account", "机构账户已开立"),
    e.OrganisationKeysChanged: Text("An organisation changed its keys", "机构密钥已变更"),
    e.StaffAttested: Text("A member of staff is attested", "工作人员已获证明"),
    e.StaffEnded: Text("An attestation of staff ended", "工作人员证明已终止"),
    e.AccountsOpened: Text("Accounts were opened", "账户已开立"),
    e.PersonInvited: Text("An account can be claimed", "账户可供认领"),
    e.ClaimMade: Text("A claim waits for the desk", "认领等待窗口确认"),
    e.ClaimRejected: Text("A claim is void", "认领作废"),
    e.ClaimFinal: Text("An account was claimed by invitation", "账户已凭邀请认领"),
    e.KeyAdded: Text("A device was added", "设备已新增"),
    e.KeyRevoked: Text("A key ended", "密钥已作废"),
    e.SealKeyRotated: Text("A sealing key changed", "密封密钥已更换"),
    **OF_RECOVERY,
}
